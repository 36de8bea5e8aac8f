"""Models by name or from files, and ImageNet weights for their backbones."""

from pathlib import Path

from habitus.backbones import ResNet
from habitus.errors import InputError
from habitus.model_folders import CONFIG, HUB, WEIGHTS, downloaded
from habitus.reid.baseline import StrongBaseline
from habitus.reid.model import ReidModel
from habitus.reid.pcb import PCB
from habitus.reid.published import backbone_name, backbone_part, recognised
from habitus.reid.shape_reid import ShapeReid
from habitus.reid.two_rgb import TwoRgb
from habitus.weight_files import fitted, read_config, read_tensors

MODELS: dict[str, type[ReidModel]] = {kind.kind: kind for kind in (PCB, StrongBaseline, ShapeReid, TwoRgb)}
"""The classes by the `model` of their config.json."""
SHIPPED = {name: Path(__file__).parent / "weights" / name for name in ("pcb", "baseline")}
"""The folders of the weights that come with Habitus."""


def load_model(name_or_path: str | Path) -> ReidModel:
    """A trained network, in eval mode on the CPU. Nothing in a file is ever run.

    Args:
        name_or_path: a key of `SHIPPED`; a folder of `save_pretrained`, or the model.safetensors in one; a published
            PCB or strong-baseline checkpoint (`habitus.reid.published` names the layouts); or hf://owner/name, and only
            then something is downloaded. A name goes before a path: write ./pcb for a folder of your own.

    Raises:
        InputError: there is nothing of that name, or the weights do not fit the network (the message says which keys).
    """
    shipped = SHIPPED.get(str(name_or_path))
    if shipped and not shipped.is_dir():
        raise InputError(f"{name_or_path}: these weights are not part of this installation; give a folder or a file")
    remote = str(name_or_path).startswith(HUB)
    path = downloaded(str(name_or_path)) if remote else shipped or Path(name_or_path)
    if not path.exists():
        raise InputError(f"{name_or_path}: no such model; give {', '.join(SHIPPED)}, or a folder or file of weights")
    if path.name == WEIGHTS and (path.parent / CONFIG).is_file():
        path = path.parent
    if (path / CONFIG).is_file():
        kind = read_config(path / CONFIG).get("model")
        if not isinstance(kind, str) or kind not in MODELS:
            raise InputError(f"{path / CONFIG}: model {kind!r} is unknown; known are {', '.join(MODELS)}")
        return MODELS[kind].from_pretrained(path)
    found = recognised(read_tensors(path), path)
    return MODELS[found.model].from_tensors(found.options, found.tensors, source=path)


def load_backbone(backbone: ResNet, path: str | Path) -> None:
    """Give a backbone the weights of a file with torchvision's names, such as ImageNet's.

    Taken are conv1, bn1 and layer1 to layer4, also of a whole re-ID network; a classifier (fc) is left. IBN-a networks
    take the files that the authors of IBN-Net publish.

    Args:
        backbone: changed in place.
        path: .pth or .safetensors, e.g. torchvision's resnet50-0676ba61.pth.

    Raises:
        InputError: the file is broken, or its weights are of another network.
    """
    path = Path(path)
    part = backbone_part(read_tensors(path))
    if not part:
        raise InputError(f"{path}: holds no ResNet (no layer1.0.conv1.weight); give weights with torchvision's names")
    name = backbone_name(part)
    if name not in (None, backbone.name):
        raise InputError(
            f"{path}: these are weights of {name}, but the backbone is {backbone.name}; choose one to fit the other"
        )
    backbone.load_state_dict(fitted(part, backbone.state_dict(), source=path, network=backbone.name))
