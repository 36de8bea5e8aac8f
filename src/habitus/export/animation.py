"""Motion for exports: the pose of the photo, a walk and an idle stance, as joint rotations over time.

Signs, in the rest pose (T-pose, facing +Z): a positive turn about +X swings a leg back, bends a knee and points the
toes down; the left arm reaches along +X, so a negative turn about +Z lowers it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.types import SMPL_JOINTS, BodyParams

JOINT = {name: index for index, name in enumerate(SMPL_JOINTS)}
WALK_SECONDS, WALK_KEYS = 1.1, 24
IDLE_SECONDS, IDLE_KEYS = 4.0, 16
HAND_CLEARANCE = 0.07  # metres between the middle of the wrist and the hip beside it
ELBOW_BEND = 0.3  # radians, of an arm that hangs straight down; more when it swings forward
HARMONICS = 4

# Sagittal joint angles of one leg through a stride of normal walking, (percent of the stride, degrees), heel strike at
# 0: the textbook curves (Perry, Gait Analysis, 1992; Winter, 1991) read at a dozen points, then moved by a few degrees
# (least squares on the open body) until both feet touch the ground in double support and the standing foot slides
# evenly. Flexion is positive; at the ankle and the toes, up is positive.
HIP = ((0, 22), (12, 18), (30, -2), (50, -16), (60, -7), (72, 18), (85, 32), (94, 26))
KNEE = ((0, 6), (8, 15), (15, 17), (28, 10), (40, 12), (50, 15), (60, 39), (71, 63), (82, 41), (90, 15), (96, 5))
ANKLE = ((0, 0), (8, -4), (20, 1), (40, 10), (48, 10), (56, -2), (62, -15), (72, -7), (82, 3), (92, 1))
TOES = ((0, 4), (10, 0), (35, 0), (48, 16), (58, 25), (66, 9), (78, 0), (92, 3))


@dataclass(frozen=True)
class Clip:
    """A named motion. Interpolated between keys: rotations on the sphere, the rest linearly."""

    name: str
    times: Float[np.ndarray, "K"]
    """Seconds, ascending from 0. A clip that loops ends on its first pose."""
    theta: Float[np.ndarray, "K J 3"]
    """Axis-angle, radians."""
    root_offset: Float[np.ndarray, "K 3"]
    """Metres from the pelvis' place in the rest pose, when the rest pose stands on y = 0."""


def clips(body: BodyModel, params: BodyParams) -> tuple[Clip, ...]:
    """The clips of one person: "walk", "idle" and "photo". Feet stay on the ground, y = 0, in all of them."""
    return walk(body, params), idle(body, params), photo(body, params)


def photo(body: BodyModel, params: BodyParams) -> Clip:
    """The recovered pose, held for a second."""
    theta = params.theta.detach().expand(2, -1, -1)
    return _grounded(body, params, "photo", 1.0, theta, torch.zeros(2, 3))


def walk(body: BodyModel, params: BodyParams) -> Clip:
    """One stride on the spot, `WALK_SECONDS` long, that loops."""
    phase = torch.linspace(0, 1, WALK_KEYS + 1)
    turn = 2 * torch.pi * phase
    theta = torch.zeros(WALK_KEYS + 1, body.num_joints, 3)
    for side, start in (("left", 0.0), ("right", 0.5)):
        theta[:, JOINT[f"{side}_hip"], 0] = -_curve(HIP, phase + start)
        theta[:, JOINT[f"{side}_knee"], 0] = _curve(KNEE, phase + start)
        theta[:, JOINT[f"{side}_ankle"], 0] = -_curve(ANKLE, phase + start)
        theta[:, JOINT[f"{side}_foot"], 0] = -_curve(TOES, phase + start)
    # At phase 0 the left heel strikes: the left hip is in front (the pelvis turned to the right, -Y), and the chest
    # turns the other way. The pelvis drops on the side of the leg that swings.
    yaw = torch.deg2rad(torch.tensor(5.0)) * -turn.cos()
    drop = torch.deg2rad(torch.tensor(3.0)) * turn.sin()
    theta[:, JOINT["pelvis"], 1] = yaw
    theta[:, JOINT["pelvis"], 2] = drop
    for name, share in (("spine1", 0.6), ("spine2", 0.7), ("spine3", 0.7)):
        theta[:, JOINT[name], 1] = -share * yaw
    for name in ("spine1", "spine2"):
        theta[:, JOINT[name], 2] = -0.5 * drop
    theta[:, JOINT["spine1"], 0] = 0.03
    theta[:, JOINT["neck"], 1] = yaw  # what the spine turned too far, so that the face looks ahead
    for side in ("left", "right"):  # the hips turn with the pelvis; the feet point ahead
        theta[:, JOINT[f"{side}_hip"], 1] = -yaw
        theta[:, JOINT[f"{side}_hip"], 2] = -drop
    swing = torch.deg2rad(torch.tensor(19.0)) * turn.cos()
    _lower_arms(body, params, theta, left_swing=-swing, right_swing=swing)
    sway = torch.zeros(WALK_KEYS + 1, 3)
    sway[:, 0] = 0.018 * turn.sin()  # over the leg that stands
    return _grounded(body, params, "walk", WALK_SECONDS, theta, sway)


