"""Body files in: the open body that ships with Habitus, and the user's SMPL files."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from habitus.errors import InputError

OPEN_BODY = Path(__file__).with_name("data") / "habitus_open.npz"
NUM_BETAS = 10
NUM_JOINTS = 24
MAX_BYTES = 512 * 2**20
"""What a body file may unpack to: an official one with 300 shape components in float64 takes a fifth of it."""


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


def load_body_data(path: str | Path | None = None) -> BodyData:
    """Read a body file; without a path, the open body.

    Raises:
        InputError: the file is missing or broken, or holds arrays of other shapes than a body needs.
    """
    source = OPEN_BODY if path is None else Path(path)
    arrays = _read_npz(source)
    return BodyData(
        topology=str(arrays["topology"]),
        v_template=arrays["v_template"],
        faces=arrays["f"].astype(np.int64),
        shapedirs=arrays["shapedirs"][..., :NUM_BETAS],
        posedirs=arrays["posedirs"] if arrays["posedirs"].any() else None,
        J_regressor=arrays["J_regressor"],
        lbs_weights=arrays["weights"],
        parents=np.r_[-1, arrays["kintree_table"][0, 1:].astype(np.int64)],
        uv=arrays["vt"],
        uv_faces=arrays["ft"].astype(np.int64),
        regions=tuple(str(name) for name in arrays["regions"]),
        face_region=arrays["face_region"].astype(np.int64),
        coco_regressor=arrays["coco_regressor"],
    )


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_BYTES:
                raise InputError(f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB; this is no body file")
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give the path of a body file (.npz or .pkl)") from error
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as .npz ({error}); export or download it again") from error
