"""E_3D, the network that says a person's body, wherever it was trained: by itself, or as a stream of 3DSL."""

from pathlib import Path

from habitus.body.model import BodyModel
from habitus.model_folders import CONFIG, WEIGHTS, model_folder
from habitus.recovery.regressor.model import BodyRegressor
from habitus.recovery.regressor.pretrained import load_regressor
from habitus.reid.shape_reid import ShapeReid
from habitus.weight_files import read_config, read_tensors


def load_e_3d(name_or_path: str | Path, body: BodyModel) -> BodyRegressor:
    """A trained body regressor, in eval mode on the CPU. Nothing in a file is ever run.

    Args:
        name_or_path: a folder of `habitus train body` or of a 3dsl network; or hf://owner/name, and only then something
            is downloaded.
        body: of the topology that it was trained on.

    Raises:
        InputError: there is no such folder, it holds another network, or one for another body.
    """
    folder = model_folder(name_or_path)
    config = read_config(folder / CONFIG)
    if config.pop("model", None) != ShapeReid.kind:
        return load_regressor(folder, body)
    network = ShapeReid.from_tensors(config | {"body": body}, read_tensors(folder / WEIGHTS), source=folder)
    return network.regressor
