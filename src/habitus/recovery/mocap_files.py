"""Motion capture as body parameters: the .npz files of AMASS (Mahmood et al., ICCV 2019) in their official layout.

SMPL-H files hold `poses` (F, 156), `betas` (16,), `mocap_framerate`; SMPL-X files `poses` (F, 165) and
`mocap_frame_rate`. Beside them lie files of subjects without poses (shape.npz, *_stagei.npz).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64

from habitus.body.archives import read_arrays, read_shapes
from habitus.body.assets import SMPL
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.errors import InputError

_BODY_OF = {156: SMPL, 165: "smplx"}
"""Whose builds the betas tell, by the width of `poses`: SMPL-H has SMPL's body but for the hands, SMPL-X another."""
_RATES = ("mocap_framerate", "mocap_frame_rate")
_WANTED = ("poses", "betas", *_RATES)
_BODY = 22
"""Joints that SMPL-H and SMPL-X share with SMPL, its first ones: root and body. SMPL's other two are the hands."""
_CURE = "give AMASS's own .npz, SMPL-H G or SMPL-X G"


@dataclass(frozen=True)
class Motion:
    """A file, some of whose frames may be read."""

    path: Path
    frames: int
    """How many of them are far enough apart."""
    step: int
    """Frames of the file from one of them to the next."""
    topology: str
    """Of the body that the betas belong to."""


def is_subject(path: Path) -> bool:
    """Whether a file of AMASS is of a subject, without poses."""
    return path.stem == "shape" or path.stem.endswith("_stagei")


def open_motion(path: Path, *, rate: float) -> Motion:
    """What a file holds, without reading its poses.

    Args:
        path: of the file.
        rate: frames a second that are wanted; every so many of the file's are taken that it comes nearest.

    Raises:
        InputError: the file is damaged or of another layout.
    """
    shapes = read_shapes(path, _WANTED)
    poses = shapes.get("poses", ())
    if len(poses) != 2 or poses[1] not in _BODY_OF or not poses[0]:
        found = f"its poses are {poses}" if poses else "it has no poses"
        raise InputError(f"{path}: {found}, AMASS's are (F, 156) of SMPL-H or (F, 165) of SMPL-X; {_CURE}")
    if len(betas := shapes.get("betas", ())) != 1 or betas[0] < 10:
        raise InputError(f"{path}: its betas are {betas}, AMASS's are (16,); {_CURE}")
    name = next((name for name in _RATES if name in shapes), None)
    if name is None:
        raise InputError(f"{path}: has no {_RATES[0]}; {_CURE}")
    value = np.asarray(read_arrays(path, (name,))[name])
    own = float(value) if value.size == 1 and value.dtype.kind in "fiu" else math.nan
    if not 0 < own < 1e5:
        raise InputError(f"{path}: its {name} is {value}, no number of frames a second; {_CURE}")
    step = max(1, round(own / rate))
    return Motion(path, -(-poses[0] // step), step, _BODY_OF[poses[1]])


def read_motion(
    motion: Motion, frames: Int64[np.ndarray, "M"], headings: Float[np.ndarray, "M"]
) -> tuple[Float32[np.ndarray, "M 24 3"], Float32[np.ndarray, "10"]]:
    """Some frames as SMPL's poses, and the subject's betas.

    SMPL's hands are left as they rest (zero). SMPL-H bends thirty joints of fingers where SMPL has one joint a hand; to
    give that the turn of a finger's root is customary too, but few subjects wore markers on their fingers: theirs are
    one mean hand, repeated, and no photo of a pedestrian shows more.

    AMASS's world has +Z up. It is turned about X so that +Y is up, and then about Y, so that the person, whose
    pelvis looked somewhere in the studio, looks to the camera, and from there by the heading. A level camera is meant.

    Args:
        motion: of `open_motion`.
        frames: which of its frames, below `motion.frames`.
        headings: radians by which people are turned away from the camera: 0 faces it, pi / 2 shows their right.

    Raises:
        InputError: the file is damaged or holds numbers that are none.
    """
    arrays = read_arrays(motion.path, ("poses", "betas"))
    poses, betas = np.asarray(arrays["poses"]), np.asarray(arrays["betas"])
    numbers = poses.dtype.kind == betas.dtype.kind == "f"
    chosen, beta = poses[frames * motion.step, : 3 * _BODY], betas[:10]
    if not numbers or not (np.isfinite(chosen).all() and np.isfinite(beta).all()):
        raise InputError(f"{motion.path}: holds poses or betas that are no finite numbers; leave the file out")
    theta = np.zeros((len(frames), 24, 3), np.float32)
    theta[:, :_BODY] = chosen.reshape(-1, _BODY, 3)
    theta[:, 0] = _turned(chosen[:, :3].astype(np.float64), headings)
    return theta, beta.astype(np.float32)


_Y_UP = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]], dtype=torch.float64)
"""From a world with +Z up: x stays, z becomes y."""


def _turned(roots: Float[np.ndarray, "M 3"], headings: Float[np.ndarray, "M"]) -> Float[np.ndarray, "M 3"]:
    studio = _Y_UP @ axis_angle_to_matrix(torch.from_numpy(roots))
    ahead = torch.atan2(studio[:, 0, 2], studio[:, 2, 2])  # where the body's own +Z points, from +Z towards +X
    about_y = torch.zeros(len(roots), 3, dtype=torch.float64)
    about_y[:, 1] = torch.from_numpy(np.asarray(headings, np.float64)) - ahead
    return matrix_to_axis_angle(axis_angle_to_matrix(about_y) @ studio).numpy().copy()
