"""Models by name or from files, and ImageNet weights for their backbones."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from habitus.errors import InputError
from habitus.reid.baseline import StrongBaseline
from habitus.reid.model import ReidModel
from habitus.reid.pcb import PCB

MODELS: dict[str, type[ReidModel]] = {"pcb": PCB, "baseline": StrongBaseline}
"""The classes by the `model` of their config.json."""
SHIPPED = {name: Path(__file__).parent / "weights" / name for name in ("pcb", "baseline")}
"""The folders of the weights that come with Habitus."""


def load_model(name_or_path: str | Path) -> ReidModel:
    """A trained network in eval mode on the CPU.

    Args:
        name_or_path: a key of `SHIPPED`, or a folder of `save_pretrained`.

    Raises:
        InputError: there is nothing of that name, or what is there does not fit.
    """
    folder = SHIPPED.get(str(name_or_path), Path(name_or_path))
    if not (folder / "config.json").is_file():
        raise InputError(f"{name_or_path}: no such model; give a folder with config.json, or {' or '.join(SHIPPED)}")
    config = json.loads((folder / "config.json").read_text())
    model = MODELS[config.pop("model")](**config)
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.eval()


def load_backbone(model: ReidModel, path: str | Path) -> None:
    """Give a model's backbone the ImageNet weights of a state dict with torchvision's names.

    Raises:
        InputError: the file does not fit the backbone.
    """
    tensors = torch.load(path, weights_only=True, map_location="cpu")
    model.backbone.load_state_dict({name: value for name, value in tensors.items() if not name.startswith("fc.")})
