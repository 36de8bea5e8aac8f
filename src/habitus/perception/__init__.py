"""What is seen in a photo: person boxes, masks, keypoints, and the Crop that holds them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from habitus.perception.crop import native_height, recrop
    from habitus.perception.models import fetch_models, missing_models
    from habitus.perception.perceiving import perceive
    from habitus.perception.photo import Photo, read_photo

_LAZY = {
    "Photo": "photo",
    "fetch_models": "models",
    "missing_models": "models",
    "native_height": "crop",
    "perceive": "perceiving",
    "read_photo": "photo",
    "recrop": "crop",
}

__all__ = ["Photo", "fetch_models", "missing_models", "native_height", "perceive", "read_photo", "recrop"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'habitus.perception' has no attribute {name!r}")
    return getattr(import_module(f"habitus.perception.{_LAZY[name]}"), name)
