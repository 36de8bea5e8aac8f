"""What bodies are held against, each term beside its formula."""

from pathlib import Path

import pytest
import torch
from shape_recipes import BODY, SIZE

from habitus.body.rotations import axis_angle_to_matrix
from habitus.recovery.discriminator import BodyDiscriminator
from habitus.recovery.regressor.model import Regression
from habitus.rendering.camera import project
from habitus.rendering.render import render_silhouette
from habitus.training.recipes.shape_reid import ShapeReidRecipe
from habitus.training.tasks.shape_terms import BodyTerms, known_share

HEIGHT, WIDTH = SIZE
THETA = 0.2 * torch.randn(4, 24, 3, generator=torch.Generator().manual_seed(0))


def found() -> Regression:
    """Four bodies that leave the picture here and there."""
    generator = torch.Generator().manual_seed(1)
    delta = 0.02 * torch.randn(4, 1, 3, generator=generator) + 0.002 * torch.randn(
        4, BODY.num_vertices, 3, generator=generator
    )
    psi = torch.tensor([[1.0, 0.1, 0.2], [0.8, -0.1, 0.3], [0.5, 0.0, 0.1], [1.3, 0.2, 0.0]])
    values = (axis_angle_to_matrix(THETA), torch.randn(4, 10, generator=generator), delta, psi)
    rotations, beta, delta, psi = (value.requires_grad_() for value in values)
    return Regression(rotations, beta, delta, psi, torch.zeros(4, 2))


def batch(**changes):
    generator = torch.Generator().manual_seed(2)
    draw = lambda *shape: torch.rand(4, *shape, generator=generator)  # noqa: E731
    keypoints = draw(17, 3) * torch.tensor((WIDTH, HEIGHT, 1.0))
    keypoints[:, ::3, 2] = 0
    return {
        "keypoints": keypoints, "mask": (255 * draw(*SIZE)).byte(), "valid": 255 * (draw(*SIZE) > 0.1).byte(),
        "stretch": torch.ones(4), "real_theta": draw(24, 3), "real_beta": draw(10), "pid": torch.tensor([0, 0, 1, 0]),
        "clothes_id": torch.tensor([0, 1, 2, 0]),
    } | changes  # fmt: skip


def terms(judge=None, **options):
    return BodyTerms(ShapeReidRecipe(data=(Path("unused"),), **options), BODY, judge)


def discriminator():
    torch.manual_seed(3)
    return BodyDiscriminator(joints=24, betas=10)


def posed(regression, *, displaced=True):
    delta = regression.delta if displaced else torch.zeros_like(regression.delta)
    return BODY(THETA, regression.beta, delta).vertices


def keypoint_errors(regression, told):
    """Squared distance of each keypoint, in half heights of the picture; on the body without clothes."""
    points = project(BODY.coco_keypoints(posed(regression, displaced=False)), regression.psi, SIZE)[..., :2]
    return ((points - told["keypoints"][..., :2]) / (HEIGHT / 2)).square().sum(2)


def found_keypoint_error(regression, told):
    """A mean over the keypoints that were found, then over the photos."""
    seen = told["keypoints"][..., 2] > 0
    errors = keypoint_errors(regression, told)
    return torch.stack([error[known].mean() for error, known in zip(errors, seen, strict=True)]).mean()


def test_terms_of_the_paper_are_its_formulas():
    """A mean over the photos of each, times its weight."""
    regression, told, judge = found(), batch(), discriminator()
    values = terms(judge).losses(regression, told)
    silhouette = render_silhouette(posed(regression), BODY.faces, regression.psi, size=SIZE)
    mask, valid = told["mask"] / 255, told["valid"] / 255
    off = (valid * (silhouette - mask) ** 2).sum((1, 2)) / (valid * mask).sum((1, 2))
    opinion = judge(THETA, regression.beta)
    expected = {
        "keypoints": 60 * found_keypoint_error(regression, told), "silhouette": off.mean(),
        "displaced": 0.05 * regression.delta.square().sum((1, 2)).sqrt().mean(),
        "adversarial": 0.1 * (1 - opinion).square().sum(1).mean(),
    }  # fmt: skip
    assert values.keys() == expected.keys()
    for name, value in values.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-5, msg=name)


