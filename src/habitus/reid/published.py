"""Published re-ID checkpoints: whose names they carry, and what they are called here.

Layouts are told apart by their keys; the descriptor is the one that each implementation tests with. Where a reduction
has a bias in front of its batch normalisation, the bias is taken off the running mean, which is the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from habitus.backbones import BACKBONES, ResNet
from habitus.errors import InputError
from habitus.reid.pcb import MAX_STRIPES

Tensors = dict[str, Tensor]
Head = tuple[str, dict[str, Any], Tensors]
"""The network, its options, and the tensors of its head."""
BACKBONE_PREFIXES = ("", "base.", "model.", "backbone.")
"""Where re-ID networks keep a ResNet with torchvision's names."""
BACKBONE_PARTS = ("conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4.")


@dataclass(frozen=True)
class Recognised:
    """A published checkpoint in our words."""

    model: str
    """"pcb" or "baseline"."""
    options: dict[str, Any]
    """Of the network's `__init__`."""
    tensors: Tensors


def recognised(tensors: Mapping[str, Tensor], source: Path) -> Recognised:
    """What network a published checkpoint is of.

    Known are PCB by its authors (syfafterzy/PCB_RPP_for_reID, the one that RSTG used), layumi
    (Person_reID_baseline_pytorch), huanghoujing (beyond-part-models) and torchreid (pcb_p4, pcb_p6), and the strong
    baseline of michuanhaohao (reid-strong-baseline).

    Raises:
        InputError: the names are none of these, or the backbone is none of ours.
    """
    for layout in LAYOUTS:
        if layout.mark in tensors:
            return _read(tensors, layout, source)
    backbone = backbone_name(backbone_part(tensors))
    if backbone is not None:
        raise InputError(f"{source}: weights of {backbone} alone, without a re-ID head; train with them by --init")
    names = ", ".join(list(tensors)[:4])
    raise InputError(
        f"{source}: weights of an unknown network ({len(tensors)} tensors: {names}, ...); give a folder of "
        "save_pretrained, or a published PCB or strong-baseline checkpoint"
    )


def backbone_part(tensors: Mapping[str, Tensor]) -> Tensors:
    """The ResNet inside a state dict, under torchvision's names; empty when there is none."""
    prefix = next((p for p in BACKBONE_PREFIXES if f"{p}layer1.0.conv1.weight" in tensors), None)
    if prefix is None:
        return {}
    parts = tuple(prefix + part for part in BACKBONE_PARTS)
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(parts)}


def backbone_name(part: Mapping[str, Tensor]) -> str | None:
    """Which of `BACKBONES` a ResNet's tensors belong to, by their names and shapes."""
    shapes = _shapes(part)
    return next((name for name in BACKBONES if shapes == _backbone_shapes(name)), None)


@cache
def _backbone_shapes(name: str) -> dict[str, torch.Size]:
    with torch.device("meta"):
        return _shapes(ResNet(name).state_dict())


def _read(tensors: Mapping[str, Tensor], layout: "_Layout", source: Path) -> Recognised:
    trunk = tuple(prefix + part for prefix in BACKBONE_PREFIXES for part in (*BACKBONE_PARTS, "fc."))
    others = [name for name in tensors if not name.startswith(trunk + layout.heads)]
    if others:  # such as local_mask of refined part pooling: without it the features would be others
        raise InputError(
            f"{source}: has parts that Habitus does not know ({', '.join(others[:4])}); it is another network"
        )
    part = backbone_part(tensors)
    backbone = backbone_name(part)
    if backbone is None:
        raise InputError(f"{source}: its backbone is none of {', '.join(BACKBONES)}; Habitus cannot build it")
    try:
        model, options, head = layout.read(tensors)
    except (LookupError, RuntimeError) as error:  # names that promise more than the tensors hold
        raise InputError(f"{source}: its head has tensors missing or of odd shapes; download it again") from error
    return Recognised(model, {"backbone": backbone, **options}, {f"backbone.{k}": v for k, v in part.items()} | head)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in tensors.items() if not name.endswith("num_batches_tracked")}


def _authors(tensors: Mapping[str, Tensor]) -> Head:
    """syfafterzy: one reduction for all stripes."""
    head = _renamed(tensors, {"local_conv.": "reductions.0.0.", "feat_bn2d.": "reductions.0.1."})
    head |= _classifiers(tensors, "instance{}.")
    return "pcb", _pcb_options(head, reduction="shared", activation="relu", descriptor="pooled"), head


