"""Habitus: a person's build, and their attire.

>>> from habitus import reconstruct
>>> person = reconstruct("photo.jpg")
>>> person.save("out/")

Importing this module is cheap: torch and the rest load when they are first needed.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Idle OpenMP threads that spin starve the other core: beside a busy neighbour, torch at 2 threads is up to a hundred
# times slower on small tensors. It must be set before torch loads libgomp, and nothing of ours loads torch earlier.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

__version__ = "0.1.0"

_LAZY = {
    "InputError": "habitus.errors",
    "reconstruct": "habitus.pipeline",
    "BodyModel": "habitus.body.model",
}

__all__ = ["BodyModel", "InputError", "__version__", "reconstruct"]

if TYPE_CHECKING:
    from habitus.body.model import BodyModel
    from habitus.errors import InputError
    from habitus.pipeline import reconstruct


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'habitus' has no attribute {name!r}")
