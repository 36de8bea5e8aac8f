"""3DSL: a stream that sees appearance beside one that must say the 3D body (CVPR 2021, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, check_choice
from habitus.initial_weights import start_classifier
from habitus.recovery.regressor.model import BodyRegressor, Regression
from habitus.reid.baseline import StrongBaseline
from habitus.reid.fusion import fused
from habitus.reid.model import ReidModel
from habitus.reid.output import ReidOutput

Stream = Literal["rgb", "shape", "fused"]
STREAMS: tuple[Stream, ...] = ("rgb", "shape", "fused")


@dataclass(frozen=True, eq=False)
class ShapeReidOutput(ReidOutput):
    """What 3DSL says about a batch of people: `feature` is the chosen stream's, embeddings and logits are of both."""

    rgb: ReidOutput
    shape: ReidOutput
    body: Regression


class ShapeReid(StrongBaseline):
    """E_rgb, which is the strong baseline with mean and maximum pooled, beside E_3D, each with necks and classifiers.

    F_shape is the necks' global shape feature and, with MGS, the local ones beside it. The fused feature is both
    streams' unit features side by side, so that its cosine is the weighted mean of theirs.

    Args:
        regressor: options of `BodyRegressor`; its size and statistics are E_rgb's.
        topology: of the body that weights are for; None is `body`'s.
        body: that E_3D says; None is the open body.
        weight: of the RGB stream in the fused feature, from 0 to 1.
        backbone, classes, size, last_stride, width, mean, std, trained: of E_rgb, as in `StrongBaseline`.

    Raises:
        InputError: there is no such backbone, a number makes no sense, or the body is of another topology.
    """

    kind = "3dsl"

    def __init__(
        self,
        *,
        regressor: Mapping[str, Any],
        topology: str | None = None,
        body: BodyModel | None = None,
        weight: float = 0.5,
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
        with torch.device("cpu"):  # what is made of the body has numbers, also where weights are to come from a file
            body = BodyModel.load() if body is None else body
            if topology not in (None, body.topology):
                raise InputError(f"topology {topology!r}: these weights are not for the body {body.topology!r}")
            self.regressor = BodyRegressor(body, **{**regressor, "size": self.size, "mean": mean, "std": std})
        widths = self.regressor.feature_sizes
        self.rgb_size, self.shape_size = self.feature_size, sum(widths)
        self.shape_necks = nn.ModuleList(map(_neck, widths))
        self.shape_classifiers = nn.ModuleList(_classifier(n, classes) for n in widths if classes)
        self.choose("fused", weight=weight)

    def choose(self, stream: Stream, *, weight: float | None = None) -> Self:
        """Say which stream `feature` is to be.

        Args:
            stream: rgb, shape, or both.
            weight: of the RGB stream in the fused feature; None leaves it as it is.

        Raises:
            InputError: there is no such stream, or the weight is not from 0 to 1.
        """
        check_choice("feature", stream, STREAMS)
        if weight is not None:
            if not 0 <= weight <= 1:
                raise InputError(f"weight {weight}: of the RGB stream; must be from 0 to 1")
            self.weight = float(weight)
        self.stream: Stream = stream
        sizes = {"rgb": self.rgb_size, "shape": self.shape_size, "fused": self.rgb_size + self.shape_size}
        self.feature_size = sizes[stream]
        return self

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> ShapeReidOutput:
        """Both streams of crops of people: RGB in [0, 1], any height and width."""
        pictures = self.prepared(images)
        rgb = self.head(self.backbone(pictures))
        body = self.regressor.read(pictures)
        shape = self._shape(body)
        feature = {"rgb": lambda: rgb.feature, "shape": lambda: shape.feature, "fused": lambda: self._fused(rgb, shape)}
        return ShapeReidOutput(
            feature[self.stream](), rgb.embeddings + shape.embeddings, rgb.logits + shape.logits, rgb, shape, body
        )

    def _shape(self, body: Regression) -> ReidOutput:
        embeddings = (body.shape, *body.part_shapes)
        normalised = [neck(embedding) for neck, embedding in zip(self.shape_necks, embeddings, strict=True)]
        classifiers = self.shape_classifiers if self.training else ()
        logits = tuple(classifier(value) for classifier, value in zip(classifiers, normalised, strict=False))
        return ReidOutput(torch.cat(normalised, 1), embeddings, logits)

    def _fused(self, rgb: ReidOutput, shape: ReidOutput) -> Float[Tensor, "B D"]:
        return fused(((self.weight, rgb.feature), (1 - self.weight, shape.feature)))

    def head_config(self) -> dict[str, Any]:
        """What E_rgb's own reduction, E_3D and their fusion are made by."""
        return {
            "width": self.width, "regressor": self.regressor.options, "topology": self.regressor.topology,
            "weight": self.weight,
        }  # fmt: skip

    @classmethod
    def from_tensors(cls, options: dict[str, Any], tensors: Mapping[str, Tensor], *, source: Path) -> Self:
        """As `ReidModel.from_tensors`; the network of E_3D is made anew, for its size is bounded."""
        model = super().from_tensors(options, tensors, source=source)
        model.regressor.mean, model.regressor.std = model.mean, model.std
        return model


def with_feature(model: ReidModel, feature: Stream | None, rgb_weight: float | None) -> ReidModel:
    """The model, giving the feature that is asked for; networks of one stream have no other.

    Raises:
        InputError: the network has no such feature, or no feature that a weight could be for.
    """
    if isinstance(model, ShapeReid):
        return model.choose(feature or model.stream, weight=rgb_weight)
    if feature not in (None, "rgb") or rgb_weight is not None:
        raise InputError(
            f"feature {feature}: {model.kind} sees appearance alone; leave it out, or give weights of 3dsl"
        )
    return model


def feature_words(model: ReidModel) -> str:
    """Which of a model's features it gives: "rgb", "shape", or "fused" with what share of it is RGB."""
    if not isinstance(model, ShapeReid):
        return "rgb"
    return f"fused, rgb {model.weight:g}" if model.stream == "fused" else model.stream


def _neck(width: int) -> nn.BatchNorm1d:
    neck = nn.BatchNorm1d(width)
    neck.bias.requires_grad_(False)
    return neck


def _classifier(width: int, classes: int) -> nn.Linear:
    classifier = nn.Linear(width, classes, bias=False)
    start_classifier(classifier)
    return classifier
