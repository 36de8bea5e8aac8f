"""3DSL's baseline: two networks side by side that both see appearance (CVPR 2021, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from jaxtyping import Float
from torch import Tensor

from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD
from habitus.reid.baseline import StrongBaseline
from habitus.reid.fusion import fused
from habitus.reid.output import ReidOutput


@dataclass(frozen=True, eq=False)
class TwoRgbOutput(ReidOutput):
    """What both networks say: `feature` is fused, embeddings and logits are of both."""

    first: ReidOutput
    second: ReidOutput


class TwoRgb(StrongBaseline):
    """E_rgb of 3DSL twice: the strong baseline with mean and maximum pooled, and another one with a backbone of E_3D's.

    Args:
        second: backbone of the second network.
        backbone, classes, size, last_stride, width, mean, std, trained: as in `StrongBaseline`.

    Raises:
        InputError: there is no such backbone, or a number makes no sense.
    """

    kind = "two-rgb"

    def __init__(
        self,
        *,
        second: str = "resnet18",
        backbone: str = "resnet50",
        classes: int = 0,
        size: tuple[int, int] = (256, 128),
        last_stride: Literal[1, 2] = 1,
        width: int | None = 768,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
        trained: dict[str, Any] | None = None,
    ):
        super().__init__(
            backbone=backbone, classes=classes, size=size, last_stride=last_stride, pooling="avg+max", width=width,
            mean=mean, std=std, trained=trained,
        )  # fmt: skip
        self.second = StrongBaseline(
            backbone=second, classes=classes, size=size, last_stride=last_stride, pooling="avg+max", width=width,
            mean=mean, std=std,
        )  # fmt: skip
        self.feature_size += self.second.feature_size

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> TwoRgbOutput:
        """Both networks of crops of people: RGB in [0, 1], any height and width."""
        pictures = self.prepared(images)
        first, second = self.head(self.backbone(pictures)), self.second.head(self.second.backbone(pictures))
        return TwoRgbOutput(
            fused(((0.5, first.feature), (0.5, second.feature))),
            first.embeddings + second.embeddings, first.logits + second.logits, first, second,
        )  # fmt: skip

    def head_config(self) -> dict[str, Any]:
        """What the networks are made of beside what all share."""
        return {"width": self.width, "second": self.second.shared_config["backbone"]}

    @classmethod
    def from_tensors(cls, options: dict[str, Any], tensors: Mapping[str, Tensor], *, source: Path) -> Self:
        """As `ReidModel.from_tensors`."""
        model = super().from_tensors(options, tensors, source=source)
        model.second.mean, model.second.std = model.mean, model.std
        return model
