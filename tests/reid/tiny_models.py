"""A re-ID network that is random, small and the same every time."""

from pathlib import Path

import torch

from habitus.reid.baseline import StrongBaseline


def tiny_model() -> StrongBaseline:
    """Works at 32x16."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    model = StrongBaseline(backbone="resnet18-half", size=(32, 16), width=16)
    torch.set_rng_state(state)
    return model.eval()


def save_tiny_model(folder: Path) -> Path:
    """`tiny_model` as `load_model` reads it."""
    tiny_model().save_pretrained(folder)
    return folder
