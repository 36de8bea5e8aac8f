"""report.json: what was recovered, how well it fits the photo, how long it took."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from torch import Tensor

from habitus import __version__
from habitus.body.model import BodyModel
from habitus.body.uv import texel_surface
from habitus.export.reprojection import Reprojection
from habitus.files import writing
from habitus.types import TexturedPerson

DIGITS = 6
"""After the point: more than is known, few enough to read."""
SCHEMA = 1
"""Grows when a field changes its meaning or goes; new fields may come without."""


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    return {
        "habitus": __version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "platform": platform.platform(),
    }


@dataclass(frozen=True)
class Report:
    """The fields of report.json, under the same names. Lengths in pixels are of the crop (`crop_size`)."""

    source: str
    """The photo's file name."""
    topology: str
    """The body that theta and beta belong to."""
    body_by: str
    """How the body was recovered: "fit", "regress, WEIGHTS", "fit from WEIGHTS", or "given"."""
    theta: list[list[float]]
    """24 axis-angles, radians, SMPL's joint order."""
    beta: list[float]
    """10 shape coefficients, standard deviations."""
    psi: list[float]
    """Camera (s, tx, ty) on the crop, see docs/conventions.md."""
    crop_size: tuple[int, int]
    """(height, width), pixels."""
    crop_to_photo: list[list[float]]
    """2x3 affine map of crop pixels to photo pixels."""
    texture_size: int
    texture_by: str
    """How the texture was made: "unwrap" (from the photo alone), "generate, WEIGHTS" or "both, WEIGHTS"."""
    texture_seen: float
    """Share of the body's texels with a confidence above 0: the rest are guesses."""
    mask_iou: float
    """Intersection over union of the photo's mask and the re-projected body, where the crop shows the photo."""
    keypoint_error_px: float | None
    """Mean distance of the body's keypoints from the photo's, weighted by confidence; null without keypoints."""
    keypoint_error_of_height: float | None
    """The same over the height of the re-projected body."""
    seconds: dict[str, float]
    """Wall time of each stage, in the order they ran."""
    warnings: list[str] = field(default_factory=list)
    """One line each: what the user should know about the input or the result."""
    versions: dict[str, str] = field(default_factory=versions)
    schema: int = SCHEMA


def make_report(
    person: TexturedPerson,
    body: BodyModel,
    seen: Reprojection,
    *,
    seconds: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
    texture_by: str = "unwrap",
    body_by: str = "fit",
) -> Report:
    """Fill a report.

    Args:
        person: B = 1.
        body: of the person's topology.
        seen: the person re-projected.
        seconds: of each stage, in the order they ran.
        warnings: one line each.
        texture_by: how the texture was made.
        body_by: how the body was recovered.
    """
    crop, params = person.crop, person.params
    size = person.texture.image.shape[-1]
    on_body = texel_surface(body, size)[0] >= 0
    error = seen.keypoint_error_px
    return Report(
        source=Path(crop.source).name,
        topology=person.topology,
        body_by=body_by,
        theta=_values(params.theta[0]),
        beta=_values(params.beta[0]),
        psi=_values(params.psi[0]),
        crop_size=crop.size,
        crop_to_photo=_values(crop.to_photo),
        texture_size=size,
        texture_by=texture_by,
        texture_seen=round((person.texture.confidence.cpu()[on_body] > 0).float().mean().item(), DIGITS),
        mask_iou=round(seen.mask_iou, DIGITS),
        keypoint_error_px=None if error is None else round(error, DIGITS),
        keypoint_error_of_height=None if error is None else round(error / max(seen.height_px, 1e-6), DIGITS),
        seconds={stage: round(spent, 3) for stage, spent in (seconds or {}).items()},
        warnings=list(warnings),
    )


def write_report(path: str | Path, report: Report) -> None:
    """Write report.json: strict JSON, UTF-8.

    Raises:
        InputError: the file cannot be written.
        ValueError: a number is not finite.
    """
    text = json.dumps(asdict(report), indent=2, ensure_ascii=False, allow_nan=False)
    with writing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _values(tensor: Tensor) -> list:
    return np.round(tensor.detach().cpu().double().numpy(), DIGITS).tolist()
