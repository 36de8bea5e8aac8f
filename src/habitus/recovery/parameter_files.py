"""Body parameters in files: ours and SMPL's names in .npz, HMR's dictionaries in pickles."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from habitus.body.assets import read_restricted_pickle
from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from habitus.errors import InputError
from habitus.files import writing
from habitus.types import BodyParams

_MOST_PEOPLE = 100_000
_MOST_BYTES = 2 * 1024**3


def save_params(path: str | Path, params: BodyParams, *, topology: str) -> None:
    """Write an .npz that SMPL tools read: `global_orient` (B, 3), `body_pose` (B, 69), `betas` (B, 10).

    Habitus's own `delta` (B, N, 3), `psi` (B, 3) and the body's `topology` stand beside them.
    """
    theta = params.theta.cpu().numpy()
    arrays = {
        "global_orient": theta[:, 0],
        "body_pose": theta[:, 1:].reshape(len(theta), -1),
        "betas": params.beta.cpu().numpy(),
        "delta": params.delta.cpu().numpy(),
        "psi": params.psi.cpu().numpy(),
        "topology": np.array(topology),
    }
    with writing(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def load_params(path: str | Path, body: BodyModel) -> BodyParams:
    """Read body parameters for `body`.

    An .npz holds `global_orient`, `body_pose` and `betas` (or one `poses` of 72), and perhaps `delta`, `psi` and
    `topology`. A .pkl is a dictionary as HMR and its descendants write it: `theta` (B, 85) = camera 3, pose 72, shape
    10, or `cams`, `pose`, `betas` apart. Their cameras look along +Z with y down; they are turned into ours.

    Raises:
        InputError: the file is missing or broken, belongs to another topology, or holds arrays of other shapes.
    """
    path = _existing(path)
    if _is_pickle(path):
        return _from_hmr(path, read_restricted_pickle(path), body)
    return _from_npz(path, _read_npz(path), body)


def load_poses(path: str | Path) -> tuple[Float32[np.ndarray, "B 24 3"], Float32[np.ndarray, "B 10"], str]:
    """The poses of a file that `load_params` reads, its betas, and the topology that the betas belong to.

    Poses mean the same to every body of SMPL's 24 joints.

    Raises:
        InputError: the file is missing or broken, or holds arrays of other shapes.
    """
    path = _existing(path)
    if _is_pickle(path):
        topology, (_, pose, betas) = "smpl", _parts_of_hmr(path, read_restricted_pickle(path))
    else:
        arrays = _read_npz(path)
        topology, pose, betas = _topology_of(arrays), _pose_of_npz(path, arrays), _need(path, arrays, "betas")
    betas = _betas(path, betas, len(pose), 10)
    _check_numbers(path, {"pose": pose, "betas": betas})
    theta = torch.from_numpy(pose.reshape(len(pose), -1, 3))
    if _is_pickle(path):
        theta = _upright(theta)
    return theta.numpy().copy(), betas, topology


def without_camera(params: BodyParams) -> BodyParams:
    """The same with psi unknown (NaN): `habitus.recovery.fit.measure` solves it from a crop's keypoints."""
    return BodyParams(params.theta, params.beta, params.delta, torch.full_like(params.psi, torch.nan))


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; give an .npz or .pkl of body parameters")
    return path


def _is_pickle(path: Path) -> bool:
    return path.suffix.lower() in {".pkl", ".pickle"}


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_BYTES:
                raise InputError(f"{path}: unpacks to more than 2 GiB; split it into smaller files")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError) as error:
        raise InputError(f"{path}: is not a readable .npz ({error}); write it with numpy.savez") from error


def _from_npz(path: Path, arrays: Mapping[str, np.ndarray], body: BodyModel) -> BodyParams:
    _check_topology(path, _topology_of(arrays), body)
    pose = _pose_of_npz(path, arrays)
    count = len(pose)
    betas = _betas(path, _need(path, arrays, "betas"), count, body.num_betas)
    delta = np.zeros((count, body.num_vertices, 3), np.float32)
    if "delta" in arrays:
        delta = _rows(path, "delta", arrays["delta"], body.num_vertices * 3).reshape(count, -1, 3)
    psi = _rows(path, "psi", arrays["psi"], 3) if "psi" in arrays else np.ones((count, 3), np.float32)
    params = _params(path, body, pose=pose, betas=betas, delta=delta, psi=psi)
    return params if "psi" in arrays else without_camera(params)


def _topology_of(arrays: Mapping[str, np.ndarray]) -> str:
    return str(arrays["topology"]) if "topology" in arrays else "smpl"


def _pose_of_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> Float32[np.ndarray, "B 72"]:
    if "poses" in arrays and "body_pose" not in arrays:
        return _rows(path, "poses", arrays["poses"], 72)
    orient = _rows(path, "global_orient", _need(path, arrays, "global_orient"), 3)
    limbs = _rows(path, "body_pose", _need(path, arrays, "body_pose"), 69)
    if len(orient) != len(limbs):
        raise InputError(f"{path}: global_orient holds {len(orient)} people, body_pose {len(limbs)}; give as many")
    return np.concatenate([orient, limbs], 1)


