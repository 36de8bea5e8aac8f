"""`habitus doctor`: what is here, what is missing, and the command that mends it."""

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from habitus import __version__

State = Literal["ok", "missing", "optional"]


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    state: State
    name: str
    detail: str
    cure: str = ""


def examine() -> int:
    """Print what was found; returns 1 when something that Habitus needs is missing, else 0."""
    findings = list(_findings())
    mark = {"ok": "ok      ", "missing": "MISSING ", "optional": "optional"}
    print(f"habitus {__version__}, Python {platform.python_version()} on {platform.platform()}")  # noqa: T201
    for finding in findings:
        cure = f"  ->  {finding.cure}" if finding.cure else ""
        print(f"  {mark[finding.state]}  {finding.name:<22} {finding.detail}{cure}")  # noqa: T201
    return int(any(f.state == "missing" for f in findings))


def _findings() -> Iterator[Finding]:
    yield _python()
    for package in ("torch", "numpy", "numba", "opencv-python-headless", "ai-edge-litert", "pygltflib"):
        yield _package(package)
    yield _devices()
    yield _body()
    yield _models()
    yield _weights()
    yield _renderer()
    yield _tool("ffmpeg", "turntable.mp4 beside the GIF", "install ffmpeg with your system's package manager")


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding(
        "ok" if good else "missing", "python", platform.python_version(), "" if good else "use 3.11 or newer"
    )


def _package(name: str) -> Finding:
    try:
        return Finding("ok", name, version(name))
    except PackageNotFoundError:
        return Finding("missing", name, "not installed", f"pip install {name}")


def _devices() -> Finding:
    import torch  # noqa: PLC0415

    if torch.cuda.is_available():
        return Finding("ok", "device", torch.cuda.get_device_name())
    return Finding("ok", "device", f"CPU, {torch.get_num_threads()} threads (everything works on it)")


def _body() -> Finding:
    from habitus.body.model import BodyModel  # noqa: PLC0415

    body = BodyModel.load()
    return Finding(
        "ok", "body", f"{body.topology}: {body.num_vertices} vertices, {body.num_faces} faces, ships with habitus"
    )


def _models() -> Finding:
    from habitus.perception.models import FETCH_COMMAND, missing_models, models_folder  # noqa: PLC0415

    missing = missing_models()
    if missing:
        lack = f"{', '.join(missing)} not in {models_folder()}; --keypoints and --mask files work without"
        return Finding("missing", "models", lack, FETCH_COMMAND)
    return Finding("ok", "models", str(models_folder()))


def _weights() -> Finding:
    from habitus.reid.pretrained import SHIPPED  # noqa: PLC0415
    from habitus.texture.choice import BEST  # noqa: PLC0415
    from habitus.texture.generator import pretrained as generators  # noqa: PLC0415

    folders = SHIPPED | {f"texture {BEST}": generators.SHIPPED[BEST]}
    missing = [name for name, folder in folders.items() if not (folder / "model.safetensors").is_file()]
    if missing:
        cure = "pip install --force-reinstall habitus"
        return Finding("missing", "weights", f"{', '.join(missing)} not in this installation", cure)
    return Finding("ok", "weights", f"{', '.join(folders)}, ship with habitus")


def _renderer() -> Finding:
    import torch  # noqa: PLC0415

    from habitus.rendering.rasterizer import rasterize  # noqa: PLC0415

    corners = torch.tensor([[[1.0, 1.0, 0.0], [1.0, 7.0, 0.0], [7.0, 1.0, 0.0]]])
    drawn = rasterize(corners, torch.tensor([[0, 1, 2]]), (8, 8))
    return Finding("ok", "rasteriser", f"draws {int((drawn.face_id >= 0).sum())} pixels of a test triangle")


def _tool(name: str, use: str, cure: str) -> Finding:
    path = shutil.which(name)
    return Finding("ok", name, path) if path else Finding("optional", name, f"not found: no {use}", cure)
