"""Colours of the made person that the tests photograph."""

import torch

MAGENTA = torch.tensor([1.0, 0.0, 1.0])
COLOURS = {
    "torso": (0.25, 0.45, 0.75), "upper_arm": (0.25, 0.45, 0.75), "forearm": (0.25, 0.45, 0.75),
    "thigh": (0.30, 0.28, 0.20), "calf": (0.30, 0.28, 0.20), "foot": (0.10, 0.10, 0.12),
    "face": (0.80, 0.60, 0.50), "neck": (0.80, 0.60, 0.50), "hand": (0.80, 0.60, 0.50), "hair": (0.22, 0.14, 0.08),
}  # fmt: skip
