"""Skirts and coats close around both legs in every pose."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import Worn, dress
from habitus.synthetic.clothes.hanging import Hanging, hang
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Shoes, Top, draw_outfit
from habitus.synthetic.people.look import Look, draw_look
from habitus.types import SMPL_JOINTS

GREY = np.full(3, 0.4)
TOP = Top(GREY, GREY, "plain", 0.05, sleeve=0.6, length=0.05, collar="crew", looseness=0.02)
SHOES = Shoes(GREY, GREY, shaft=-0.02, thickness=0.02)
SKIRT = Outfit(TOP, Bottom("skirt", GREY, "plain", leg=1.1, looseness=0.05, waist=0.08), SHOES, None, GREY, weave=5)
COAT = replace(SKIRT, bottom=replace(SKIRT.bottom, kind="trousers", leg=2.0),
               outer=replace(TOP, sleeve=2.0, length=0.4, looseness=0.04))  # fmt: skip
OUTFITS = {"skirt": SKIRT, "coat": COAT, "long": replace(SKIRT, bottom=replace(SKIRT.bottom, leg=1.6)),
           "coat over skirt": replace(COAT, bottom=SKIRT.bottom)}  # fmt: skip
THIGH, KNEE = st.floats(-0.9, 0.5), st.floats(0.0, 1.0)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def look() -> Look:
    return draw_look(np.random.default_rng(4))


@pytest.fixture(scope="module")
def wardrobe(body: BodyModel, look: Look) -> dict[str, Worn]:
    return {name: dress(body, look, outfit) for name, outfit in OUTFITS.items()}


def worn_in(
    body: BodyModel, look: Look, worn: Worn, theta: np.ndarray
) -> tuple[Hanging, np.ndarray, np.ndarray, np.ndarray]:
    """What hangs, where it hangs, and where the other vertices and the joints are."""
    assert worn.hanging is not None
    angles = torch.from_numpy(theta.astype(np.float32))[None]
    posed = body(angles, torch.from_numpy(look.beta)[None], torch.from_numpy(worn.delta)[None])
    vertices, joints = posed.vertices[0].numpy(), posed.joints[0].numpy()
    return worn.hanging, hang(worn.hanging, vertices, joints), vertices, joints


def stride(hips: tuple[float, float], knees: tuple[float, float]) -> np.ndarray:
    theta = np.zeros((24, 3))
    for side, hip, knee in zip(("left", "right"), hips, knees, strict=True):
        theta[SMPL_JOINTS.index(f"{side}_hip"), 0] = hip
        theta[SMPL_JOINTS.index(f"{side}_knee"), 0] = knee
    return theta


def hem_of(hanging: Hanging) -> np.ndarray:
    """Which vertices are at the hem and not within the skirt."""
    return (hanging.along == hanging.along.max()) & (hanging.share < 1e-6)


def test_without_a_pose_it_hangs_as_displaced(body: BodyModel, look: Look, wardrobe: dict[str, Worn]) -> None:
    for worn in wardrobe.values():
        hanging, hung, vertices, _ = worn_in(body, look, worn, np.zeros((24, 3)))
        np.testing.assert_allclose(hung, vertices[hanging.index], atol=0.02)


@given(st.tuples(*[st.floats(-3.0, 3.0)] * 3))
@settings(max_examples=20, deadline=None)
def test_it_turns_with_the_body(body: BodyModel, look: Look, wardrobe: dict[str, Worn], turn: tuple) -> None:
    theta = stride((-0.4, 0.3), (0.3, 0.5))
    _, hung, _, joints = worn_in(body, look, wardrobe["skirt"], theta)
    theta[0] = turn
    _, other, _, turned = worn_in(body, look, wardrobe["skirt"], theta)
    distances, expected = (np.linalg.norm(h - j[:1], axis=1) for h, j in ((other, turned), (hung, joints)))
    np.testing.assert_allclose(distances, expected, atol=1e-4)


@pytest.mark.parametrize("name", OUTFITS)
@given(st.tuples(THIGH, THIGH), st.tuples(KNEE, KNEE))
@settings(max_examples=25, deadline=None)
def test_the_hem_is_a_closed_curve_around_both_legs(
    body: BodyModel, look: Look, wardrobe: dict[str, Worn], name: str, hips: tuple, knees: tuple
) -> None:
    hanging, hung, _, joints = worn_in(body, look, wardrobe[name], stride(hips, knees))
    at_hem = hem_of(hanging)
    hem = hung[at_hem][np.argsort(hanging.turn[at_hem, 0])]
    for side in ("left", "right"):
        away = hem - leg_at(joints, side, float(hanging.along.max()))
        assert min(float((away @ way).max()) for way in directions()) > 0.005, "cloth on every side of the leg"
        turn = np.arctan2(away[:, 0], away[:, 2])
        steps = (np.diff(np.append(turn, turn[0])) + np.pi) % (2 * np.pi) - np.pi
        assert steps.sum() == pytest.approx(2 * np.pi), "and once around"


@pytest.mark.parametrize("name", OUTFITS)
def test_both_halves_reach_past_the_middle(body: BodyModel, wardrobe: dict[str, Worn], name: str) -> None:
    hanging = wardrobe[name].hanging
    assert hanging is not None
    left = body.v_template[hanging.index, 0].numpy() > 0
    for depth in np.arange(0.2, hanging.along.max() + 0.01, 0.06):
        band = (np.abs(hanging.along - depth) < 0.05) & (hanging.share < 1e-6)
        for half, way in ((left, 1), (~left, -1)):
            turn = way * hanging.turn[band & half, 0]
            assert turn.min() < -0.01
            assert turn.max() > np.pi + 0.01


def test_it_leaves_the_waist_without_a_step(body: BodyModel, look: Look, wardrobe: dict[str, Worn]) -> None:
    for worn in wardrobe.values():
        hanging, hung, vertices, _ = worn_in(body, look, worn, stride((-0.4, 0.3), (0.2, 0.4)))
        top = hanging.coverage < 0.02
        assert top.any()
        assert np.abs(hung - vertices[hanging.index])[top].max() < 0.005


@pytest.mark.parametrize("seed", range(12))
def test_everybody_can_wear_everything(body: BodyModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    look = draw_look(rng)
    worn = dress(body, look, replace(draw_outfit(rng), bottom=SKIRT.bottom))
    hanging, hung, _, joints = worn_in(body, look, worn, stride((-0.5, 0.35), (0.3, 0.6)))
    assert np.isfinite(hung).all()
    assert np.linalg.norm(hung - joints[0], axis=1).max() < 1.1
    assert hanging.radius.min() > 0.02


def leg_at(joints: np.ndarray, side: str, along: float) -> np.ndarray:
    hip, knee, ankle = (joints[SMPL_JOINTS.index(f"{side}_{name}")] for name in ("hip", "knee", "ankle"))
    thigh = float(np.linalg.norm(knee - hip))
    if along < thigh:
        return hip + (knee - hip) * along / thigh
    return knee + (ankle - knee) * (along - thigh) / float(np.linalg.norm(ankle - knee))


def directions() -> list[np.ndarray]:
    return [np.array((np.sin(a), 0.0, np.cos(a))) for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
