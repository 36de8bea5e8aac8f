"""L_id: identities as classes, with label smoothing (Szegedy et al., CVPR 2016, section 7; Luo et al., 2019)."""

from jaxtyping import Float, Int64
from torch import Tensor


def identity_loss(
    logits: Float[Tensor, "B C"], labels: Int64[Tensor, "B"], *, smoothing: float = 0.1
) -> Float[Tensor, "B"]:
    """Cross-entropy against (1 - smoothing) on the person's own class and smoothing spread evenly over all C classes.

    Args:
        logits: scores of the identities.
        labels: identities, 0..C-1.
        smoothing: epsilon of the papers; 0 is plain cross-entropy.
    """
    log_probability = logits.log_softmax(1)
    own = log_probability.gather(1, labels[:, None]).squeeze(1)
    return -(1 - smoothing) * own - smoothing * log_probability.mean(1)
