"""Bodies below photos: they stand as the person does, tell the build, and come of networks that recover them alone."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from photo_files import write_photo
from PIL import Image

from habitus.body.model import BodyModel
from habitus.evaluation.recovered_bodies import SIDE, body_drawer, draw_bodies
from habitus.export.pictures import PAPER, to_picture
from habitus.reid.baseline import StrongBaseline
from habitus.reid.shape_reid import ShapeReid
from habitus.rendering.render import render_silhouette
from habitus.types import BodyParams

BODY = BodyModel.load()
PHOTO = (128, 64)


@pytest.fixture(scope="module")
def model() -> ShapeReid:
    options = {"backbone": "resnet10-half", "width": 16, "part_width": 8, "hidden": 32, "handles": 12}
    return ShapeReid(backbone="resnet10-half", size=PHOTO, width=24, regressor=options, body=BODY).eval()


def people(count: int) -> BodyParams:
    generator = torch.Generator().manual_seed(2)
    theta = 0.1 * torch.randn(count, 24, 3, generator=generator)
    beta = torch.randn(count, 10, generator=generator).clamp(-2, 2)
    delta = torch.zeros(count, BODY.num_vertices, 3)
    return BodyParams(theta, beta, delta, torch.tensor([[0.95, 0.05, 0.1]]).repeat(count, 1))


def outlines(params: BodyParams) -> np.ndarray:
    vertices = BODY(params.theta, params.beta, params.delta).vertices
    return render_silhouette(vertices, BODY.faces, params.psi, size=PHOTO).numpy()


def photos(folder, params: BodyParams) -> list:
    """White where the body is; each has its own shade of grey behind, by which the network below knows it."""
    paths = []
    for row, outline in enumerate(outlines(params)):
        path = folder / f"{row}.png"
        Image.fromarray(to_picture(torch.from_numpy(np.maximum(outline, 0.1 * row)))).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def knowing(model, monkeypatch):
    """A function that lets the network know the bodies in photos; and how many it was asked about."""
    asked = []

    def tell(params: BodyParams) -> list[int]:
        def regress(images):
            rows = (10 * images[:, 0, 0, 0]).round().long()
            asked.append(len(rows))
            found = BodyParams(params.theta[rows], params.beta[rows], params.delta[rows], params.psi[rows])
            return SimpleNamespace(params=lambda: found)

        monkeypatch.setattr(model.regressor, "forward", regress)
        return asked

    return tell


def figure(picture: np.ndarray) -> np.ndarray:
    """Where a picture is not paper."""
    return np.any(abs(picture.astype(int) - PAPER) > 30, axis=-1)


def test_the_left_figure_stands_where_the_person_does_in_the_photo(model, knowing, tmp_path):
    params = people(3)
    knowing(params)
    paths = photos(tmp_path, params)
    found = draw_bodies(model, BODY, paths)
    assert list(found) == paths
    for path, outline in zip(paths, outlines(params), strict=True):
        assert found[path].shape == (SIDE, SIDE, 3)
        left = figure(found[path][:, : SIDE // 2])
        person = np.asarray(Image.fromarray(outline).resize((SIDE // 2, SIDE), Image.Resampling.BILINEAR)) > 0.5
        iou = (left & person).sum() / (left | person).sum()
        assert iou > 0.95, iou


def test_the_right_figure_shows_the_build_whatever_the_pose_and_the_clothes(model, knowing, tmp_path):
    params = people(3)
    params.beta[1] = params.beta[0]
    params.delta[1] = 0.02
    knowing(params)
    first, second, other = draw_bodies(model, BODY, photos(tmp_path, params)).values()
    builds = [picture[:, SIDE // 2 :] for picture in (first, second, other)]
    assert (builds[0] == builds[1]).all() and (first != second).any()
    assert (figure(builds[0]) != figure(builds[2])).sum() > 50


def test_a_photo_of_other_proportions_does_not_change_the_bodys(model, knowing, tmp_path):
    """The network's picture of a square photo is half as wide; the body that it says is not."""
    params = people(1)
    knowing(params)
    (path,) = photos(tmp_path, params)
    with Image.open(path) as photo:
        photo.resize((90, 90)).save(path)
    left = figure(draw_bodies(model, BODY, [path])[path][:, : SIDE // 2])
    vertices, half = BODY(params.theta, params.beta).vertices, SIDE // 2
    square = render_silhouette(vertices, BODY.faces, params.psi, size=(half, half))[0].numpy() > 0.5
    wanted = np.zeros_like(left)
    wanted[half // 2 : half // 2 + half] = square
    assert (left & wanted).sum() / (left | wanted).sum() > 0.9


def test_each_photo_is_asked_about_once_and_broken_ones_are_left_out(model, knowing, tmp_path):
    params = people(3)
    asked = knowing(params)
    paths = photos(tmp_path, params)
    paths[1].write_bytes(b"no photo")
    found = draw_bodies(model, BODY, [*paths, tmp_path / "gone.png", *paths])
    assert list(found) == [paths[0], paths[2]] and asked == [2]
    assert draw_bodies(model, BODY, []) == {}


def test_bodies_that_nobody_could_draw_are_left_out(model, knowing, tmp_path):
    params = people(3)
    params.psi[0, 0] = -0.1
    params.beta[2, 3] = torch.nan
    knowing(params)
    paths = photos(tmp_path, params)
    assert list(draw_bodies(model, BODY, paths)) == [paths[1]]


def test_networks_of_appearance_alone_have_no_bodies(model, tmp_path):
    assert body_drawer(StrongBaseline(backbone="resnet10-half", size=(32, 16))) is None
    drawer = body_drawer(model)
    assert drawer is not None
    path = write_photo(tmp_path / "x.png", 0)
    assert set(drawer([path])) <= {path}
