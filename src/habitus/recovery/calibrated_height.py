"""How tall somebody is, by a camera whose place above the ground is known. No part of 3DSL.

One photo shows a small person near by as it shows a tall one far away. On level ground it does not: where the feet are
in the picture says how far away the person stands (single-view metrology: Criminisi, Reid and Zisserman, 2000).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.stature import stature
from habitus.errors import InputError
from habitus.types import SMPL_JOINTS, BodyParams

_ROUNDS = 8
_NECK = SMPL_JOINTS.index("neck")
_ANKLES = [SMPL_JOINTS.index("left_ankle"), SMPL_JOINTS.index("right_ankle")]
_LEAN = 0.35
"""Radians towards the camera or away from it that are taken for a fault of the pose; who leans more bows or falls."""


@dataclass(frozen=True)
class GroundCamera:
    """A fixed camera above level ground: a pinhole, its axis through the middle of the picture, no lens distortion."""

    height: float
    """Above the ground, metres."""
    pitch: float
    """Radians by which it looks down."""
    focal: float
    """Focal length in pixels."""
    size: tuple[int, int]
    """(H, W) of the picture."""
    roll: float = 0.0
    """Radians by which it is turned about its axis: what is upright leans to the left in the picture by as much."""
    height_error: float = 0.0
    """Standard deviations of the calibration."""
    pitch_error: float = 0.0
    focal_error: float = 0.0

    def __post_init__(self) -> None:
        """See that the numbers describe a camera.

        Raises:
            InputError: one does not.
        """
        for name in ("height", "focal"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"camera's {name} {getattr(self, name)}: must be above 0; calibrate it anew")
        if not abs(self.pitch) < math.pi / 2:
            raise InputError(f"camera's pitch {self.pitch}: is in radians, less than a quarter turn")


@dataclass(frozen=True)
class MeasuredHeight:
    """How tall people are."""

    metres: Float[Tensor, "B"]
    """NaN where the feet are not below the horizon."""
    error: Float[Tensor, "B"]
    """One standard deviation, metres: of the places in the picture and of the calibration together, to first order."""
    distance: Float[Tensor, "B"]
    """On the ground, straight ahead of the camera, metres."""


def measure_height(
    camera: GroundCamera, feet: Float[Tensor, "B 2"], head: Float[Tensor, "B 2"], *, pixel_error: float = 2.0
) -> MeasuredHeight:
    """The height of the head above the ground that the feet stand on, hair and shoes included.

    It is less than the stature of who walks or stoops. A box around the person will not do: its lower edge is at the
    toes of the nearer foot, not below the body. `measure_body` takes boxes.

    Args:
        camera: calibrated.
        feet: (x, y) in the photo's pixels of the point on the ground midway between the soles.
        head: (x, y) of the crown.
        pixel_error: standard deviation of either's y, pixels.
    """
    rows = torch.stack([_from_middle(camera, points)[:, 1] for points in (feet, head)], 1)
    up = rows.new_tensor([[0.0, 1.0]]).expand(len(rows), 2)
    found = _measured(camera, rows, torch.zeros_like(rows), up, pixel_error)
    return MeasuredHeight(*(values.to(feet.dtype) for values in found))


def measure_body(
    camera: GroundCamera, body: BodyModel, params: BodyParams, box: Float[Tensor, "B 4"], *, pixel_error: float = 2.0
) -> MeasuredHeight:
    """The height upright of people whose pose is known, hair and shoes of delta included.

    The recovered body is stood on the ground, as large and as far away as makes its own lowest and highest point in the
    picture those of the box. So a stride, a bent back and toes that point to the camera are allowed for. Faults of the
    pose are not, but for lean, and are no part of the error that is told.

    Args:
        camera: calibrated.
        body: of the parameters.
        params: as recovered, in the crop's axes; psi is not looked at.
        box: left, top, right, bottom of the person in the photo's pixels, from the mask or from the body drawn over it.
        pixel_error: standard deviation of top and bottom, pixels.
    """
    left, top, right, bottom = box.detach().double().unbind(1)
    middle = (left + right) / 2
    ends = torch.stack([_from_middle(camera, torch.stack([middle, y], 1)) for y in (bottom, top)], 1)
    ahead, up = _on_the_ground(camera, body, params, ends.mean(1) / camera.focal)
    at = torch.stack([up.argmin(1), up.argmax(1)], 1)
    for _ in range(_ROUNDS):
        size, _, distance = _measured(camera, ends[..., 1], ahead.gather(1, at), up.gather(1, at), pixel_error)
        place = _row(camera, distance[:, None] + size[:, None] * ahead, size[:, None] * up)
        at = torch.stack([place.argmax(1), place.argmin(1)], 1)
    size, error, distance = _measured(camera, ends[..., 1], ahead.gather(1, at), up.gather(1, at), pixel_error)
    upright = stature(body, params.beta, params.delta).detach()
    return MeasuredHeight((size * upright).to(upright), (error * upright).to(upright), distance.to(upright))


def beta_of_height(
    body: BodyModel,
    beta: Float[Tensor, "B K"],
    height: Float[Tensor, "B"],
    *,
    delta: Float[Tensor, "B N 3"] | None = None,
    error: Float[Tensor, "B"] | None = None,
) -> Float[Tensor, "B K"]:
    """The build nearest to another, in standard deviations, that is as tall as was measured.

    Which vertices are highest and lowest being given, stature is linear in beta with the slope a, and the least change
    is a (height - stature) / |a|^2. As they may change with beta, it is worked out anew from the same start until it
    stays. With an error e of the height, the change is the most probable one if each beta may be wrong by one standard
    deviation: |a|^2 + e^2 takes the place of |a|^2.

    Args:
        body: of the betas.
        beta: as recovered.
        height: of the person standing upright, metres; NaN leaves beta as it is.
        delta: shoes and hair, where the height includes them; metres.
        error: standard deviation of the height, metres; None: it is exact.
    """
    known = height.isfinite()
    wanted = height.to(beta).where(known, 0)
    doubt = torch.zeros_like(wanted) if error is None else error.to(beta).where(known, 0)
    change = torch.zeros_like(beta)
    for _ in range(_ROUNDS):
        up = body.rest(beta + change, delta)[..., 1]
        slope = body.shapedirs[up.argmax(1), 1] - body.shapedirs[up.argmin(1), 1]
        missing = wanted - (up.amax(1) - up.amin(1)) + (slope * change).sum(1)
        change = slope * (missing / ((slope**2).sum(1) + doubt**2).clamp(min=1e-12))[:, None]
    return beta + change.where(known[:, None], 0)


def _from_middle(camera: GroundCamera, points: Float[Tensor, "B 2"]) -> Float[Tensor, "B 2"]:
    """(x, y) in pixels from the picture's middle, with the roll taken out."""
    cosine, sine = math.cos(camera.roll), math.sin(camera.roll)
    x, y = (points.detach().double() - points.new_tensor((camera.size[1] / 2, camera.size[0] / 2)).double()).unbind(1)
    return torch.stack([x * cosine - y * sine, y * cosine + x * sine], 1)


