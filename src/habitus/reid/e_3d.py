"""E_3D, the network that says a person's body, wherever it was trained: by itself, or as a stream of 3DSL."""

from pathlib import Path

from habitus.body.model import BodyModel
from habitus.model_folders import CONFIG, WEIGHTS, model_folder
from habitus.recovery.finding import BodyFinder, FindWay, body_finder
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


def named_finder(way: FindWay, regressor: str | None, body: BodyModel) -> BodyFinder:
    """A way to find bodies, by what the command line calls it.

    Args:
        way: fit or regress.
        regressor: weights of E_3D; a fit starts from what it says. None: none is given.
        body: that is found.

    Raises:
        InputError: a network is needed and none is given, or it cannot be used for this body.
    """
    if regressor is None:
        return body_finder(way)
    return body_finder(way, regressor=load_e_3d(regressor, body), name=regressor)
