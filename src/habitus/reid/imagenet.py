"""Networks trained on ImageNet, from files, for RSTG's perceptual loss: the same `maps` as a re-ID network's."""

from collections.abc import Mapping
from pathlib import Path

from jaxtyping import Float
from torch import Tensor, nn

from habitus.backbones import BACKBONES, ResNet
from habitus.errors import InputError
from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, channels, prepared
from habitus.reid.plain_networks import PlainNetwork
from habitus.reid.published import backbone_name, backbone_part
from habitus.weight_files import fitted, read_tensors

STAGES = 4
"""Of VGG-16 that are compared: relu1_2, relu2_2, relu3_3 and relu4_3 (Johnson et al., ECCV 2016)."""


class ImageNetNetwork(nn.Module):
    """Four maps of a frozen network: layer1 to layer4 of a ResNet, or the first four stages of VGG-16.

    Args:
        trunk: the network without its classifier.
        size: (height, width) in pixels that images are resized to.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, trunk: ResNet | PlainNetwork, *, size: tuple[int, int]):
        super().__init__()
        self.backbone, self.size = trunk, size
        self.register_buffer("mean", channels(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", channels(IMAGENET_STD), persistent=False)

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B C h w"], ...]:
        """Of RGB images in [0, 1]; differentiable in them."""
        return self.backbone.maps(prepared(images, self.size, self.mean, self.std))


def load_imagenet(path: str | Path, *, size: tuple[int, int] = (384, 128)) -> ImageNetNetwork:
    """A network with torchvision's weights, frozen, in eval mode on the CPU. Nothing in the file is ever run.

    Args:
        path: .pth or .safetensors with torchvision's names: a ResNet (resnet50-0676ba61.pth; the paper's) or VGG-16
            (vgg16-397923af.pth).
        size: (height, width) in pixels that images are resized to; best that of the re-ID network it is compared with.

    Raises:
        InputError: the file is broken, or of another network.
    """
    path = Path(path)
    tensors = read_tensors(path)
    trunk = _resnet(tensors, path) or _vgg(tensors, path)
    if trunk is None:
        raise InputError(
            f"{path}: weights of neither VGG-16 nor one of {', '.join(BACKBONES)}; give a file with torchvision's "
            "names, such as resnet50-0676ba61.pth"
        )
    return ImageNetNetwork(trunk, size=size).eval().requires_grad_(False)


def _resnet(tensors: Mapping[str, Tensor], path: Path) -> ResNet | None:
    part = backbone_part(tensors)
    name = backbone_name(part)
    if name is None:
        return None
    network = ResNet(name, last_stride=2)
    network.load_state_dict(fitted(part, network.state_dict(), source=path, network=name))
    return network


def _vgg(tensors: Mapping[str, Tensor], path: Path) -> PlainNetwork | None:
    """The other VGGs have convolutions in other places, or of other shapes."""
    network = PlainNetwork("vgg", stages=STAGES)
    wanted = network.state_dict()
    if any(name not in tensors or tensors[name].shape != value.shape for name, value in wanted.items()):
        return None
    kept = {name: tensors[name] for name in wanted}
    network.load_state_dict(fitted(kept, wanted, source=path, network="VGG-16"))
    return network
