"""Body files in: the open body that ships with Habitus, and the user's SMPL files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from habitus.body.archives import read_arrays
from habitus.body.restricted_pickle import read_restricted_pickle
from habitus.body.transfer import transfer_surface
from habitus.body.uv_obj import read_uv_obj
from habitus.errors import InputError

__all__ = ["BodyData", "load_body_data", "read_restricted_pickle"]

OPEN_BODY = Path(__file__).with_name("data") / "habitus_open.npz"
SMPL = "smpl"
SMPL_SIZE = {"N": 6890, "F": 13776}
SMPL_SURFACE_KEYPOINTS = {0: 332, 1: 2800, 2: 6260, 3: 583, 4: 4071}
"""COCO nose, eyes and ears: vertices of SMPL's mesh."""
JOINTS_OF_KEYPOINTS = {5: 16, 6: 17, 7: 18, 8: 19, 9: 20, 10: 21, 11: 1, 12: 2, 13: 4, 14: 5, 15: 7, 16: 8}
"""COCO keypoints that are SMPL joints."""
ROOT = 4294967295
"""The root's parent in kintree_table: -1 as an unsigned number."""

Shape = tuple[str | int, ...]
SHAPES: dict[str, tuple[str, Shape]] = {
    "v_template": ("number", ("N", 3)),
    "f": ("index", ("F", 3)),
    "shapedirs": ("number", ("N", 3, "at least 10")),
    "posedirs": ("number", ("N", 3, 207)),
    "J_regressor": ("number", (24, "N")),
    "weights": ("number", ("N", 24)),
    "kintree_table": ("index", (2, 24)),
}
"""The arrays of every SMPL file, and their shapes; letters must agree between arrays."""
OWN_SHAPES: dict[str, tuple[str, Shape]] = {
    "vt": ("number", ("V", 2)),
    "ft": ("index", ("F", 3)),
    "face_region": ("index", ("F",)),
    "coco_regressor": ("number", (17, "N")),
}
"""What the open body's file has besides."""


@dataclass(frozen=True)
class BodyData:
    """The arrays of a body file, metres, rest pose: +Y up, facing +Z, the person's left at +X."""

    topology: str
    """"habitus-open-1", or "smpl": which mesh the vertex and texel indices belong to."""
    v_template: Float[ndarray, "N 3"]
    faces: Int[ndarray, "F 3"]
    """Counter-clockwise from outside."""
    shapedirs: Float[ndarray, "N 3 10"]
    """Metres per standard deviation."""
    posedirs: Float[ndarray, "N 3 207"] | None
    """Pose blend shapes over the nine entries of R - I of joints 1 to 23; None where a body has none."""
    J_regressor: Float[ndarray, "24 N"]
    lbs_weights: Float[ndarray, "N 24"]
    parents: Int[ndarray, "24"]
    """Kinematic tree; -1 for the root."""
    uv: Float[ndarray, "V 2"]
    """(0, 0) is the lower left corner of a texture."""
    uv_faces: Int[ndarray, "F 3"]
    """Rows of `uv` at the corners of each face."""
    regions: tuple[str, ...]
    face_region: Int[ndarray, "F"]
    """Index into `regions`."""
    coco_regressor: Float[ndarray, "17 N"]
    """Convex combinations of posed vertices that a detector of COCO-17 keypoints would call by those names."""


def load_body_data(path: str | Path | None = None, *, uv_obj: str | Path | None = None) -> BodyData:
    """Read a body file; without a path, the open body.

    Official SMPL files hold no texture coordinates and no regions: those come from the open body, from the nearest
    point of its surface, or the coordinates from `uv_obj`.

    Args:
        path: the open body's .npz, or an official SMPL .npz or .pkl. Nothing in a file is ever run.
        uv_obj: an OBJ of the same mesh with texture coordinates, such as SMPL's `smpl_uv.obj`.

    Raises:
        InputError: the file is missing or broken, or holds arrays of other shapes than a body needs.
    """
    source = OPEN_BODY if path is None else Path(path)
    arrays = _read(source)
    checked = _Checker(source, arrays)
    core = {name: checked.array(name, kind, shape) for name, (kind, shape) in SHAPES.items()}
    checked.indices("f", core["f"], len(core["v_template"]), "vertices")
    parents = _parents(source, core["kintree_table"])
    posedirs = core["posedirs"].astype(np.float32)
    data = {
        "v_template": core["v_template"].astype(np.float32),
        "faces": core["f"].astype(np.int64),
        "shapedirs": np.ascontiguousarray(core["shapedirs"][..., :10], np.float32),
        "posedirs": posedirs if posedirs.any() else None,
        "J_regressor": core["J_regressor"].astype(np.float32),
        "lbs_weights": core["weights"].astype(np.float32),
        "parents": parents,
    }
    topology = arrays.get("topology")
    if topology is not None:
        data |= _own_surface(checked, arrays)
    elif (checked.sizes["N"], checked.sizes["F"]) != tuple(SMPL_SIZE.values()):
        raise InputError(
            f"{source}: v_template has {checked.sizes['N']} vertices and f {checked.sizes['F']} faces, but SMPL has "
            f"{SMPL_SIZE['N']} and {SMPL_SIZE['F']}; give an SMPL file, not one of SMPL-H, SMPL-X or STAR"
        )
    else:
        data |= transfer_surface(data, load_body_data()) | {"coco_regressor": _smpl_keypoints(data["J_regressor"])}
    if uv_obj is not None:
        data["uv"], data["uv_faces"] = read_uv_obj(uv_obj, data["faces"])
    return BodyData(topology=SMPL if topology is None else _text(topology), **data)


