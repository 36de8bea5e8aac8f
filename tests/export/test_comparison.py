"""How two people differ: the numbers, their colours, and the picture."""

import colorsys

import numpy as np
import pytest
import torch
from PIL import Image

from habitus.errors import InputError
from habitus.export.comparison import Heat, compare, draw_comparison, heat_colours
from habitus.recovery.build_differences import build_difference, thickness
from habitus.types import BodyParams


def somebody(body, seed: int) -> BodyParams:
    generator = torch.Generator().manual_seed(seed)
    beta = torch.randn(1, 10, generator=generator).clamp(-2, 2)
    delta = 0.02 * torch.rand(1, body.num_vertices, 1, generator=generator) * body.v_template
    return BodyParams(torch.rand(1, 24, 3, generator=generator), beta, delta, torch.ones(1, 3))


def heat(values, weights=None) -> Heat:
    values = np.asarray(values, float)
    shares = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    return Heat(values, np.zeros_like(values), -values, shares / shares.sum())


def test_a_pair_is_held_against_the_average_the_skin_and_each_other_in_centimetres(body):
    first, second = somebody(body, 1), somebody(body, 2)
    found = compare(body, first, second)
    zero = torch.zeros(1, 10)
    for values, pair in (
        (found.build.first, (zero, first.beta)),
        (found.build.second, (zero, second.beta)),
        (found.build.difference, (first.beta, second.beta)),
    ):
        np.testing.assert_allclose(values, 100 * build_difference(body, *pair)[0].numpy(), rtol=1e-6)
    worn = [100 * thickness(body, one.beta, one.delta)[0].double().numpy() for one in (first, second)]
    np.testing.assert_allclose(found.clothes.difference, worn[1] - worn[0], atol=1e-6)


def test_the_same_person_in_another_pose_differs_in_nothing(body):
    first = somebody(body, 1)
    again = BodyParams(torch.zeros(1, 24, 3), first.beta, first.delta, first.psi)
    found = compare(body, first, again)
    assert not found.build.difference.any() and not found.clothes.difference.any()
    assert found.build.mean(found.build.difference) == 0


def test_exchanged_people_differ_the_other_way(body):
    first, second = somebody(body, 1), somebody(body, 2)
    there, back = compare(body, first, second), compare(body, second, first)
    np.testing.assert_allclose(there.build.difference, -back.build.difference, atol=1e-4)
    np.testing.assert_allclose(there.clothes.difference, -back.clothes.difference, atol=1e-6)
    assert there.build.limit == back.build.limit


def test_the_surface_is_shared_out_whole(body):
    """Against triangles' areas by Heron's formula."""
    shares = compare(body, somebody(body, 1), somebody(body, 1)).build.weights
    corners = body.v_template[body.faces].double().numpy()
    sides = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2)
    half = sides.sum(1) / 2
    area = np.sqrt(half * np.prod(half[:, None] - sides, axis=1))
    hands = body.vertex_region("left_hand").numpy()
    within = hands[body.faces.numpy()].all(1)
    assert shares.sum() == pytest.approx(1)
    assert area[within].sum() / area.sum() <= shares[hands].sum() <= 1.1 * area[within].sum() / area.sum()
    assert shares[hands].sum() < hands.mean() / 2  # which is why vertices are weighted


@pytest.mark.parametrize(("largest", "limit"), [(0, 1), (0.9, 1), (1, 1), (1.2, 2), (7, 8), (16, 20), (5e6, 100)])
def test_the_legend_ends_at_a_round_number_beyond_what_is_shown(largest, limit):
    assert heat(np.linspace(-largest, largest, 11)).limit == limit


def test_a_few_fingers_do_not_stretch_the_legend():
    values = [2.5] * 9 + [40.0]
    assert heat(values).limit == 50
    assert heat(values, [1] * 9 + [0.1]).limit == 3
    assert heat(values, [1] * 9 + [0.1]).mean(np.asarray(values)) == pytest.approx((9 * 2.5 + 4) / 9.1)


def test_colours_tell_the_sign_and_how_much():
    colours = heat_colours(np.array([-9.0, -4, -2, 0, 2, 4, 9]), 4)
    assert (colours[0] == colours[1]).all() and (colours[-1] == colours[-2]).all()  # beyond the legend: its ends
    blue, orange = colours[:3], colours[4:]
    assert (blue[:, 2] > blue[:, 0] + 0.15).all() and (orange[:, 0] > orange[:, 2] + 0.15).all()
    lightness = np.array([colorsys.rgb_to_hls(*colour)[1] for colour in colours])
    assert (np.diff(lightness[1:4]) > 0.05).all() and (np.diff(lightness[3:6]) < -0.05).all()
    assert np.ptp(colours[3]) < 0.05


def test_colours_stay_apart_for_every_colour_vision():
    """Red-green blindness as by Viénot, Brettel and Mollon (1999), on linear RGB."""
    deuteranope = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    protanope = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    colours = heat_colours(np.array([-1, -0.5, 0, 0.5, 1]), 1) ** 2.2
    for eye in (deuteranope, protanope):
        seen = (colours @ eye.T).clip(0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[~np.eye(5, dtype=bool)]
        assert apart.min() > 0.15


def columns(path) -> list[np.ndarray]:
    """A, B and the difference of the upper row, of which pixels are coloured: how blue and how orange."""
    picture = np.asarray(Image.open(path).convert("RGB")).astype(int)
    figures = picture[150:530, : int(0.91 * picture.shape[1])]
    return [(part[..., 0] - part[..., 2]) for part in np.array_split(figures, 3, axis=1)]


def test_the_picture_shows_where_they_differ(body, tmp_path):
    first = somebody(body, 1)
    second = BodyParams(first.theta, -first.beta, first.delta, first.psi)
    draw_comparison(tmp_path / "d.png", body, first, second, names=("anna", "a $very_ odd\\ name"))
    assert [path.name for path in tmp_path.iterdir()] == ["d.png"]
    out, *within = columns(tmp_path / "d.png")  # A is broad, B as slim
    assert (out > 40).sum() > 20 * (out < -40).sum()
    assert all((part < -40).sum() > 2 * (part > 40).sum() > 0 for part in within)
    assert (within[1] < -40).sum() > (within[0] < -40).sum()  # against A it is slimmer than against the average
    draw_comparison(tmp_path / "same.png", body, first, first, names=("anna", "anna"))
    shown, _, same = columns(tmp_path / "same.png")
    assert (abs(shown) > 40).sum() > 2000 and abs(same).max() < 20


def test_a_folder_that_cannot_be_written_is_named(body, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot write there"):
        draw_comparison(tmp_path / "file" / "d.png", body, somebody(body, 1), somebody(body, 2), names=("a", "b"))
