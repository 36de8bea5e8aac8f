"""The displacement of 6,890 vertices in a few kilobytes.

What `fit` finds is spread from a few hundred handles: their numbers are kept, to half precision. Any other
displacement is kept vertex by vertex in 16 bits, packed.
"""

import zlib
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve

from habitus.body.model import BodyModel
from habitus.recovery.displacement import displacement_space, shoes
from habitus.recovery.fit import FitSettings

HANDLES = FitSettings().handles
LARGEST_LOSS = 1e-4
"""Metres by which a vertex may be off for its displacement to be kept as handles."""
_RIDGE = 1e-6
"""Of the largest entry: along the normals two kinds of handles say nearly the same, and neither is to grow for it."""
_NONE, _HANDLES, _VERTICES = b"0", b"H", b"V"


def pack_delta(body: BodyModel, delta: Float[torch.Tensor, "N 3"]) -> bytes:
    """A displacement, metres, in few bytes: 2.4 KB of a fit's, some 30 KB of any other."""
    values = delta.detach().cpu().numpy().astype(np.float64)
    if not values.any():
        return _NONE
    handles = _space(body).handles(values).astype(np.float16)
    if np.abs(_space(body).spread(handles) - values).max() <= LARGEST_LOSS:
        return _HANDLES + handles.tobytes()
    step = np.float32(max(np.abs(values).max() / 32767, 1e-9))
    steps = np.round(values / step).astype("<i2")
    # High and low bytes apart: the high ones are nearly all alike.
    return _VERTICES + step.tobytes() + zlib.compress(steps.T.ravel().view("u1").reshape(-1, 2).T.tobytes(), 6)


def unpack_delta(body: BodyModel, packed: bytes) -> Float[torch.Tensor, "N 3"]:
    """What `pack_delta` packed.

    Raises:
        ValueError: it packed nothing of the kind, or for another body.
    """
    kind, content = packed[:1], packed[1:]
    count = body.num_vertices
    if kind == _NONE and not content:
        values = np.zeros((count, 3))
    elif kind == _HANDLES and len(content) == HANDLES * 4 * 2:
        values = _space(body).spread(np.frombuffer(content, np.float16).reshape(HANDLES, 4))
    elif kind == _VERTICES and len(content) > 4:
        flat = _unzipped(content[4:], count * 6 + 1)
        if len(flat) != count * 6:
            raise ValueError("a displacement of another number of vertices")
        steps = np.ascontiguousarray(np.frombuffer(flat, "u1").reshape(2, -1).T).view("<i2").reshape(3, count).T
        values = steps * np.frombuffer(content[:4], "<f4")[0]
    else:
        raise ValueError("no packed displacement")
    if not np.isfinite(values).all():
        raise ValueError("a displacement that is not finite")
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))


def _unzipped(content: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, most)
    except zlib.error as error:
        raise ValueError(f"a damaged displacement ({error})") from error


@dataclass(frozen=True, eq=False)
class _Space:
    """Between handles and vertices."""

    basis: Float[np.ndarray, "N K"]
    normals: Float[np.ndarray, "N 3"]
    rest: Float[np.ndarray, "N 3"]
    """What handles of 0 stand for: the shoes that every fit wears."""
    factor: tuple[np.ndarray, bool]
    """Cholesky's, of the normal equations."""

    def handles(self, delta: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "K 4"]:
        """The handles that spread to a displacement most nearly."""
        moved = delta - self.rest
        columns = np.concatenate([(moved * self.normals).sum(1, keepdims=True), moved], 1)
        return cho_solve(self.factor, (self.basis.T @ columns).T.ravel()).reshape(4, -1).T

    def spread(self, handles: Float[np.ndarray, "K 4"]) -> Float[np.ndarray, "N 3"]:
        moved = self.basis @ handles.astype(np.float64)
        return self.rest + moved[:, :1] * self.normals + moved[:, 1:]


_SPACES: WeakKeyDictionary[BodyModel, _Space] = WeakKeyDictionary()


def _space(body: BodyModel) -> _Space:
    if body not in _SPACES:
        space = displacement_space(body, HANDLES)
        basis, normals = (x.cpu().numpy().astype(np.float64) for x in (space.basis, space.normals))
        gram = basis.T @ basis
        form = np.kron(np.eye(4), gram)
        for axis in range(3):
            both = basis.T @ (basis * normals[:, axis : axis + 1])
            rows = slice((axis + 1) * HANDLES, (axis + 2) * HANDLES)
            form[rows, :HANDLES], form[:HANDLES, rows] = both, both.T
        form += _RIDGE * form.max() * np.eye(len(form))
        _SPACES[body] = _Space(basis, normals, shoes(body).cpu().numpy().astype(np.float64), cho_factor(form))
    return _SPACES[body]
