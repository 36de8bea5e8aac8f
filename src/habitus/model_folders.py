"""Folders of trained networks: config.json, model.safetensors and README.md, written here, read here, or from a hub."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from safetensors.torch import save
from torch import Tensor

from habitus.errors import InputError
from habitus.files import writing
from habitus.weight_files import first_line

CONFIG, WEIGHTS = "config.json", "model.safetensors"
HUB = "hf://"


def write_model_folder(folder: Path, *, config: dict[str, Any], tensors: Mapping[str, Tensor], card: str) -> None:
    """Write the three files of a network; each appears whole, and an error leaves an old one alone.

    Args:
        folder: made when it is missing.
        config: all that builds the network again, JSON.
        tensors: its state dict.
        card: README.md.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with writing(folder / WEIGHTS) as path:
        path.write_bytes(save(contiguous, metadata={"format": "pt"}))
    with writing(folder / "README.md") as path:
        path.write_text(card)
    with writing(folder / CONFIG) as path:
        path.write_text(json.dumps(config, indent=2) + "\n")


def narrowed(tensors: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """A state dict with its numbers in fewer bits; whole numbers, and tensors with a number that would become infinite
    (variances in batch normalisation may), stay as they are."""
    narrow = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    return {name: narrow[name] if torch.isfinite(narrow[name]).all() else tensors[name] for name in tensors}


def model_folder(name: str | Path, **hub: Any) -> Path:
    """The folder on this machine of a network.

    Args:
        name: a folder; or hf://owner/name, and only then something is downloaded, from the Hugging Face hub.
        hub: options of `huggingface_hub.snapshot_download`, such as revision or local_files_only.

    Raises:
        InputError: there is no such folder, or it holds no config.json.
    """
    folder = downloaded(str(name), **hub) if str(name).startswith(HUB) else Path(name)
    if not (folder / CONFIG).is_file():
        raise InputError(f"{name}: no folder with a {CONFIG}; give one of save_pretrained, or {HUB}owner/name")
    return folder


def downloaded(name: str, **options: Any) -> Path:
    """The folder on this machine of a model of the Hugging Face hub.

    Args:
        name: hf://owner/name.
        options: of `huggingface_hub.snapshot_download`.

    Raises:
        InputError: it cannot be had.
    """
    try:
        return Path(snapshot_download(name.removeprefix(HUB), allow_patterns=[CONFIG, WEIGHTS], **options))
    except (OSError, ValueError) as error:  # the hub's errors are kinds of these
        raise InputError(f"{name}: cannot be had from the Hugging Face hub ({first_line(error)})") from error


def training_notes(trained: Mapping[str, Any]) -> str:
    """Where weights come from, as a list for README.md."""
    return "\n".join(f"- {name}: {value}" for name, value in trained.items()) or "- not recorded"
