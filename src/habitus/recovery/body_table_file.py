"""Bodies of photos on disk: a Parquet table, one row a photo, which says what made it.

Columns: path; height, width; theta (72), beta (10), psi (3), delta (packed, `delta_coding`); mask (PNG); keypoints
(51: x, y, confidence of COCO-17); mask_iou and keypoint_error of the fit, NaN where it was imported; and problem: why a
photo has no body, whose other columns are then empty.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float32, UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.files import writing
from habitus.perception.photo import MAX_PIXELS
from habitus.recovery.body_table_rows import BodyTable
from habitus.recovery.delta_coding import pack_delta, unpack_delta
from habitus.types import BodyParams

_METADATA = b"habitus"
_NUMBERS = {"theta": 72, "beta": 10, "psi": 3, "keypoints": 51}
_MOST_BYTES = 2**36
_CURE = "give a file that `habitus bodies` wrote"
_SCHEMA = pa.schema(
    [("path", pa.string()), ("height", pa.int32()), ("width", pa.int32())]
    + [(name, pa.list_(pa.float32(), count)) for name, count in _NUMBERS.items()]
    + [("delta", pa.binary()), ("mask", pa.binary()), ("mask_iou", pa.float32()), ("keypoint_error", pa.float32())]
    + [("problem", pa.string())]
)


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
    rows = [_row(body, *photo) for photo in photos]
    metadata = {_METADATA: json.dumps({**made, "topology": body.topology}, sort_keys=True).encode()}
    with writing(path) as temporary:
        table = pa.Table.from_pylist(rows, _SCHEMA.with_metadata(metadata))
        pq.write_table(table, temporary, **_LAYOUT)


def merge_bodies(path: Path, parts: Sequence[Path]) -> None:
    """One table of several, one after the other; they are held in memory one at a time.

    Raises:
        InputError: a part is damaged, or the disk is full or not writable.
    """
    with writing(path) as temporary, pq.ParquetWriter(temporary, pq.read_schema(parts[0]), **_LAYOUT) as writer:
        for part in parts:
            writer.write_table(_read(part))


def count_bodies(path: Path) -> tuple[int, int]:
    """How many photos of a table have a body, and how many have none.

    Raises:
        InputError: the file cannot be read.
    """
    problems = _read(path)["problem"]
    return problems.null_count, len(problems) - problems.null_count


def read_body_table(path: str | Path, body: BodyModel) -> BodyTable:
    """Read a table of `habitus bodies`; photos without a body are left out.

    Args:
        path: of the file.
        body: that the parameters must be for.

    Raises:
        InputError: the file is missing, damaged, of another body, or has a photo twice.
    """
    path = Path(path)
    table = _read(path)
    made = json.loads(table.schema.metadata[_METADATA])
    if made["topology"] != body.topology:
        raise InputError(
            f"{path}: holds bodies {made['topology']!r}, not {body.topology!r}; run `habitus bodies` with that body"
        )
    table = table.filter(table["problem"].is_null()).combine_chunks()
    paths = table["path"].to_pylist()
    if len(set(paths)) < len(paths):
        raise InputError(f"{path}: has a photo twice; {_CURE}")
    columns = {name: _numbers(path, table, name, count) for name, count in _NUMBERS.items()}
    if (columns["psi"][:, 0] <= 0).any():
        raise InputError(f"{path}: has a camera whose scale is not positive; {_CURE}")
    sizes = np.stack([table["height"].to_numpy(), table["width"].to_numpy()], 1).astype(np.int32)
    rows = _FileRows(path, body, columns, table["delta"], table["mask"], sizes)
    return BodyTable(body.topology, tuple(paths), sizes, rows)


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
        coded = np.frombuffer(self.masks[row].as_py() or b"", np.uint8)
        size = _png_size(coded)
        if size != tuple(self.sizes[row].tolist()) or size[0] * size[1] > MAX_PIXELS:
            raise InputError(f"{self.path}: the mask of row {row} is damaged; {_CURE}")
        mask = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
        if mask is None:
            raise InputError(f"{self.path}: the mask of row {row} is damaged; {_CURE}")
        return mask

    def keypoints(self, row: int) -> Float32[np.ndarray, "17 3"]:
        return self.columns["keypoints"][row].reshape(17, 3)

    def fingerprint(self, row: int) -> bytes:
        return b"".join(self.columns[n][row].tobytes() for n in ("theta", "beta", "psi")) + self.delta[row].as_py()


# Numbers of bodies hardly shrink, masks and packed deltas are packed already.
_LAYOUT: dict[str, Any] = {"compression": "zstd", "use_dictionary": False}


def _row(body: BodyModel, path: str, size: tuple[int, int], found: FoundBody | str) -> dict[str, Any]:
    row: dict[str, Any] = {"path": path, "height": size[0], "width": size[1]}
    if isinstance(found, str):
        return row | {"problem": found}
    coded, mask = cv2.imencode(".png", found.mask)
    if not coded:
        raise RuntimeError("OpenCV could not encode a mask")
    params = found.params
    return row | {
        "theta": params.theta[0].reshape(-1).cpu().numpy(),
        "beta": params.beta[0].cpu().numpy(),
        "psi": params.psi[0].cpu().numpy(),
        "keypoints": np.asarray(found.keypoints, np.float32).reshape(-1),
        "delta": pack_delta(body, params.delta[0]),
        "mask": mask.tobytes(),
        "mask_iou": found.mask_iou,
        "keypoint_error": found.keypoint_error,
    }


def _read(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
            if sum(group.total_byte_size for group in groups) > min(_MOST_BYTES, 100 * path.stat().st_size + 2**20):
                raise InputError(f"{path}: announces far more than it holds; {_CURE}")
            if not file.schema_arrow.equals(_SCHEMA):
                raise InputError(f"{path}: has other columns than a table of bodies; {_CURE}")
            table = file.read()
        if not isinstance(json.loads((table.schema.metadata or {}).get(_METADATA, b""))["topology"], str):
            raise ValueError("it names no topology")
        return table
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {_CURE}") from None
    except InputError:
        raise
    except (pa.ArrowException, OSError, MemoryError, ValueError, LookupError, TypeError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: is no table of bodies that can be read ({reason}); {_CURE}") from error


def _numbers(path: Path, table: pa.Table, name: str, count: int) -> Float32[np.ndarray, "M _"]:
    column = table[name].combine_chunks()
    values = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    if column.null_count or len(values) != count * len(table) or not np.isfinite(values).all():
        raise InputError(f"{path}: has {name} that are missing or not finite; {_CURE}")
    return values.reshape(-1, count)


def _png_size(coded: np.ndarray) -> tuple[int, int]:
    """(H, W) of a PNG's header, before anything is unpacked."""
    width, height = (int.from_bytes(coded[at : at + 4].tobytes(), "big") for at in (16, 20))
    return height, width