def _from_hmr(path: Path, content: Any, body: BodyModel) -> BodyParams:
    _check_topology(path, "smpl", body)
    camera, pose, betas = _parts_of_hmr(path, content)
    betas = _betas(path, betas, len(pose), body.num_betas)
    delta = np.zeros((len(pose), body.num_vertices, 3), np.float32)
    return _from_y_down(_params(path, body, pose=pose, betas=betas, delta=delta, psi=camera), body)


def _parts_of_hmr(
    path: Path, content: Any
) -> tuple[Float32[np.ndarray, "B 3"], Float32[np.ndarray, "B 72"], np.ndarray]:
    """Cameras, poses and betas."""
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__}; HMR's files hold a dictionary")
    if "theta" in content and np.asarray(content["theta"]).shape[-1:] == (85,):
        everything = _rows(path, "theta", content["theta"], 85)
        return everything[:, :3], everything[:, 3:75], everything[:, 75:]
    names = {"cams": ("cams", "cam", "pred_cam", "camera"), "pose": ("pose", "poses"), "betas": ("betas", "shape")}
    found = {k: next((content[n] for n in v if n in content), None) for k, v in names.items()}
    missing = [k for k, v in found.items() if v is None]
    if missing:
        raise InputError(f"{path}: has no {' and no '.join(missing)}; HMR's files hold theta (B, 85)")
    camera, pose = _rows(path, "cams", found["cams"], 3), _rows(path, "pose", found["pose"], 72)
    return camera, pose, np.asarray(found["betas"])


def _from_y_down(params: BodyParams, body: BodyModel) -> BodyParams:
    """HMR's camera has y down and looks along +Z: half a turn about X brings its world to ours.

    The root turns about its own joint J0, which the half turn would carry along; the camera makes up for it.
    """
    theta = _upright(params.theta)
    psi = params.psi.clone()
    psi[:, 2] = -psi[:, 2] - 2 * body.rest_joints(params.beta)[:, 0, 1]
    return BodyParams(theta, params.beta, params.delta, psi)


def _upright(theta: Float[Tensor, "B 24 3"]) -> Float[Tensor, "B 24 3"]:
    """Poses of a world with y down, as HMR's, in ours."""
    turn = torch.diag(torch.tensor([1.0, -1.0, -1.0], device=theta.device))
    theta = theta.clone()
    theta[:, 0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(theta[:, 0]))
    return theta


def _check_numbers(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """As many people in each, `pose` among them, and all of their numbers finite."""
    for name, array in arrays.items():
        if len(array) != len(arrays["pose"]):
            raise InputError(
                f"{path}: {name} holds {len(array)} people and pose {len(arrays['pose'])}; give as many of each"
            )
        if not np.isfinite(array).all():
            raise InputError(f"{path}: {name} holds NaN or infinite numbers; leave such people out")


def _params(
    path: Path, body: BodyModel, *, pose: np.ndarray, betas: np.ndarray, delta: np.ndarray, psi: np.ndarray
) -> BodyParams:
    _check_numbers(path, {"pose": pose, "betas": betas, "delta": delta, "psi": psi})
    if (psi[:, 0] <= 0).any():
        raise InputError(f"{path}: psi has a scale that is not positive; a weak-perspective camera is (s > 0, tx, ty)")
    theta, beta, offsets, camera = (
        torch.as_tensor(np.ascontiguousarray(a, dtype=np.float32), device=body.faces.device)
        for a in (pose.reshape(len(pose), -1, 3), betas, delta, psi)
    )
    return BodyParams(theta, beta, offsets, camera)


def _need(path: Path, arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise InputError(f"{path}: has no {name}; it needs global_orient, body_pose and betas")
    return arrays[name]


def _rows(path: Path, name: str, array: Any, width: int) -> Float32[np.ndarray, "B width"]:
    """Any shape whose people come first and whose numbers per person are `width`."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or array.size % width or not array.size or array.size > _MOST_PEOPLE * width:
        raise InputError(f"{path}: {name} is {array.dtype} {array.shape}; it must hold {width} numbers a person")
    return array.reshape(-1, width).astype(np.float32)


def _betas(path: Path, array: Any, count: int, width: int) -> Float32[np.ndarray, "B width"]:
    array = np.asarray(array)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or array.shape[-1] < width:
        raise InputError(f"{path}: betas is {array.dtype} {array.shape}; it must be (B, {width})")
    betas = np.atleast_2d(array)[:, :width].astype(np.float32)
    return np.repeat(betas, count, 0) if len(betas) == 1 else betas


def _check_topology(path: Path, topology: str, body: BodyModel) -> None:
    if topology != body.topology:
        cure = "give that SMPL file with --body" if topology == "smpl" else f"load the body {topology!r}"
        raise InputError(f"{path}: belongs to the body {topology!r}, not {body.topology!r}; {cure}")
