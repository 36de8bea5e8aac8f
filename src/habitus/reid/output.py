"""What a re-ID network says about a batch of people."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ReidOutput:
    """Everything that a loss or a gallery needs from one forward pass."""

    feature: Float[Tensor, "B D"]
    """For retrieval by cosine; D is the model's `feature_size`. Not of unit length."""
    embeddings: tuple[Float[Tensor, "B d"], ...]
    """What triplet losses see: one of the whole person, or one a stripe."""
    logits: tuple[Float[Tensor, "B C"], ...]
    """Scores of the training identities, one tensor a classifier; empty in eval mode and without classifiers."""
