"""Query expansion against its formula, one query after the other."""

import numpy as np
import pytest

from habitus.errors import InputError
from habitus.evaluation.expansion import alpha_query_expansion, average_query_expansion


def unit(features):
    return features / np.linalg.norm(features, axis=-1, keepdims=True)


@pytest.mark.parametrize("alpha", [0, 1, 3.5])
def test_queries_are_averaged_with_their_neighbours(alpha):
    rng = np.random.default_rng(1)
    for count in (1, 4, 50):
        query, gallery = rng.standard_normal((6, 8)), rng.standard_normal((20, 8)) * rng.random((20, 1))
        expected = []
        for q in unit(query):
            cosines = unit(gallery) @ q
            nearest = np.argsort(-cosines)[:count]
            expected.append(unit(q + sum(max(cosines[g], 0) ** alpha * unit(gallery[g]) for g in nearest)))
        found = alpha_query_expansion(query, gallery, count=count, alpha=alpha)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        if alpha == 0:
            np.testing.assert_array_equal(average_query_expansion(query, gallery, count=count), found)


def test_the_features_given_are_left_alone():
    query, gallery = np.ones((2, 3), np.float32), np.eye(3, dtype=np.float32)
    average_query_expansion(query, gallery, count=2)
    assert (query == 1).all()


@pytest.mark.parametrize("options", [{"count": 0}, {"alpha": -1.0}, {"alpha": float("nan")}, {"alpha": float("inf")}])
def test_numbers_out_of_range_are_named(options):
    with pytest.raises(InputError, match="query expansion"):
        alpha_query_expansion(np.ones((2, 3)), np.ones((4, 3)), **options)
