"""What people do on a street: mostly walk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from habitus.synthetic.chance import bounded, chosen
from habitus.synthetic.poses import arms
from habitus.synthetic.poses.gait import walk
from habitus.synthetic.poses.posture import Posture
from habitus.synthetic.poses.skeleton import FLEXION, INDEX, SIDES, SIDEWAYS, Side, Theta
from habitus.synthetic.poses.stance import look_round, stand, turn_on_the_spot
from habitus.synthetic.poses.style import Style, draw_style

Activity = Literal["walking", "standing", "turning", "phone", "carrying", "busy"]
_SHARES: dict[Activity, float] = {"walking": 0.62, "standing": 0.13, "turning": 0.05, "phone": 0.09, "busy": 0.11}
_HANDS = {1: 0.85, -1: 0.15}
"""The one that people do things with, or the other."""


@dataclass(frozen=True)
class Pose:
    """What somebody does at the moment of a photo."""

    theta: Theta
    """Axis-angle (24, 3), radians: upright, facing the camera."""
    activity: Activity
    hand: Side | None = None
    """That holds a phone (activity phone) or a bag (carrying)."""
    pockets: tuple[Side, ...] = ()
    """Hands that are in a pocket."""


def draw_pose(rng: np.random.Generator, style: Style | None = None, *, carrying: bool = False) -> Pose:
    """A random pose of the street: mostly walking, some standing, looking round, at a phone or otherwise busy.

    Args:
        rng: of this photo.
        style: the person's; None: anybody's.
        carrying: a bag hangs in a hand.

    Example:
        >>> pose = draw_pose(np.random.default_rng(3))
        >>> pose.theta.shape
        (24, 3)
    """
    style = draw_style(rng) if style is None else style
    activity: Activity = "carrying" if carrying else chosen(rng, _SHARES)
    walks = activity == "walking" or (activity not in ("standing", "turning") and rng.uniform() < 0.6)
    posture = _moment_of_a_walk(rng, style) if walks else _stance(rng, style)
    _glance(posture, rng)
    hand: Side = "right" if style.handed * chosen(rng, _HANDS) > 0 else "left"
    pockets: tuple[Side, ...] = ()
    match activity:
        case "turning":
            _turn(posture, rng)
        case "phone":
            (arms.read_phone if rng.uniform() < 0.65 else arms.call)(posture, hand, rng)
        case "carrying":
            arms.carry(posture, hand, rng)
        case "busy" if rng.uniform() < 0.45:
            pockets = ("left", "right") if rng.uniform() < 0.7 else (hand,)
            for each in pockets:
                arms.pocket(posture, each, rng)
        case "busy":
            chosen(rng, _GESTURES)(posture, hand, rng)
    return Pose(posture.theta(), activity, hand if activity in ("phone", "carrying") else None, pockets)


def _moment_of_a_walk(rng: np.random.Generator, style: Style) -> Posture:
    speed = style.speed * bounded(rng.normal(1.0, 0.1), 0.7, 1.3)
    posture = walk(style, rng.uniform(0, 1), speed)
    for side in SIDES:
        posture.angles[INDEX[f"{side}_shoulder"], FLEXION] += rng.normal(0, 0.03)
        posture.angles[INDEX[f"{side}_elbow"], FLEXION] += rng.uniform(0, 0.08)
    return posture


def _stance(rng: np.random.Generator, style: Style) -> Posture:
    weight = 0.0 if rng.uniform() < 0.4 else rng.choice((-1, 1)) * rng.uniform(0.3, 1.0)
    posture = stand(style, apart=rng.uniform(0.0, 0.1), weight=weight, forward=rng.uniform(-0.05, 0.15))
    for side in SIDES:
        posture.angles[INDEX[f"{side}_shoulder"], FLEXION] += rng.normal(0, 0.07)
        posture.angles[INDEX[f"{side}_elbow"], FLEXION] += rng.uniform(-0.05, 0.2)
    return posture


def _glance(posture: Posture, rng: np.random.Generator) -> None:
    """Nobody looks straight ahead all the time."""
    look_round(posture, bounded(rng.normal(0, 0.18), -0.4, 0.4))
    posture.angles[INDEX["head"], FLEXION] = bounded(
        posture.angles[INDEX["head"], FLEXION] + rng.normal(0, 0.06), -0.43, 0.43
    )
    posture.angles[INDEX["head"], SIDEWAYS] += rng.normal(0, 0.025)


def _turn(posture: Posture, rng: np.random.Generator) -> None:
    turn = rng.choice((-1, 1)) * rng.uniform(0.4, 1.3)
    look_round(posture, turn)
    turn_on_the_spot(posture, rng.uniform(0.0, 0.2) * turn)


_GESTURES: dict[Callable[[Posture, Side, np.random.Generator], None], float] = {
    arms.cross: 0.15, arms.akimbo: 0.12, arms.behind: 0.12, arms.point: 0.08, arms.wave: 0.08, arms.explain: 0.23,
    arms.touch_face: 0.15, arms.touch_hair: 0.07,
}  # fmt: skip