def _read(path: Path) -> dict[str, Any]:
    """The named arrays of a file, by what it is rather than by its ending."""
    try:
        with path.open("rb") as file:
            start = file.read(2)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give an SMPL file, .npz or .pkl") from error
    if start == b"PK":
        return read_arrays(path, {*SHAPES, *OWN_SHAPES, "topology", "regions"})
    content = read_restricted_pickle(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__}, not the arrays of a body; give an SMPL file")
    return {str(name): value for name, value in content.items()}


@dataclass
class _Checker:
    """Checks arrays one by one; the sizes that letters stand for are fixed by the first array that has them."""

    path: Path
    arrays: dict[str, Any]

    def __post_init__(self) -> None:
        self.sizes: dict[str, int] = {}

    def array(self, name: str, kind: str, shape: Shape) -> ndarray:
        """The array `name`, finite and of the wished kind and shape."""
        expected = "(" + ", ".join(str(self.sizes.get(str(size), size)) for size in shape) + ")"
        value = self.arrays.get(name)
        if value is None:
            raise InputError(f"{self.path}: has no array {name} {expected}; a body file needs it")
        value = np.asarray(value) if isinstance(value, ndarray | np.generic) else None
        if value is None or value.dtype.kind not in ("biuf" if kind == "number" else "iu"):
            found = type(self.arrays[name]).__name__ if value is None else value.dtype
            raise InputError(f"{self.path}: {name} holds {found}, not {kind} values {expected}; export it again")
        if len(value.shape) != len(shape) or not all(map(self._fits, value.shape, shape)):
            raise InputError(f"{self.path}: {name} has shape {value.shape}, expected {expected}; is it a body file?")
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise InputError(f"{self.path}: {name} {expected} has values that are not finite; export it again")
        return value

    def _fits(self, size: int, wished: str | int) -> bool:
        if wished == "at least 10":
            return size >= 10
        return size == (wished if isinstance(wished, int) else self.sizes.setdefault(wished, size)) and size > 0

    def indices(self, name: str, value: ndarray, count: int, of: str) -> None:
        """All of `value` must be rows of something of `count` rows."""
        if int(value.min()) < 0 or int(value.max()) >= count:
            raise InputError(f"{self.path}: {name} refers to {of} outside 0 to {count - 1}; export the file again")


def _own_surface(checked: _Checker, arrays: dict[str, Any]) -> dict[str, Any]:
    own = {name: checked.array(name, kind, shape) for name, (kind, shape) in OWN_SHAPES.items()}
    names = arrays.get("regions")
    if not (isinstance(names, ndarray) and names.dtype.kind == "U" and names.ndim == 1 and names.size):
        raise InputError(f"{checked.path}: regions must be a list of names; build the file again")
    checked.indices("ft", own["ft"], len(own["vt"]), "texture coordinates")
    checked.indices("face_region", own["face_region"], len(names), "regions")
    return {
        "uv": own["vt"].astype(np.float32),
        "uv_faces": own["ft"].astype(np.int64),
        "regions": tuple(str(name) for name in names),
        "face_region": own["face_region"].astype(np.int64),
        "coco_regressor": own["coco_regressor"].astype(np.float32),
    }


def _parents(path: Path, table: ndarray) -> Int[ndarray, "24"]:
    """The kinematic tree with -1 for the root, parents before children."""
    parents = table[0].astype(np.int64)
    if parents[0] in (-1, ROOT):
        parents[0] = -1
    if parents[0] != -1 or not (parents[1:] < np.arange(1, len(parents))).all() or (parents[1:] < 0).any():
        raise InputError(f"{path}: kintree_table (2, 24) is no tree with its root first; export the file again")
    return parents


def _smpl_keypoints(J_regressor: Float[ndarray, "24 N"]) -> Float[ndarray, "17 N"]:
    regressor = np.zeros((17, J_regressor.shape[1]), np.float32)
    for keypoint, vertex in SMPL_SURFACE_KEYPOINTS.items():
        regressor[keypoint, vertex] = 1
    for keypoint, joint in JOINTS_OF_KEYPOINTS.items():
        regressor[keypoint] = J_regressor[joint]
    return regressor


def _text(value: Any) -> str:
    return str(np.asarray(value).ravel()[0])
