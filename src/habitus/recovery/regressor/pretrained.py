"""Folders of trained body regressors: config.json, model.safetensors, README.md."""

from pathlib import Path
from typing import Any

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.model_folders import CONFIG, WEIGHTS, model_folder, training_notes, write_model_folder
from habitus.recovery.regressor.model import BodyRegressor
from habitus.weight_files import fitted, read_config, read_tensors

KIND = "BodyRegressor"
"""The `model` of config.json."""
CARD = """---
library_name: habitus
tags: [3d-human-reconstruction, person-re-identification]
---
# Body regressor with {backbone}

Gives pose, build, clothes and camera of a person on the body {topology!r} from a photo.

    from habitus.recovery.regressor.pretrained import load_regressor
    regressor = load_regressor("this-folder", body)

## Training
{training}
"""


def save_regressor(folder: str | Path, regressor: BodyRegressor, *, trained: dict[str, Any]) -> None:
    """Write a folder that `load_regressor` reads; each file appears whole, and an error leaves an old one alone.

    Args:
        folder: made when it is missing.
        regressor: on any device.
        trained: where the weights come from: recipe, data, seed, commit, scores. JSON.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """
    config = {"model": KIND, "topology": regressor.topology, **regressor.options, "trained": trained}
    card = CARD.format(**config, training=training_notes(trained))
    write_model_folder(Path(folder), config=config, tensors=regressor.state_dict(), card=card)


def load_regressor(name_or_path: str | Path, body: BodyModel) -> BodyRegressor:
    """A trained regressor, in eval mode on the CPU. Nothing in a file is ever run.

    Args:
        name_or_path: a folder of `save_regressor`; or hf://owner/name, and only then something is downloaded.
        body: of the topology that it was trained on.

    Raises:
        InputError: there is no such folder, it holds another network, or one for another body.
    """
    folder = model_folder(name_or_path)
    config = read_config(folder / CONFIG)
    kind, topology = config.pop("model", None), config.pop("topology", None)
    config.pop("trained", None)
    if kind != KIND:
        raise InputError(f"{folder / CONFIG}: describes {kind!r}, not a {KIND}; give a folder of `habitus train body`")
    if topology != body.topology:
        raise InputError(f"{folder}: regresses the body {topology!r}, not {body.topology!r}; use that body")
    try:
        regressor = BodyRegressor(body, **config)
    except InputError as error:
        raise InputError(f"{folder / CONFIG}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / CONFIG}: makes no {KIND} ({error!r}); save the model again") from error
    regressor.load_state_dict(
        fitted(read_tensors(folder / WEIGHTS), regressor.state_dict(), source=folder, network=KIND)
    )
    return regressor.eval()
