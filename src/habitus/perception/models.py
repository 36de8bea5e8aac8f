"""The pose and selfie models: fetched once from the mediapipe wheel, checked, cached, run by LiteRT.

The models are Google's, under Apache-2.0 (see NOTICE); nothing else of mediapipe is used.
"""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from habitus.errors import InputError
from habitus.files import writing

log = logging.getLogger("habitus")

REQUIREMENT = "mediapipe==0.10.21"
"""The last release whose wheel carries the models."""
FETCH_COMMAND = "habitus fetch-models"
_MEMBERS = {
    "pose_detection.tflite": (
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    ),
    "pose_landmark_full.tflite": (
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    ),
    "selfie_segmentation.tflite": (
        "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
}
MODEL_NAMES = tuple(_MEMBERS)
_MAX_MODEL_BYTES = 64_000_000
_THREADS = 2


def models_folder() -> Path:
    """Where models are cached: `$HABITUS_CACHE/models`, or the user's cache folder."""
    if own := os.environ.get("HABITUS_CACHE"):
        return Path(own) / "models"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "habitus" / "models"


def missing_models() -> list[str]:
    """Names of the models that are not in the cache, or not whole; empty when all is well."""
    return [name for name in MODEL_NAMES if _digest(models_folder() / name) != _MEMBERS[name][1]]


def fetch_models(*, wheel: str | Path | None = None, report: Callable[[str], None] = log.info) -> Path:
    """Put the models into the cache; return its folder. Does nothing, offline too, when they are there.

    The wheel comes through pip, and so through the user's own index, proxy and certificates. It is only unzipped, never
    installed, so that any platform can use it.

    Args:
        wheel: a `mediapipe-0.10.21-*.whl` that is already at hand; otherwise pip downloads it (35 MB).
        report: gets a line for each step.

    Raises:
        InputError: pip cannot download it, the file is no such wheel, a model differs from its sha256, or the cache
            cannot be written.
    """
    folder = models_folder()
    if not missing_models():
        report(f"the models are in {folder}")
        return folder
    if wheel is not None:
        _unpack(Path(wheel), folder)
    else:
        with tempfile.TemporaryDirectory(prefix="habitus-") as scratch:
            report(f"fetching {REQUIREMENT} for its models (35 MB, once)")
            _unpack(_download(Path(scratch)), folder)
    report(f"{len(MODEL_NAMES)} models are in {folder}")
    return folder


class Network:
    """A loaded .tflite model: one input, outputs in the model's own order."""

    def __init__(self, path: Path):
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  (0.1 s, only when a model runs)

        with _quiet_stderr():
            self._interpreter: Any = Interpreter(str(path), num_threads=_THREADS)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        self._lock = threading.Lock()

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) that the model takes."""
        _, height, width, _ = self._input["shape"]
        return int(height), int(width)

    def __call__(self, image: Float[np.ndarray, "H W 3"]) -> list[np.ndarray]:
        """Outputs for one image of `input_size`, each without its batch axis."""
        with self._lock:
            self._interpreter.set_tensor(self._input["index"], image[None].astype(np.float32, copy=False))
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


def load_model(name: str) -> Network:
    """A model of the cache, checked against its sha256 and kept loaded.

    Args:
        name: one of `MODEL_NAMES`.

    Raises:
        InputError: the model is not there, or damaged; names the command that mends it.
    """
    return _load(models_folder() / name)


@cache
def _load(path: Path) -> Network:
    digest = _digest(path)
    if digest is None:
        raise InputError(f"{path}: the model is missing; run `{FETCH_COMMAND}`")
    if digest != _MEMBERS[path.name][1]:
        raise InputError(f"{path}: the model is damaged (its sha256 differs); run `{FETCH_COMMAND}` to replace it")
    return Network(path)


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _download(folder: Path) -> Path:
    command = [
        sys.executable, "-m", "pip", "download", REQUIREMENT, "--no-deps", "--only-binary=:all:", "--quiet",
        "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--implementation", "cp",
        "--disable-pip-version-check", "-d", str(folder),
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if result.returncode == 0 and wheels:
        return wheels[0]
    reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("ERROR: ")
    raise InputError(
        f"{REQUIREMENT}: pip cannot download it ({reason}); check the network, or give a wheel file you have with "
        f"`{FETCH_COMMAND} --wheel FILE`"
    )


def _unpack(wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, (member, digest) in _MEMBERS.items():
                if archive.getinfo(member).file_size > _MAX_MODEL_BYTES:
                    raise InputError(f"{wheel}: {member} is far too large; give the wheel of {REQUIREMENT}")
                data = archive.read(member)
                if hashlib.sha256(data).hexdigest() != digest:
                    raise InputError(f"{wheel}: {member} differs from its sha256; give the wheel of {REQUIREMENT}")
                with writing(folder / name) as temporary:
                    temporary.write_bytes(data)
    except KeyError as error:
        raise InputError(f"{wheel}: holds no pose models; give the wheel of {REQUIREMENT}") from error
    except FileNotFoundError as error:
        raise InputError(f"{wheel}: no such file; check the name") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{wheel}: is no whole wheel file; download {REQUIREMENT} again") from error


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep LiteRT's INFO lines, which C++ writes straight to descriptor 2, off the terminal; pass the rest on."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            caught.seek(0)
            for line in caught.read().splitlines(keepends=True):
                if not line.startswith((b"INFO", b"I0")):
                    os.write(2, line)
