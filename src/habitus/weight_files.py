"""Weights from files of any origin: nothing in a file is run, and no file takes more memory than its size allows."""

import json
import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from habitus.errors import InputError

MAX_BYTES = 2 * 2**30
"""Of a weights file, unpacked; a ResNet-50 with the state of its optimiser takes 0.3 GB."""
MAX_CONFIG_BYTES = 2**20
WRAPPERS = ("state_dict", "model_state_dict", "state_dicts", "model", "net", "net_dict", "network")
"""Where checkpoints keep the weights beside epoch, scores and optimisers."""
PREFIXES = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""
NAMED = 4
"""Keys that a message shows of each kind."""


class _Ignored:
    """In place of numpy's scalars (scores that checkpoints keep beside the weights): nothing of numpy is called."""

    def __init__(self, *_: object):
        pass

    def __setstate__(self, state: object) -> None:
        pass


_SCALARS = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file or of a torch checkpoint (.pth, .pt, .pth.tar), by their bare names.

    Tensors may be views of one storage and are not looked into: compare their shapes first (`fitted`).

    Raises:
        InputError: the file is missing, too large, broken, holds no weights, or holds anything that is not data.
    """
    _check_size(path)
    content = _safetensors(path) if path.suffix == ".safetensors" else _checkpoint(path)
    tensors = dict(_bare(_unwrapped(content)))
    if sum(tensor.nbytes for tensor in tensors.values()) > MAX_BYTES:  # a view may be larger than its storage
        raise InputError(f"{path}: its tensors unfold to more than {MAX_BYTES >> 30} GiB; this is no file of weights")
    if not tensors:
        raise InputError(f"{path}: holds no weights; give a state dict saved by torch.save, or a .safetensors file")
    return tensors


def read_config(path: Path) -> dict[str, Any]:
    """The object of a config.json.

    Raises:
        InputError: the file is missing, too large or no JSON object.
    """
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise InputError(f"{path}: more than {MAX_CONFIG_BYTES} bytes; this is no config of a model")
        config = json.loads(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a folder of save_pretrained") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON ({error}); save or copy the model again") from error
    if not isinstance(config, dict):
        raise InputError(f"{path}: is no JSON object; save or copy the model again")
    return config


def fitted(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], *, source: str | Path, network: str
) -> dict[str, Tensor]:
    """A state dict of float32 copies (counters stay integers) that fits `wanted` in names and shapes.

    Args:
        tensors: what a file holds.
        wanted: the state dict to fill; only names, shapes and types are looked at.
        source: the file, for messages.
        network: what the weights are for, for messages.

    Raises:
        InputError: a name is missing or too many, a shape differs, or a number is NaN or infinite.
    """
    # Checkpoints of torch 0.3 have no counters of batches; they matter only where momentum is None.
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    missing = [name for name in wanted if name not in tensors and name not in counters]
    extra = [name for name in tensors if name not in wanted]
    differing = [
        f"{name} is {tuple(tensors[name].shape)}, not {tuple(value.shape)}"
        for name, value in wanted.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    problems = [("lacks", missing), ("does not know", extra), ("differs in", differing)]
    if any(names for _, names in problems):
        raise InputError(f"{source}: weights do not fit {network}: " + "; ".join(_some(*p) for p in problems if p[1]))
    state = {name: _copy(tensors.get(name), value) for name, value in wanted.items()}
    broken = [name for name, value in state.items() if not value.isfinite().all()]
    if broken:
        raise InputError(f"{source}: NaN or infinite numbers{_some('', broken)}; take an earlier checkpoint")
    return state


def _some(verb: str, names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{verb} {', '.join(names[:NAMED])}{more}".strip() if verb else f" in {', '.join(names[:NAMED])}{more}"


def _copy(tensor: Tensor | None, like: Tensor) -> Tensor:
    if tensor is None:
        return torch.zeros(like.shape, dtype=like.dtype)
    return tensor.detach().to("cpu", like.dtype, copy=True).contiguous()


def _check_size(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path}: is a folder without config.json; give a folder of save_pretrained, or a file")
    try:
        size = _unpacked_size(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except Exception as error:  # zipfile raises anything on broken archives
        raise InputError(f"{path}: is damaged or cut off ({first_line(error)}); get it again") from error
    if size > MAX_BYTES:
        raise InputError(f"{path}: {size / 2**30:.1f} GiB are too many for weights (limit {MAX_BYTES >> 30} GiB)")


def _unpacked_size(path: Path) -> int:
    if not zipfile.is_zipfile(path):
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return max(path.stat().st_size, sum(entry.file_size for entry in archive.infolist()))


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: is damaged or no safetensors file ({first_line(error)}); copy it again") from error


def _checkpoint(path: Path) -> Any:
    try:
        with torch.serialization.safe_globals([(_Ignored, name) for name in _SCALARS]):
            return torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL (\S+)", str(error))
        what = f"{found[1]}, which is not data" if found else f"something that is not data ({first_line(error)})"
        raise InputError(
            f"{path}: refused, it holds {what}; if you trust where it came from, load it there and save its "
            "state_dict() alone"
        ) from error
    except Exception as error:  # readers of broken archives raise anything
        raise InputError(
            f"{path}: is damaged or no checkpoint of torch ({first_line(error)}); download it again"
        ) from error


def first_line(error: BaseException) -> str:
    """Of its message, for messages of one line; the name of its kind when it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _unwrapped(content: Any) -> Any:
    """Down to the mapping that holds the tensors."""
    for _ in range(len(WRAPPERS)):
        if isinstance(content, list) and content:
            content = content[0]
        inner = [content[name] for name in WRAPPERS if isinstance(content, dict) and _holds(content.get(name))]
        if not inner:
            return content
        content = inner[0]
    return content


def _holds(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _bare(content: Any) -> Iterator[tuple[str, Tensor]]:
    for name, value in content.items() if isinstance(content, dict) else ():
        if isinstance(value, Tensor) and isinstance(name, str):
            bare = name
            while bare.startswith(PREFIXES):
                bare = bare.partition(".")[2]
            yield bare, value