def _on_the_ground(
    camera: GroundCamera, body: BodyModel, params: BodyParams, ray: Float[Tensor, "B 2"]
) -> tuple[Float[Tensor, "B N"], Float[Tensor, "B N"]]:
    """How far ahead of the root, along the camera's axis, and how high above the ground each vertex is, metres.

    A crop sees along the ray to its middle, given in focal lengths from the picture's. People on their feet are taken
    to have the neck above the ankles in depth, as `upright` does: lean is what recovery tells worst, and 4 degrees of
    it move the head in the picture by as much as 5 cm of height.
    """
    cosine, sine = math.cos(camera.pitch), math.sin(camera.pitch)
    x, y = ray.unbind(1)
    forward, down = cosine - y * sine, sine + y * cosine
    azimuth, elevation = torch.atan2(x, forward)[:, None], torch.atan2(down, torch.hypot(x, forward))[:, None]
    posed = body(params.theta, params.beta, params.delta)
    axis = (posed.joints[:, _NECK] - posed.joints[:, _ANKLES].mean(1)).detach().double()
    seen = torch.atan2(axis[:, 2], axis[:, 1])[:, None]
    turn = torch.where((seen - elevation).abs() <= _LEAN, seen, elevation)
    right, above, near = (posed.vertices - posed.joints[:, :1]).detach().double().unbind(2)
    up = above * turn.cos() + near * turn.sin()
    towards = near * turn.cos() - above * turn.sin()
    return -towards * azimuth.cos() - right * azimuth.sin(), up - up.amin(1, keepdim=True)


def _row(camera: GroundCamera, ahead: Float[Tensor, "B N"], up: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
    """Focal lengths below the picture's middle at which points are seen, metres ahead of the camera and up."""
    cosine, sine = math.cos(camera.pitch), math.sin(camera.pitch)
    up = up - camera.height
    return -(ahead * sine + up * cosine) / (ahead * cosine - up * sine)


def _measured(
    camera: GroundCamera,
    rows: Float[Tensor, "B 2"],
    ahead: Float[Tensor, "B 2"],
    up: Float[Tensor, "B 2"],
    error: float,
) -> tuple[Float[Tensor, "B"], Float[Tensor, "B"], Float[Tensor, "B"]]:
    """How many times larger somebody is than told, its standard deviation, and how far ahead they stand, metres.

    A point `up` above the ground and `ahead` of the person, times s, is seen b focal lengths below the picture's middle
    by a camera at the height h, y from the person, that looks down by p, where

        y (sin p + b cos p) + s (ahead (sin p + b cos p) + up (cos p - b sin p)) = h (cos p - b sin p).

    Two points, one near the ground and one at the head, give y and s.

    Args:
        camera: calibrated.
        rows: of both points, pixels below the middle.
        ahead: metres.
        up: metres.
        error: standard deviation of the rows, pixels.
    """
    with torch.enable_grad():
        # Numbers of the camera of their own for each person: one backward pass gives each person's derivatives.
        height, pitch, focal = (
            torch.full_like(rows[:, :1], value, requires_grad=True)
            for value in (camera.height, camera.pitch, camera.focal)
        )
        rows = rows.detach().requires_grad_()
        b = rows / focal
        fall, rise = pitch.sin() + b * pitch.cos(), pitch.cos() - b * pitch.sin()
        by_size, by_height = ahead * fall + up * rise, height * rise
        determinant = fall[:, 0] * by_size[:, 1] - fall[:, 1] * by_size[:, 0]
        size = (fall[:, 0] * by_height[:, 1] - fall[:, 1] * by_height[:, 0]) / determinant
        distance = (by_height[:, 0] * by_size[:, 1] - by_height[:, 1] * by_size[:, 0]) / determinant
        slopes = torch.autograd.grad(size.sum(), (height, pitch, focal, rows))
    errors = (camera.height_error, camera.pitch_error, camera.focal_error, error)
    variance = torch.cat([(slope * each) ** 2 for slope, each in zip(slopes, errors, strict=True)], 1).sum(1)
    standing = fall[:, 0].detach() > 0
    found = (size.detach(), variance.sqrt(), distance.detach())
    return tuple(values.where(standing, torch.nan) for values in found)  # type: ignore[return-value]
