"""Bodies that others found in the photos of a folder: HMR's and SMPLMarket's files, a pickle a photo.

Both networks see a square about the photo's middle, as long a side as the photo's longer one, and their cameras are of
that square, with y down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from habitus.body.assets import SMPL, read_restricted_pickle
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.perception.mask_folders import mask_file, read_label_mask
from habitus.recovery.parameter_files import load_params
from habitus.recovery.posed_vertices import params_of_vertices
from habitus.types import BodyParams

_FOCAL, _SIDE = 5000.0, 224.0
"""Of RSC-Net's camera, pixels; the side of what it sees."""


@dataclass(frozen=True, eq=False)
class ImportedBody:
    """What a file says of one photo."""

    params: BodyParams
    """B = 1; psi in the photo's frame, NaN where the file has no camera."""
    mask: UInt8[np.ndarray, "H W"] | None = None
    """0 to 255; None: the files have none."""


Importer = Callable[[str, tuple[int, int]], ImportedBody]
"""What is known of a photo, by its path below the data folder and its (H, W). InputError: nothing, or it is broken."""


def hmr_folder(folder: str | Path, body: BodyModel) -> Importer:
    """Bodies of HMR and its descendants, one `parameter_files.load_params` reads a photo: FOLDER/PATH.pkl or .npz, or
    FOLDER/NAME.pkl, with or without the photo's own suffix.

    An .npz's `psi` is of the whole photo.

    Raises:
        InputError: the folder is missing, or its pickles are of another body than `body`.
    """
    folder = _existing(Path(folder))
    if next(folder.rglob("*.pkl"), None) is not None:
        _check_smpl(folder, body)

    def one(name: str, size: tuple[int, int]) -> ImportedBody:
        path = _file_of(folder, name, (".pkl", ".npz"))
        params = load_params(path, body)
        if len(params) != 1:
            raise InputError(f"{path}: holds {len(params)} people; a photo of one person has one")
        return ImportedBody(_of_square(params, size) if path.suffix == ".pkl" else params)

    return one


def smplmarket_folder(folder: str | Path, body: BodyModel) -> Importer:
    """Bodies of SMPLMarket (Texformer, ICCV 2021): SMPL_RSC/pkl/NAME.pkl, a list of posed vertices (6890, 3) and a
    camera (x, y, z) with a focal length of 5000 pixels at 224; masks from part_seg_EANet/PATH.png where they are.

    The files hold no parameters: those that pose the body exactly so are found anew (`posed_vertices`), so that the
    person can turn and move.

    Raises:
        InputError: the folder is missing or none of SMPLMarket's, or `body` is not SMPL's.
    """
    folder = _existing(Path(folder))
    bodies = folder / "SMPL_RSC" / "pkl"
    if not bodies.is_dir():
        raise InputError(f"{folder}: has no SMPL_RSC/pkl; give the folder of SMPLMarket")
    _check_smpl(folder, body)

    def one(name: str, size: tuple[int, int]) -> ImportedBody:
        path = _file_of(bodies, Path(name).name, (".pkl",))
        parts = mask_file(folder / "part_seg_EANet", name)
        mask = None if parts is None else read_label_mask(parts, photo_size=size)
        return ImportedBody(_from_smplmarket(path, body, size), mask)

    return one


def _from_smplmarket(path: Path, body: BodyModel, size: tuple[int, int]) -> BodyParams:
    content = read_restricted_pickle(path)
    arrays = [np.asarray(part) for part in content] if isinstance(content, Sequence) and len(content) == 2 else []
    shapes = [part.shape for part in arrays if part.dtype.kind == "f" and np.isfinite(part).all()]
    if shapes != [(body.num_vertices, 3), (3,)]:
        raise InputError(f"{path}: is no list of vertices ({body.num_vertices}, 3) and a camera (3,); leave it out")
    upright = np.array([1, -1, -1], np.float32)
    vertices = torch.as_tensor(arrays[0].astype(np.float32) * upright, device=body.faces.device)
    theta, beta, delta, shift = params_of_vertices(body, vertices)
    x, y, depth = arrays[1].tolist()
    if depth <= 0:
        raise InputError(f"{path}: has a camera behind the person; leave it out")
    psi = torch.tensor([2 * _FOCAL / (_SIDE * depth), x, -y], dtype=torch.float32).to(shift)
    psi[1:] += shift[:2]
    return _of_square(BodyParams(theta[None], beta[None], delta[None], psi[None]), size)


def _of_square(params: BodyParams, size: tuple[int, int]) -> BodyParams:
    """A camera of the square about a photo as one of the photo: in its middle both agree, psi is by the height."""
    psi = params.psi.clone()
    psi[:, 0] *= max(size) / size[0]
    return BodyParams(params.theta, params.beta, params.delta, psi)


def _file_of(folder: Path, name: str, suffixes: tuple[str, ...]) -> Path:
    bare = Path(name)
    places = [folder / bare.with_suffix(""), folder / bare, folder / bare.stem, folder / bare.name]
    for place in places:
        for suffix in suffixes:
            if (path := place.with_name(place.name + suffix)).is_file():
                return path
    raise InputError(f"no file of {bare.name} is in {folder}")


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; check the name")
    return folder


def _check_smpl(folder: Path, body: BodyModel) -> None:
    if body.topology != SMPL:
        raise InputError(f"{folder}: holds bodies of SMPL, not of {body.topology!r}; give your SMPL file with --body")