def test_terms_of_2020_are_those_of_the_snapshot():
    regression, told, judge = found(), batch(), discriminator()
    values = terms(judge, preset="author-2020").losses(regression, told)
    drawn = render_silhouette(posed(regression), BODY.faces, regression.psi, size=SIZE)
    mask, valid = told["mask"] / 255, told["valid"] / 255
    off = valid * (0.7 * mask * (1 - drawn) + 0.3 * (1 - mask) * drawn)
    moved = posed(regression) - posed(regression, displaced=False)
    expected = {
        "keypoints": 3 * found_keypoint_error(regression, told), "silhouette": off.sum((1, 2)).mean() / 20_000,
        "displaced": 1800 * moved.abs().mean(),
        "adversarial": (1 - judge(THETA, regression.beta)).square().sum(1).mean(),
    }  # fmt: skip
    assert values.keys() == expected.keys()
    for name, value in values.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-5, msg=name)


def test_the_discriminator_is_asked_of_real_bodies_and_found_ones():
    regression, told, judge = found(), batch(), discriminator()
    value = terms(judge).discriminated(regression, told)["discriminator"]
    real, fake = judge(told["real_theta"], told["real_beta"]), judge(THETA, regression.beta)
    torch.testing.assert_close(value, ((1 - real) ** 2 + fake**2).sum(1).mean())
    value.backward()
    assert regression.rotations.grad is None and regression.beta.grad is None
    assert all(parameter.grad is not None for parameter in judge.parameters())


def test_keypoints_may_count_by_how_far_the_detector_believes_in_them():
    regression, told = found(), batch()
    options = {"silhouette": 0, "displaced": 0, "adversarial": 0, "keypoints": 1}
    weights = told["keypoints"][..., 2].pow_(6)
    expected = ((weights * keypoint_errors(regression, told)).sum(1) / weights.sum(1)).mean()
    doubting = terms(confidence=True, **options).losses(regression, told)["keypoints"]
    torch.testing.assert_close(doubting, expected, rtol=1e-3, atol=1e-5)
    assert not torch.isclose(doubting, terms(**options).losses(regression, told)["keypoints"], rtol=0.01)


def test_one_body_for_a_person_and_one_displacement_for_an_outfit():
    off = {"silhouette": 0, "displaced": 0, "adversarial": 0, "keypoints": 0}
    regression, told = found(), batch()
    values = terms(**off, beta_consistency=2, delta_consistency=3).losses(regression, told)
    beta, delta = regression.beta.detach(), regression.delta.detach()
    mean = beta[[0, 1, 3]].mean(0)
    same = torch.stack([(beta[row] - mean).square().mean() for row in (0, 1, 3)]).sum() / 4  # the third is alone
    worn = (delta[0] - delta[3]).square().mean() / 4 * 2 / 4  # each is half the way from their mean
    torch.testing.assert_close(values["beta consistency"], 2 * same)
    torch.testing.assert_close(values["delta consistency"], 3 * worn)


@pytest.mark.parametrize("preset", ["3dsl", "author-2020"])
def test_photos_of_which_something_is_not_known_do_not_teach_it(preset):
    """Not even where the detector left numbers behind that are none."""
    told = batch()
    told["keypoints"][0] = torch.tensor((float("nan"), float("nan"), 0.0))
    told["valid"][1] = 0
    for name, unknown in (("keypoints", 0), ("silhouette", 1)):
        regression = found()
        value = terms(preset=preset, displaced=0, adversarial=0).losses(regression, told)[name]
        inputs = (regression.rotations, regression.beta, regression.psi)
        for gradient in torch.autograd.grad(value, inputs):
            assert torch.isfinite(gradient).all()
            assert [bool(row.any()) for row in gradient] == [row != unknown for row in range(4)]
    shares = known_share(told)
    assert shares["keypoints known"] == shares["masks known"] == 0.75


def test_terms_are_exact_whatever_the_precision_of_the_network():
    regression, told, judge = found(), batch(), discriminator()
    expected = terms(judge).losses(regression, told)
    with torch.autocast("cpu", torch.bfloat16):
        values = terms(judge).losses(regression, told)
        second = terms(judge).discriminated(regression, told)
    assert {value.dtype for value in (*values.values(), *second.values())} == {torch.float32}
    for name, value in values.items():
        torch.testing.assert_close(value, expected[name], msg=name)


def test_terms_move_to_a_device_once():
    here = terms()
    assert here.on(torch.device("cpu")) is here
