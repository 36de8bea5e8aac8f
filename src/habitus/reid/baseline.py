"""The strong baseline (Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification", 2019)."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, check_choice
from habitus.initial_weights import start_classifier
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput


class StrongBaseline(ReidModel):
    """One global feature with a batch-normalisation neck (section 3.5 of the paper).

    Triplet losses see the feature before the neck, the classifier and retrieval the feature after it. The neck has no
    shift and the classifier no bias.

    Args:
        backbone: a key of `habitus.backbones.BACKBONES`; the paper's is resnet50.
        classes: training identities; 0 builds no classifier.
        size: (height, width) in pixels.
        pooling: of the last map: its mean, or mean and maximum side by side (CAL; 3DSL's E_rgb).
        width: the pooled feature is reduced to this length by a linear layer (768 in 3DSL's E_rgb); None keeps it.
        mean, std, trained: as in `ReidModel`.

    Raises:
        InputError: there is no such backbone, or a number makes no sense.
    """

    kind = "baseline"

    def __init__(
        self,
        *,
        backbone: str = "resnet50",
        classes: int = 0,
        size: tuple[int, int] = (256, 128),
        last_stride: Literal[1, 2] = 1,
        pooling: Literal["avg", "avg+max"] = "avg",
        width: int | None = None,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        trained: dict[str, Any] | None = None,
    ):
        check_choice("pooling", pooling, ("avg", "avg+max"))
        super().__init__(
            backbone=backbone, last_stride=last_stride, size=size, classes=classes, mean=mean, std=std, trained=trained
        )
        self.pooling, self.width = pooling, width
        pooled = self.backbone.channels * (1 if pooling == "avg" else 2)
        self.feature_size = width or pooled
        self.reduction = nn.Linear(pooled, width, bias=False) if width else nn.Identity()
        self.neck = nn.BatchNorm1d(self.feature_size)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(self.feature_size, classes, bias=False) if classes else None
        if self.classifier is not None:
            start_classifier(self.classifier)

    def head_config(self) -> dict[str, Any]:
        """Pooling and reduction."""
        return {"pooling": self.pooling, "width": self.width}

    def head(self, features: Float[Tensor, "B C h w"]) -> ReidOutput:
        """Pool, normalise, classify."""
        pooled = features.mean((2, 3))
        if self.pooling == "avg+max":
            pooled = torch.cat((pooled, features.amax((2, 3))), 1)
        embedding = self.reduction(pooled)
        feature = self.neck(embedding)
        logits = () if self.classifier is None or not self.training else (self.classifier(feature),)
        return ReidOutput(feature, (embedding,), logits)