def _torchreid(tensors: Mapping[str, Tensor]) -> Head:
    """torchreid: one reduction for all stripes."""
    head = _renamed(tensors, {"conv5.layers.0.": "reductions.0.0.", "conv5.layers.1.": "reductions.0.1."})
    head |= _classifiers(tensors, "classifier.{}.")
    return "pcb", _pcb_options(head, reduction="shared", activation="relu", descriptor="pooled"), head


def _huanghoujing(tensors: Mapping[str, Tensor]) -> Head:
    """huanghoujing: a reduction with a bias for each stripe."""
    head: Tensors = {}
    for stripe in range(_count(tensors, "local_conv_list.{}.0.weight")):
        theirs, ours = f"local_conv_list.{stripe}.", f"reductions.{stripe}."
        head |= _without_bias(_renamed(tensors, {theirs + "0.": ours + "0.", theirs + "1.": ours + "1."}), ours)
    head |= _classifiers(tensors, "fc_list.{}.")
    return "pcb", _pcb_options(head, reduction="separate", activation="relu", descriptor="reduced"), head


def _layumi(tensors: Mapping[str, Tensor]) -> Head:
    """layumi: a linear reduction with a bias for each stripe, and no activation behind it."""
    head: Tensors = {}
    for stripe in range(_count(tensors, "classifier{}.add_block.0.weight")):
        theirs, ours = f"classifier{stripe}.add_block.", f"reductions.{stripe}."
        head |= _without_bias(_renamed(tensors, {theirs + "0.": ours + "0.", theirs + "1.": ours + "1."}), ours)
        weight = head[ours + "0.weight"]
        head[ours + "0.weight"] = weight.reshape(*weight.shape, 1, 1)
    head |= _classifiers(tensors, "classifier{}.classifier.0.")
    return "pcb", _pcb_options(head, reduction="separate", activation="none", descriptor="pooled"), head


def _strong_baseline(tensors: Mapping[str, Tensor]) -> Head:
    """michuanhaohao: the neck is called bottleneck."""
    head = _renamed(tensors, {"bottleneck.": "neck.", "classifier.weight": "classifier.weight"})
    classes = head["classifier.weight"].shape[0] if "classifier.weight" in head else 0
    return "baseline", {"classes": classes}, head


@dataclass(frozen=True)
class _Layout:
    mark: str
    """A key that only this layout has."""
    heads: tuple[str, ...]
    """What the names of its head begin with."""
    read: Callable[[Mapping[str, Tensor]], Head]


LAYOUTS = (
    _Layout("local_conv.weight", ("local_conv.", "feat_bn2d.", "instance"), _authors),
    _Layout("conv5.layers.0.weight", ("conv5.", "classifier."), _torchreid),
    _Layout("local_conv_list.0.0.weight", ("local_conv_list.", "fc_list."), _huanghoujing),
    _Layout("classifier0.add_block.0.weight", ("classifier",), _layumi),
    _Layout("bottleneck.running_mean", ("bottleneck.", "classifier."), _strong_baseline),
)


def _renamed(tensors: Mapping[str, Tensor], prefixes: Mapping[str, str]) -> Tensors:
    return {
        ours + name.removeprefix(theirs): value
        for theirs, ours in prefixes.items()
        for name, value in tensors.items()
        if name.startswith(theirs)
    }


def _classifiers(tensors: Mapping[str, Tensor], pattern: str) -> Tensors:
    return _renamed(tensors, {pattern.format(k): f"classifiers.{k}." for k in range(MAX_STRIPES)})


def _count(tensors: Mapping[str, Tensor], pattern: str) -> int:
    """How many numbers in a row, from 0, have a key of this pattern."""
    return next(number for number in range(len(tensors) + 1) if pattern.format(number) not in tensors)


def _without_bias(head: Tensors, prefix: str) -> Tensors:
    """BN(W x + b) with mean m is BN(W x) with mean m - b."""
    bias = head.pop(f"{prefix}0.bias", None)
    mean = head.get(f"{prefix}1.running_mean")
    if bias is not None and mean is not None and bias.shape == mean.shape:
        head[f"{prefix}1.running_mean"] = mean - bias
    return head


def _pcb_options(head: Tensors, *, reduction: str, activation: str, descriptor: str) -> dict[str, Any]:
    weight = head["reductions.0.0.weight"]
    classifiers = _count(head, "classifiers.{}.weight")
    # Without classifiers a shared reduction does not tell how many stripes there were: six, as in the paper.
    stripes = _count(head, "reductions.{}.0.weight") if reduction == "separate" else classifiers or 6
    return {
        "stripes": stripes,
        "width": weight.shape[0],
        "classes": head["classifiers.0.weight"].shape[0] if classifiers else 0,
        "reduction": reduction,
        "activation": activation,
        "descriptor": descriptor,
    }
