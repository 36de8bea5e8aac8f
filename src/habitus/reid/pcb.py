"""PCB, the part-based convolutional baseline (Sun et al., "Beyond Part Models", ECCV 2018)."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from habitus.errors import InputError
from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, check_choice
from habitus.initial_weights import start_classifier, start_convolution
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput

MAX_STRIPES = 64


class PCB(ReidModel):
    """Horizontal stripes of the last map, each pooled, reduced and classified on its own (section 3.2 of the paper).

    The feature is the concatenation of the stripes, each brought to unit length so that each counts the same, as the
    published implementations do: its cosine is the mean of the stripes' cosines.

    Args:
        backbone: a key of `habitus.backbones.BACKBONES`; the paper's is resnet50.
        classes: training identities; 0 builds no classifiers.
        size: (height, width) in pixels. A height that is a multiple of 16 x stripes makes equal stripes (with
            last_stride 1); of others, neighbouring stripes share a row of the map.
        stripes: p of the paper.
        width: of a reduced stripe, h of the paper.
        reduction: whether one 1x1 convolution serves all stripes (the authors' code) or each has its own (others').
        activation: behind the reduction's batch normalisation.
        dropout: of pooled stripes, in training.
        descriptor: what the feature is made of: "reduced" stripes (H, stripes x width) or the "pooled" ones before the
            reduction (G, stripes x the backbone's channels; slightly better and 8 times as long in the paper).
        mean, std, trained: as in `ReidModel`.

    Raises:
        InputError: there is no such backbone, or a number makes no sense.
    """

    kind = "pcb"

    def __init__(
        self,
        *,
        backbone: str = "resnet50",
        classes: int = 0,
        size: tuple[int, int] = (384, 128),
        last_stride: Literal[1, 2] = 1,
        stripes: int = 6,
        width: int = 256,
        reduction: Literal["shared", "separate"] = "shared",
        activation: Literal["relu", "none"] = "relu",
        dropout: float = 0.5,
        descriptor: Literal["reduced", "pooled"] = "reduced",
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        trained: dict[str, Any] | None = None,
    ):
        if not 1 <= stripes <= MAX_STRIPES:
            raise InputError(f"stripes {stripes}: give a number from 1 to {MAX_STRIPES}; PCB has 6")
        check_choice("reduction", reduction, ("shared", "separate"))
        check_choice("activation", activation, ("relu", "none"))
        check_choice("descriptor", descriptor, ("reduced", "pooled"))
        super().__init__(
            backbone=backbone, last_stride=last_stride, size=size, classes=classes, mean=mean, std=std, trained=trained
        )
        self.stripes, self.width, self.descriptor = stripes, width, descriptor
        self.reduction, self.activation = reduction, activation
        channels = self.backbone.channels
        self.dropout = nn.Dropout(dropout)
        reductions = 1 if reduction == "shared" else stripes
        self.reductions = nn.ModuleList(_reduction(channels, width, activation) for _ in range(reductions))
        self.classifiers = nn.ModuleList(_classifier(width, classes) for _ in range(stripes if classes else 0))
        self.feature_size = stripes * (width if descriptor == "reduced" else channels)

    def head_config(self) -> dict[str, Any]:
        """Stripes and what follows them."""
        return {
            "stripes": self.stripes, "width": self.width, "reduction": self.reduction, "activation": self.activation,
            "dropout": self.dropout.p, "descriptor": self.descriptor,
        }  # fmt: skip

    def head(self, features: Float[Tensor, "B C h w"]) -> ReidOutput:
        """Pool, reduce, classify."""
        pooled = F.adaptive_avg_pool2d(features, (self.stripes, 1))
        dropped = self.dropout(pooled)
        if len(self.reductions) == 1:
            reduced = self.reductions[0](dropped)
        else:
            parts = dropped.split(1, dim=2)
            reduced = torch.cat([reduce(part) for reduce, part in zip(self.reductions, parts, strict=True)], 2)
        embeddings = reduced.squeeze(3).unbind(2)
        logits = [classify(h) for classify, h in zip(self.classifiers, embeddings, strict=False)]
        chosen = reduced if self.descriptor == "reduced" else pooled
        feature = F.normalize(chosen.squeeze(3), dim=1).transpose(1, 2).flatten(1)
        return ReidOutput(feature, embeddings, tuple(logits) if self.training else ())


def _reduction(channels: int, width: int, activation: str) -> nn.Sequential:
    convolution = nn.Conv2d(channels, width, 1, bias=False)
    start_convolution(convolution)
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if activation == "relu" else nn.Sequential(*layers)


def _classifier(width: int, classes: int) -> nn.Linear:
    classifier = nn.Linear(width, classes)
    start_classifier(classifier)
    return classifier
