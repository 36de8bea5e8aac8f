"""What all re-ID networks share: images in [0, 1] of any size in, features out; saved as config.json + safetensors."""

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from habitus.files import writing
from habitus.reid.backbones import ResNet
from habitus.reid.output import ReidOutput

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ReidModel(nn.Module, PyTorchModelHubMixin):
    """A network that turns crops of people into features: a backbone, and a head that a subclass adds.

    Args:
        backbone: a key of `habitus.reid.backbones.BACKBONES`.
        last_stride: of the backbone's layer4.
        size: (height, width) in pixels that the network works at; other images are resized to it.
        classes: training identities; 0 builds no classifier.
        mean: of the training pictures' channels, subtracted.
        std: of the same, divided by.
        trained: where the weights come from: recipe, data, seed, commit, scores. Free, JSON.
    """

    kind: ClassVar[str]
    """The name of the class in config.json."""
    feature_size: int
    """D, the length of a feature."""
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        backbone: str,
        last_stride: Literal[1, 2],
        size: tuple[int, int],
        classes: int,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        trained: dict[str, Any] | None = None,
    ):
        super().__init__()
        self.shared_config = {
            "backbone": backbone, "last_stride": last_stride, "size": list(size), "classes": classes,
            "mean": list(mean), "std": list(std),
        }  # fmt: skip
        self.size = (int(size[0]), int(size[1]))
        self.classes = classes
        self.trained = dict(trained or {})
        self.backbone = ResNet(backbone, last_stride=last_stride)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    @abstractmethod
    def head(self, features: Float[Tensor, "B C h w"]) -> ReidOutput:
        """From the map of layer4 to what is asked for."""

    @abstractmethod
    def head_config(self) -> dict[str, Any]:
        """The head's own arguments of `__init__`, for config.json."""

    def config(self) -> dict[str, Any]:
        """All arguments that build this network again, the class as `model`, and `trained`."""
        return {"model": self.kind, **self.shared_config, **self.head_config(), "trained": self.trained}

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ReidOutput:
        """Features of crops of people: RGB in [0, 1], any height and width."""
        return self.head(self.backbone(self.prepared(images)))

    def maps(self, images: Float[Tensor, "B 3 H W"]) -> tuple[Float[Tensor, "B C h w"], ...]:
        """The backbone's maps of layer1 to layer4, for perceptual losses; differentiable in the images."""
        return self.backbone.maps(self.prepared(images))

    def prepared(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 h w"]:
        """Resized to `size` (bilinear, smoothed where it shrinks) and normalised."""
        if images.shape[-2:] != self.size:
            images = F.interpolate(images, self.size, mode="bilinear", align_corners=False, antialias=True)
        return (images - self.mean) / self.std

    def _save_pretrained(self, save_directory: Path) -> None:
        """Weights first, config.json last: a folder with a config is whole."""
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        with writing(save_directory / "model.safetensors") as path:
            save_file(tensors, path, metadata={"format": "pt"})
        with writing(save_directory / "config.json") as path:
            path.write_text(json.dumps(self.config(), indent=2) + "\n")