def idle(body: BodyModel, params: BodyParams) -> Clip:
    """Standing, breathing and shifting the weight a little, `IDLE_SECONDS` long, that loops."""
    turn = 2 * torch.pi * torch.linspace(0, 1, IDLE_KEYS + 1)
    breath, shift = turn.sin(), (turn + 0.7).sin()
    theta = torch.zeros(IDLE_KEYS + 1, body.num_joints, 3)
    theta[:, JOINT["spine2"], 0] = -0.008 * breath
    theta[:, JOINT["spine3"], 0] = -0.014 * breath
    theta[:, JOINT["neck"], 0] = 0.03 + 0.014 * breath
    theta[:, JOINT["head"], 1] = 0.03 * shift
    theta[:, JOINT["spine1"], 2] = 0.012 * shift
    # Legs lean as a parallelogram: both hips turn, the ankles turn back, and the pelvis moves so that feet stay.
    lean = 0.012 * shift
    for side in ("left", "right"):
        theta[:, JOINT[f"{side}_hip"], 2] = lean
        theta[:, JOINT[f"{side}_ankle"], 2] = -lean
    _lower_arms(body, params, theta, left_swing=0.04 + 0.012 * breath, right_swing=0.04 + 0.012 * breath)
    theta[:, JOINT["left_collar"], 2] += 0.012 * breath
    theta[:, JOINT["right_collar"], 2] -= 0.012 * breath
    rest_joints = body.rest_joints(params.beta)[0].detach()
    leg = rest_joints[JOINT["left_hip"], 1] - rest_joints[JOINT["left_ankle"], 1]
    sway = torch.zeros(IDLE_KEYS + 1, 3)
    sway[:, 0] = -leg * lean.sin()
    return _grounded(body, params, "idle", IDLE_SECONDS, theta, sway)


def quaternions(theta: Float[np.ndarray, "K J 3"]) -> Float[np.ndarray, "K J 4"]:
    """Unit quaternions (x, y, z, w) of axis-angles, each on the same half of the sphere as the key before it."""
    angle = np.linalg.norm(theta, axis=-1, keepdims=True)
    result = np.concatenate([np.sinc(angle / (2 * np.pi)) / 2 * theta, np.cos(angle / 2)], -1)
    for key in range(1, len(result)):
        flips = (result[key] * result[key - 1]).sum(-1, keepdims=True) < 0
        result[key] = np.where(flips, -result[key], result[key])
    return result.astype(np.float32)


def _curve(knots: tuple[tuple[float, float], ...], phase: Float[Tensor, "K"]) -> Float[Tensor, "K"]:
    """A periodic curve through (percent, degrees) knots, as the nearest Fourier series; radians."""
    at, degrees = np.array(knots, np.float64).T

    def basis(x: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * np.arange(HARMONICS + 1) * x[:, None]
        return np.concatenate([np.cos(angles), np.sin(angles[:, 1:])], 1)

    # Knots are few and uneven: fit the series to a dense linear interpolation of them.
    dense = np.linspace(0, 1, 200, endpoint=False)
    coefficients = np.linalg.lstsq(basis(dense), np.interp(dense, at / 100, degrees, period=1.0), rcond=None)[0]
    return torch.deg2rad(torch.as_tensor(basis(phase.double().numpy()) @ coefficients, dtype=torch.float32))


def _lower_arms(
    body: BodyModel,
    params: BodyParams,
    theta: Float[Tensor, "K J 3"],
    *,
    left_swing: Float[Tensor, "K"],
    right_swing: Float[Tensor, "K"],
) -> None:
    """Write arms that hang from the T-pose, swung forward (positive, radians), elbows bent, clear of the hips."""
    rest = body.rest(params.beta, params.delta)[0].detach()
    joints = body.rest_joints(params.beta)[0].detach()
    hip_height = joints[[JOINT["left_hip"], JOINT["right_hip"]], 1].mean()
    beside = (rest[:, 1] - hip_height).abs() < 0.12
    for side, sign, swing in (("left", 1.0, left_swing), ("right", -1.0, right_swing)):
        shoulder, wrist = joints[JOINT[f"{side}_shoulder"]], joints[JOINT[f"{side}_wrist"]]
        reach = (wrist - shoulder).norm()
        outside = (sign * rest[beside, 0]).amax() + HAND_CLEARANCE - sign * shoulder[0]
        spread = torch.asin((outside / reach).clamp(0.06, 0.6))  # from the vertical
        hangs = torch.atan2(sign * (wrist - shoulder)[0], -(wrist - shoulder)[1])  # so in the rest pose, from the same
        lower = (hangs - spread) * -sign
        theta[:, JOINT[f"{side}_collar"], 2] = 0.12 * lower
        turn = torch.zeros(len(theta), 2, 3)
        turn[:, 0, 0] = -swing
        turn[:, 1, 2] = 0.88 * lower
        swung, lowered = axis_angle_to_matrix(turn).unbind(1)
        theta[:, JOINT[f"{side}_shoulder"]] = matrix_to_axis_angle(swung @ lowered)
        theta[:, JOINT[f"{side}_elbow"], 1] = -sign * (ELBOW_BEND + 0.6 * swing)


def _grounded(
    body: BodyModel,
    params: BodyParams,
    name: str,
    seconds: float,
    theta: Float[Tensor, "K J 3"],
    offset: Float[Tensor, "K 3"],
) -> Clip:
    """A clip whose lowest vertex touches the ground at every key."""
    count = len(theta)
    with torch.no_grad():
        rest = body.rest(params.beta, params.delta)
        posed = body(theta, params.beta.expand(count, -1), params.delta.expand(count, -1, -1))
    lift = rest[0, :, 1].min() - posed.vertices[..., 1].amin(1)
    offset = offset + torch.stack([torch.zeros(count), lift, torch.zeros(count)], -1)
    times = np.linspace(0, seconds, count, dtype=np.float32)
    return Clip(name, times, theta.numpy().copy(), offset.numpy())
