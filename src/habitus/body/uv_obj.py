"""Texture coordinates of a mesh from an OBJ file."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from habitus.errors import InputError

MAX_BYTES = 64 * 2**20


def read_uv_obj(
    path: str | Path, faces: Int[np.ndarray, "F 3"]
) -> tuple[Float[np.ndarray, "V 2"], Int[np.ndarray, "F 3"]]:
    """Read `vt` and `f v/vt` lines; the file's faces may come in any order, with any corner first.

    Args:
        faces: of the body that the coordinates are for.

    Returns:
        uv, and rows of it at the corners of `faces`.

    Raises:
        InputError: the file is broken, has no texture coordinates, or is of another mesh.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; give an OBJ of the body alone")
        lines = path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give an OBJ with texture coordinates") from error
    try:
        uv = np.array([line.split()[1:3] for line in lines if line.startswith("vt ")], np.float32).reshape(-1, 2)
        corners = np.array([[c.split("/")[:2] for c in line.split()[1:4]] for line in lines if line.startswith("f ")])
        corners = corners.astype(np.int64).reshape(-1, 3, 2) - 1
    except ValueError as error:
        raise InputError(f"{path}: is not an OBJ of triangles with corners v/vt; export it again") from error
    rows = {tuple(sorted(face)): row for row, face in enumerate(corners[..., 0].tolist())}
    order = np.array([rows.get(tuple(sorted(face)), -1) for face in faces.tolist()])
    if (order < 0).any():
        raise InputError(f"{path}: is an OBJ of another mesh than the body; give one with the body's own faces")
    match = (corners[order][:, None, :, 0] == faces[:, :, None]).argmax(2)
    uv_faces = np.take_along_axis(corners[order][..., 1], match, 1)
    if not np.isfinite(uv).all() or uv_faces.min() < 0 or uv_faces.max() >= len(uv):
        raise InputError(f"{path}: its faces refer to texture coordinates that it does not have; export it again")
    return uv, uv_faces
