"""Query expansion: a query is replaced by the mean of itself and what is found for it, and asked again."""

from typing import Any

import numpy as np
from jaxtyping import Float32

from habitus.errors import InputError
from habitus.evaluation.closeness import FeatureCloseness, unit_length
from habitus.evaluation.neighbours import neighbours


def average_query_expansion(
    query_features: Any, gallery_features: Any, *, count: int = 5
) -> Float32[np.ndarray, "Q D"]:
    """Each query averaged with the photos nearest to it, labels unseen.

    Chum et al., "Total Recall: Automatic Query Expansion with a Generative Feature Model for Object Retrieval",
    ICCV 2007, section 3.

    Args:
        query_features: (Q, D) floats, array or tensor; compared by the cosine.
        gallery_features: (G, D).
        count: how many photos.

    Returns:
        (Q, D) unit vectors, to be ranked in the query's place.

    Raises:
        InputError: features as `ranking.rank` refuses them, or no photos are wanted.
    """
    return alpha_query_expansion(query_features, gallery_features, count=count, alpha=0)


def alpha_query_expansion(
    query_features: Any, gallery_features: Any, *, count: int = 10, alpha: float = 3.0
) -> Float32[np.ndarray, "Q D"]:
    """Each query averaged with the photos nearest to it, weighted by their cosine to the power alpha.

    Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2018, section 3.3.

    Args:
        query_features: and gallery_features, count: as for `average_query_expansion`.
        alpha: 0 gives all the same weight. Photos at right angles or more from the query have none otherwise.

    Returns:
        (Q, D) unit vectors, to be ranked in the query's place.

    Raises:
        InputError: as `average_query_expansion`, or alpha is negative.
    """
    if count < 1 or not 0 <= alpha < np.inf:
        raise InputError(
            f"query expansion: count = {count}, alpha = {alpha} cannot be used; give a count of 1 or more and an alpha "
            "of 0 or more"
        )
    closeness = FeatureCloseness(query_features, gallery_features, "cosine")
    items, cosines, _ = neighbours(closeness, count)
    weights = np.clip(cosines, 0, 1) ** alpha
    expanded = unit_length(closeness.query)
    for n in range(items.shape[1]):
        expanded += weights[:, n, None] * unit_length(closeness.gallery[items[:, n]])
    return unit_length(expanded)
