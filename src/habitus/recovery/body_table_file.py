"""Bodies of photos on disk: a Parquet table, one row a photo, which says what made it.

Columns: path; height, width; theta (72), beta (10), psi (3), delta (packed, `delta_coding`); mask (PNG); keypoints
(51: x, y, confidence of COCO-17); mask_iou and keypoint_error of the fit, NaN where it was imported; and problem: why a
photo has no body, whose other columns are then empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float32, UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.body_table_rows import BodyTable
from habitus.recovery.delta_coding import pack_delta, unpack_delta
from habitus.recovery.table_files import (
    TableKind,
    known_photos,
    mask_code,
    mask_of,
    numbers_of,
    read_table,
    write_rows,
)
from habitus.types import BodyParams

_NUMBERS = {"theta": 72, "beta": 10, "psi": 3, "keypoints": 51}
_CURE = "give a file that `habitus bodies` wrote"
BODIES = TableKind(
    "bodies",
    pa.schema(
        [(name, pa.list_(pa.float32(), count)) for name, count in _NUMBERS.items()]
        + [("delta", pa.binary()), ("mask", pa.binary()), ("mask_iou", pa.float32()), ("keypoint_error", pa.float32())]
    ),
    _CURE,
)
"""Of `habitus bodies`."""


@dataclass(frozen=True, eq=False)
class FoundBody:
    """What was found in one photo, in the photo's frame."""

    params: BodyParams
    """B = 1."""
    mask: UInt8[np.ndarray, "H W"]
    keypoints: Float32[np.ndarray, "17 3"]
    mask_iou: float = float("nan")
    """Of the re-projected body with the mask."""
    keypoint_error: float = float("nan")
    """Mean distance of re-projected keypoints, share of the person's height."""


def write_bodies(
    path: Path, body: BodyModel, photos: Sequence[tuple[str, tuple[int, int], FoundBody | str]], made: Mapping[str, Any]
) -> None:
    """Write a table; it appears whole or not at all.

    Args:
        path: of the file.
        body: of the parameters.
        photos: path, (H, W), and what was found, or why nothing was.
        made: what made it, JSON.

    Raises:
        InputError: the disk is full or not writable.
    """
    rows = [(name, size, found if isinstance(found, str) else _columns(body, found)) for name, size, found in photos]
    write_rows(path, BODIES, rows, {**made, "topology": body.topology})


def read_body_table(path: str | Path, body: BodyModel) -> BodyTable:
    """Read a table of `habitus bodies`; photos without a body are left out.

    Args:
        path: of the file.
        body: that the parameters must be for.

    Raises:
        InputError: the file is missing, damaged, of another body, or has a photo twice.
    """
    path = Path(path)
    table, made, _ = read_table(path, BODIES)
    if made.get("topology") != body.topology:
        raise InputError(
            f"{path}: holds bodies {made.get('topology')!r}, not {body.topology!r}; run `habitus bodies` with that body"
        )
    table, paths, sizes = known_photos(path, BODIES, table)
    columns = {name: numbers_of(path, BODIES, table, name) for name in _NUMBERS}
    if (columns["psi"][:, 0] <= 0).any():
        raise InputError(f"{path}: has a camera whose scale is not positive; {_CURE}")
    rows = _FileRows(path, body, columns, table["delta"], table["mask"], sizes)
    return BodyTable(body.topology, paths, sizes, rows)


@dataclass(frozen=True, eq=False)
class _FileRows:
    path: Path
    body: BodyModel
    columns: Mapping[str, Float32[np.ndarray, "M _"]]
    delta: pa.ChunkedArray
    masks: pa.ChunkedArray
    sizes: np.ndarray

    def params(self, row: int) -> BodyParams:
        try:
            delta = unpack_delta(self.body, self.delta[row].as_py())
        except ValueError as error:
            raise InputError(f"{self.path}: row {row} holds {error}; {_CURE}") from error
        theta, beta, psi = (torch.from_numpy(self.columns[n][row : row + 1].copy()) for n in ("theta", "beta", "psi"))
        return BodyParams(theta.view(1, 24, 3), beta, delta[None], psi)

    def mask(self, row: int) -> UInt8[np.ndarray, "H W"]:
        height, width = self.sizes[row].tolist()
        return mask_of(self.path, BODIES, self.masks[row].as_py(), row, (height, width))

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        return self.columns["keypoints"][row].reshape(17, 3)

    def fingerprint(self, row: int) -> bytes:
        return b"".join(self.columns[n][row].tobytes() for n in ("theta", "beta", "psi")) + self.delta[row].as_py()


def _columns(body: BodyModel, found: FoundBody) -> dict[str, Any]:
    params = found.params
    return {
        "theta": params.theta[0].reshape(-1).cpu().numpy(),
        "beta": params.beta[0].cpu().numpy(),
        "psi": params.psi[0].cpu().numpy(),
        "keypoints": np.asarray(found.keypoints, np.float32).reshape(-1),
        "delta": pack_delta(body, params.delta[0]),
        "mask": mask_code(found.mask),
        "mask_iou": found.mask_iou,
        "keypoint_error": found.keypoint_error,
    }
