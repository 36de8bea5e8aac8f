"""What is kept of a body outlives the body's journey to another process."""

from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler

import numpy as np
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.synthetic.photos.mesh import mesh_of
from habitus.synthetic.surface.mannequin import mannequin_of


def arrays(value: object) -> Iterator[np.ndarray]:
    """Those that `value` and what it is made of hold."""
    if isinstance(value, np.ndarray):
        yield value
    elif not isinstance(value, (BodyModel, Tensor)):
        for part in vars(value).values() if hasattr(value, "__dict__") else ():
            yield from arrays(part)


def test_arrays_made_of_a_body_are_the_same_after_it_was_sent_away() -> None:
    body = BodyModel.load()
    kept = [*arrays(mesh_of(body)), *arrays(mannequin_of(body))]
    assert len(kept) > 20
    assert not any(np.shares_memory(array, tensor.numpy()) for array in kept for tensor in body.buffers())
    before = [array.copy() for array in kept]
    ForkingPickler.dumps(body)  # moves its tensors into shared memory, as a DataLoader with workers does
    for array, value in zip(kept, before, strict=True):
        np.testing.assert_array_equal(array, value)
