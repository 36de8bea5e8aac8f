"""E_3D: a picture in, the body in it out, and the features that its shape was read from (3DSL, section 3.2)."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from habitus.backbones import ResNet
from habitus.body.model import BodyModel, Frames
from habitus.body.rotations import (
    axis_angle_to_matrix,
    matrix_to_axis_angle,
    matrix_to_rotation_6d,
    rotation_6d_to_matrix,
)
from habitus.errors import InputError
from habitus.image_input import IMAGENET_MEAN, IMAGENET_STD, channels, check_choice, check_input, prepared
from habitus.recovery.regressor.body_parts import PARTS
from habitus.recovery.regressor.displaced import BASES, PartDisplacement, WholeDisplacement
from habitus.recovery.regressor.heads import IterativeHead
from habitus.recovery.regressor.pooling import POOLS
from habitus.types import SMPL_JOINTS, BodyParams

ARMS_DOWN = 1.2
"""Radians by which the upper arms of a standing person are turned down from the T-pose."""
_MOST = 8192
"""Of any width: a file of options is not to exhaust memory."""


@dataclass(frozen=True, eq=False)
class Regression:
    """The bodies of a batch of pictures, in the frame of the picture at the network's size, and shape features."""

    rotations: Float[Tensor, "B 24 3 3"]
    """Of the joints relative to their parents, the root's to the camera."""
    beta: Float[Tensor, "B 10"]
    delta: Float[Tensor, "B N 3"]
    """Metres, in the rest pose."""
    psi: Float[Tensor, "B 3"]
    """Camera on the picture, see `habitus.rendering.camera.project`."""
    shape: Float[Tensor, "B D"]
    """The global shape feature, which beta was read from."""
    part_shapes: tuple[Float[Tensor, "B d"], ...] = ()
    """MGS: the local shape features from the top down, which the displacement of the parts was read from."""

    def frames(self, body: BodyModel) -> Frames:
        """The posed skeletons."""
        return body.turned_frames(self.rotations, self.beta)

    def params(self) -> BodyParams:
        """As the rest of Habitus takes bodies."""
        return BodyParams(matrix_to_axis_angle(self.rotations), self.beta, self.delta, self.psi)


