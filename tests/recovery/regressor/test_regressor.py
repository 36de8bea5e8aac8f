"""E_3D: what it says before it has learned anything, what each feature may say, and its files."""

import json

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.errors import InputError
from habitus.recovery.regressor.body_parts import PARTS, part_weights
from habitus.recovery.regressor.heads import IterativeHead
from habitus.recovery.regressor.model import BodyRegressor
from habitus.recovery.regressor.pretrained import load_regressor, save_regressor
from habitus.rendering.camera import project

BODY = BodyModel.load()
SMALL = {"backbone": "resnet10-half", "size": (64, 32), "width": 16, "part_width": 8, "hidden": 32, "handles": 12}


def small(**options) -> BodyRegressor:
    torch.manual_seed(0)
    return BodyRegressor(BODY, **{**SMALL, **options})


def pictures(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def test_a_head_corrects_its_estimate_three_times_from_the_mean():
    torch.manual_seed(0)
    head = IterativeHead(4, torch.tensor([1.0, -2.0]), width=8, dropout=0.0).eval()
    feature = torch.randn(3, 4)
    expected = torch.tensor([1.0, -2.0]).expand(3, 2)
    weights = dict(head.named_parameters())
    for _ in range(3):
        hidden = torch.cat((feature, expected), 1)
        for layer in ("layers.0", "layers.3"):
            hidden = (hidden @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]).relu()
        expected = expected + hidden @ weights["correction.weight"].T + weights["correction.bias"]
    torch.testing.assert_close(head(feature), expected)
    assert (head(feature) - head.start).abs().max() < 0.1


@pytest.mark.parametrize("pooling", ["mean", "grid"])
@pytest.mark.parametrize("granularity", ["global", "multi"])
def test_an_untrained_regressor_sees_a_standing_person_who_fills_the_picture(granularity, pooling):
    found = small(granularity=granularity, pooling=pooling).eval()(pictures())
    params = found.params()
    posed = BODY(params.theta, params.beta, params.delta)
    torch.testing.assert_close(axis_angle_to_matrix(params.theta), found.rotations, atol=1e-5, rtol=0)
    seen = project(posed.vertices, params.psi, (64, 32))
    top, bottom = seen[..., 1].amin(1), seen[..., 1].amax(1)
    assert ((bottom - top) / 64 > 0.8).all() and (top > -3).all() and (bottom < 67).all()
    wrists = BODY.coco_keypoints(posed.vertices)[:, 9:11]
    hips = BODY.coco_keypoints(posed.vertices)[:, 11:13]
    assert ((wrists - hips)[..., 1].abs() < 0.25).all()
    assert found.shape.shape == (2, 16)
    assert [part.shape for part in found.part_shapes] == [(2, 8)] * (len(PARTS) if granularity == "multi" else 0)


def test_each_part_says_its_own_displacement_and_overlaps_are_averaged():
    weights = part_weights(BODY)
    torch.testing.assert_close(weights.sum(0), torch.ones(BODY.num_vertices))
    assert weights[0, BODY.vertex_region("face")].min() > 0.5
    assert weights[1, BODY.vertex_region("left_forearm")].min() > 0.99
    assert weights[2, BODY.vertex_region("right_calf")].min() > 0.99
    both = (weights > 0.05).sum(0)
    assert both.max() == 2 and (both == 2).float().mean() > 0.02
    regressor = small().eval()
    shape = torch.zeros(1, 16)
    parts = [torch.randn(1, 8, generator=torch.Generator().manual_seed(n)) for n in range(3)]
    with torch.no_grad():
        for name, weight in regressor.displaced.named_parameters():
            if name.endswith("2.weight"):
                weight.normal_(generator=torch.Generator().manual_seed(3))
        before = regressor.displaced(shape, parts)
        parts[2] = -parts[2]
        moved = (regressor.displaced(shape, parts) - before)[0].norm(dim=1) > 1e-7
    assert moved[weights[2] > 0.02].all() and not moved[weights[2] == 0].any()


def test_every_vertex_may_be_displaced_by_itself():
    found = small(granularity="global", displacement="vertices")
    assert found.displaced.basis.inputs == 3 * BODY.num_vertices
    assert found.eval()(pictures()).delta.abs().max() < 0.01


def test_every_number_answers_to_the_picture():
    regressor = small().train()
    found = regressor(pictures(4))
    said = (found.rotations[:, :, 0, 1], found.beta, found.delta, found.psi)
    torch.cat([value.flatten() for value in said]).square().sum().backward()
    silent = [name for name, weight in regressor.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert silent == []


def test_a_regressor_comes_back_from_its_folder(tmp_path):
    regressor = small(pooling="grid").eval()
    save_regressor(tmp_path / "m", regressor, trained={"seed": 1})
    again = load_regressor(tmp_path / "m", BODY)
    torch.testing.assert_close(again(pictures()).delta, regressor(pictures()).delta)
    assert not any("part_weights" in name or "basis" in name for name in regressor.state_dict())
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert config["trained"] == {"seed": 1} and config["topology"] == BODY.topology
    for change, message in (
        ({"model": "PCB"}, "describes 'PCB'"),
        ({"topology": "smpl"}, "regresses the body 'smpl'"),
        ({"hidden": 10**9}, "hidden 1000000000: must be from 1"),
        ({"backbone": "vgg"}, "no such network"),
        ({"colour": 3}, "makes no BodyRegressor"),
        ({"width": 32}, "shape_feature"),
    ):
        (tmp_path / "m" / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(InputError, match=message):
            load_regressor(tmp_path / "m", BODY)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"pooling": "max"}, "pooling 'max': choose from mean, grid"), ({"width": 0}, "width 0: must be")],
)
def test_options_that_make_no_regressor_are_named(options, message):
    with pytest.raises(InputError, match=message):
        small(**options)
