"""The weights that networks start from.

Networks on the meta device, whose weights come from a file, are left alone: there is nothing to fill, and torch imports
a second's worth of modules to do nothing.
"""

from torch import nn


def start_convolution(layer: nn.Conv2d) -> None:
    """He et al.'s normal distribution by the number of outputs, as torchvision's ResNets."""
    if not layer.weight.is_meta:
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def start_classifier(layer: nn.Linear) -> None:
    """Near zero, so that all identities start alike, as PCB and the strong baseline do."""
    if not layer.weight.is_meta:
        nn.init.normal_(layer.weight, std=0.001)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