class BodyRegressor(nn.Module):
    """E_3D: a ResNet that has its layer3 and layer4 twice. E_pose says theta and psi, E_shape beta, delta and F_shape.

    Args:
        body: that it regresses; nothing of it is saved.
        backbone: a key of `habitus.backbones.BACKBONES`.
        size: (height, width) in pixels that the network works at; other pictures are resized to it.
        width: of the global shape feature; the author's is 768.
        granularity: multi is MGS: beside the global shape feature one of each part of the body (head, upper body, legs,
            from three stripes of the picture), which says how the part is displaced.
        part_width: of the local shape features; the author's is 256.
        pooling: what heads see of the last map: its mean (HMR, the author), or every cell, squeezed.
        displacement: delta by handles that a smooth basis spreads, or vertex by vertex (the author's).
        handles: how many.
        hidden: width of the heads' hidden layers; HMR's is 1024.
        dropout: in the iterative heads; HMR's is 0.5.
        mean, std: of the training pictures' channels.

    Raises:
        InputError: there is no such backbone, or a number or a choice makes no sense.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: BodyModel,
        *,
        backbone: str = "resnet50",
        size: tuple[int, int] = (256, 128),
        width: int = 768,
        granularity: Literal["global", "multi"] = "multi",
        part_width: int = 256,
        pooling: Literal["mean", "grid"] = "mean",
        displacement: Literal["handles", "vertices"] = "handles",
        handles: int = 64,
        hidden: int = 1024,
        dropout: float = 0.5,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
    ):
        super().__init__()
        check_input(size, mean, std)
        check_choice("granularity", granularity, ("global", "multi"))
        check_choice("pooling", pooling, tuple(POOLS))
        check_choice("displacement", displacement, tuple(BASES))
        _check_widths(width=width, part_width=part_width, handles=handles, hidden=hidden)
        self.topology = body.topology
        self.size = (int(size[0]), int(size[1]))
        self.options: dict[str, Any] = {
            "backbone": backbone, "size": list(size), "width": width, "granularity": granularity,
            "part_width": part_width, "pooling": pooling, "displacement": displacement, "handles": handles,
            "hidden": hidden, "dropout": dropout, "mean": list(mean), "std": list(std),
        }  # fmt: skip
        """All arguments of `__init__` but the body, JSON."""
        self.backbone = ResNet(backbone, last_stride=2)
        twin = ResNet(backbone, last_stride=2)
        self.pose_layers = nn.Sequential(twin.layer3, twin.layer4)
        found, cells = self.backbone.channels, (-(-size[0] // 32), -(-size[1] // 32))
        self.pose_pool = POOLS[pooling](found, cells)
        self.pose_head = IterativeHead(self.pose_pool.outputs, _standing(body), width=hidden, dropout=dropout)
        self.shape_pool = POOLS[pooling](found, cells)
        self.shape_feature = nn.Linear(self.shape_pool.outputs, width)
        self.shape_head = IterativeHead(width, torch.zeros(body.num_betas), width=hidden, dropout=dropout)
        basis = BASES[displacement](body, handles)
        if granularity == "multi":
            self.part_features = nn.ModuleList(nn.Linear(found, part_width) for _ in PARTS)
            self.displaced = PartDisplacement(body, basis, width=width, part_width=part_width, hidden=hidden)
        else:
            self.part_features = nn.ModuleList()
            self.displaced = WholeDisplacement(basis, width=width, hidden=hidden)
        self.feature_sizes = (width, *(part_width for _ in self.part_features))
        """Lengths of the global shape feature and of the local ones."""
        self.register_buffer("mean", channels(mean), persistent=False)
        self.register_buffer("std", channels(std), persistent=False)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Regression:
        """The bodies in pictures of one person each: RGB in [0, 1], any height and width."""
        return self.read(prepared(images, self.size, self.mean, self.std))

    def read(self, pictures: Float[Tensor, "B 3 h w"]) -> Regression:
        """The bodies in pictures that are prepared already: of the network's size, normalised."""
        shared = self.backbone.stem(pictures)
        psi, rotations = self._pose(self.pose_pool(self.pose_layers(shared)).float())
        features = self.backbone.layer4(self.backbone.layer3(shared))
        shape = self.shape_feature(self.shape_pool(features))
        stripes = F.adaptive_avg_pool2d(features, (len(PARTS), 1)).squeeze(3)
        parts = tuple(read(stripes[..., number]) for number, read in enumerate(self.part_features))
        delta = self.displaced(shape, parts)
        return Regression(rotations, self.shape_head(shape).float(), delta, psi, shape, parts)

    def _pose(self, feature: Float[Tensor, "B E"]) -> tuple[Float[Tensor, "B 3"], Float[Tensor, "B 24 3 3"]]:
        numbers = self.pose_head(feature).float()
        return numbers[:, :3], rotation_6d_to_matrix(numbers[:, 3:].unflatten(1, (-1, 6)))


def _standing(body: BodyModel) -> Float[Tensor, "3+6J"]:
    """psi and the 6D rotations of a person who stands upright, arms hanging, and fills nine tenths of the picture."""
    theta = torch.zeros(body.num_joints, 3)
    for side, turn in (("left", -ARMS_DOWN), ("right", ARMS_DOWN)):
        theta[SMPL_JOINTS.index(f"{side}_shoulder"), 2] = turn
    vertices = body.v_template.cpu()
    low, high = vertices[:, 1].min(), vertices[:, 1].max()
    psi = torch.stack((1.8 / (high - low), torch.zeros(()), -(low + high) / 2))
    return torch.cat((psi, matrix_to_rotation_6d(axis_angle_to_matrix(theta)).flatten()))


def _check_widths(**widths: int) -> None:
    for name, value in widths.items():
        if not 1 <= value <= _MOST:
            raise InputError(f"{name} {value}: must be from 1 to {_MOST}")
