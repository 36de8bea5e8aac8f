"""Trained texture generators by name or from files."""

from pathlib import Path

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.model_folders import CONFIG, HUB, WEIGHTS
from habitus.texture.generator.model import TextureGenerator, fits_body
from habitus.weight_files import read_config

SHIPPED = {name: Path(__file__).parents[1] / "weights" / name for name in ("ours", "rstg")}
"""The folders of the weights that come with Habitus."""


def load_generator(name_or_path: str | Path, body: BodyModel) -> TextureGenerator:
    """A trained generator, in eval mode on the CPU. Nothing in a file is ever run.

    Args:
        name_or_path: a key of `SHIPPED`; a folder of `save_pretrained`, or the model.safetensors in one; or
            hf://owner/name, and only then something is downloaded. A name goes before a path: write ./ours for a folder
            of your own.
        body: of the topology and UV layout that it was trained on.

    Raises:
        InputError: there is nothing of that name, the weights do not fit the network, or they are for another body.
    """
    name = str(name_or_path)
    if name.startswith(HUB):
        return TextureGenerator.from_pretrained(name, body=body)
    shipped = SHIPPED.get(name)
    if shipped and not is_shipped(name):
        raise InputError(f"{name}: these weights are not part of this installation; give a folder of weights")
    path = shipped or Path(name_or_path)
    if not path.exists():
        raise InputError(f"{name}: no such generator; give {', '.join(SHIPPED)}, or a folder of weights")
    if path.name == WEIGHTS and (path.parent / CONFIG).is_file():
        path = path.parent
    return TextureGenerator.from_pretrained(path, body=body)


def is_shipped(name: str) -> bool:
    """Whether the weights of that name are part of this installation."""
    return name in SHIPPED and (SHIPPED[name] / CONFIG).is_file()


def ships_for(name: str, body: BodyModel) -> bool:
    """Whether they are, and made for that body and UV layout."""
    return is_shipped(name) and fits_body(read_config(SHIPPED[name] / CONFIG), body)
