"""k-reciprocal re-ranking: photos that are neighbours of the same photos come closer.

Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, with the distances scaled as
the published code scales them. Each photo's neighbourhood is a few dozen numbers, so nothing of the size (photos x
photos) is ever held: only blocks of distances, of which the nearest are kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32, Int64
from scipy import sparse

from habitus.compiled import kernel, over_batch
from habitus.errors import InputError
from habitus.evaluation.closeness import BLOCK_BYTES, FeatureCloseness, Metric, in_blocks, unit_length
from habitus.evaluation.neighbours import neighbours


@dataclass(frozen=True, eq=False)
class Reranked:
    """Re-ranked distances of Q queries to G photos, made when asked for: `reranked[rows]` is an array (B, G).

    `reranked[:]` makes all of them; `ranking.rank_distances` takes it as it is, and asks for some rows at a time.
    """

    closeness: FeatureCloseness
    """Euclidean, of queries to the gallery."""
    farthest: Float32[np.ndarray, "Q"]
    """Squared distance of each query to the photo, query or gallery, that is farthest from it."""
    query_neighbourhoods: sparse.csr_array
    """(Q, N): V of section 3.3 after the expansion of section 3.4, N = Q + G."""
    gallery_neighbourhoods: sparse.csc_array
    """(G, N)."""
    lambda_value: float

    @property
    def shape(self) -> tuple[int, int]:
        """(Q, G)."""
        return self.closeness.shape

    @property
    def ndim(self) -> int:
        """2."""
        return 2

    @property
    def dtype(self) -> np.dtype:
        """Of the distances."""
        return np.dtype(np.float32)

    def __getitem__(self, rows: Any) -> Float32[np.ndarray, "B G"]:
        """Equation 12: (1 - lambda) Jaccard distance + lambda original distance, for some queries."""
        rows = np.atleast_1d(np.arange(self.shape[0])[rows])
        distances = np.empty((len(rows), self.shape[1]), np.float32)
        for part in in_blocks(len(rows), 8 * self.shape[1], self.closeness.block_bytes):
            self._fill(rows[part], distances[part])
        return distances

    def _fill(self, rows: Int64[np.ndarray, "B"], distances: Float32[np.ndarray, "B G"]) -> None:
        original = self.closeness.squared_distances(rows, self.closeness.of(rows))
        weights = self.lambda_value * _inverse(self.farthest[rows])
        np.multiply(original, weights[:, None], out=distances)
        V, W = self.query_neighbourhoods[rows], self.gallery_neighbourhoods
        over_batch(
            _add_jaccard, len(rows), V.indptr, V.indices, V.data, W.indptr, W.indices, W.data,
            np.float32(1 - self.lambda_value), distances,
        )  # fmt: skip


def rerank(
    query_features: Any,
    gallery_features: Any,
    *,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
    metric: Metric = "cosine",
) -> Reranked:
    """Re-rank by k-reciprocal neighbours, labels unseen.

    Args:
        query_features: (Q, D) floats, array or tensor.
        gallery_features: (G, D).
        k1: neighbours that are to be reciprocal.
        k2: neighbours, itself among them, whose neighbourhoods are averaged; 1: none.
        lambda_value: the weight of the original distance, in [0, 1].
        metric: of the original distance, squared Euclidean; "cosine" compares the features at unit length.

    Returns:
        Distances (Q, G), made some rows at a time.

    Raises:
        InputError: features as `ranking.rank` refuses them, or numbers out of range.
    """
    if k1 < 1 or k2 < 1 or not 0 <= lambda_value <= 1:
        raise InputError(
            f"re-ranking: k1 = {k1}, k2 = {k2}, lambda = {lambda_value} cannot be used; give k1 and k2 of 1 or more, "
            "and lambda from 0 to 1"
        )
    features, Q = _together(query_features, gallery_features, metric)
    closeness = FeatureCloseness(features, features, "euclidean")
    closest, _, least = neighbours(closeness, max(k1 + 1, k2))
    everyone = np.arange(len(features))
    farthest = closeness.squared_distances(everyone, least[:, None])[:, 0]
    V = _neighbourhoods(features, np.ascontiguousarray(closest[:, : k1 + 1]), farthest, k1)
    if k2 > 1:
        V = _mean_of(closest[:, :k2]) @ V
    return Reranked(
        closeness=FeatureCloseness(features[:Q], features[Q:], "euclidean"),
        farthest=farthest[:Q],
        query_neighbourhoods=sparse.csr_array(V[:Q]),
        gallery_neighbourhoods=sparse.csc_array(V[Q:]),
        lambda_value=lambda_value,
    )


def _together(query_features: Any, gallery_features: Any, metric: Metric) -> tuple[Float32[np.ndarray, "N D"], int]:
    given = FeatureCloseness(query_features, gallery_features, metric)  # checks
    features = np.concatenate([given.query, given.gallery])
    return unit_length(features) if metric == "cosine" else features, len(given.query)


def _neighbourhoods(
    features: Float32[np.ndarray, "N D"],
    closest: Int32[np.ndarray, "N n"],
    farthest: Float32[np.ndarray, "N"],
    k1: int,
) -> sparse.csr_array:
    """V: each photo's expanded k-reciprocal neighbours (equations 4 and 5), weighted as equation 10, to the sum 1."""
    N, n = closest.shape
    half = min(n, round(k1 / 2) + 1)
    most = n * (1 + half)
    blocks = []
    for rows in in_blocks(N, 8 * most, BLOCK_BYTES):
        B = rows.stop - rows.start
        count, items, weights = np.zeros(B, np.int64), np.zeros((B, most), np.int32), np.zeros((B, most), np.float32)
        over_batch(_encode, B, rows.start, features, closest, half, _inverse(farthest), count, items, weights)
        filled = np.arange(most) < count[:, None]
        starts = np.concatenate([[0], np.cumsum(count)])
        blocks.append(sparse.csr_array((weights[filled], items[filled], starts), shape=(B, N)))
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _mean_of(closest: Int32[np.ndarray, "N k"]) -> sparse.csr_array:
    """The matrix that averages the rows of each photo's closest ones."""
    N, k = closest.shape
    weights = np.full(N * k, 1 / k, np.float32)
    return sparse.csr_array((weights, closest.ravel(), np.arange(N + 1) * k), shape=(N, N))


def _inverse(values: Float32[np.ndarray, "n"]) -> Float32[np.ndarray, "n"]:
    """1 / value; 0 for 0: the distances of photos that all equal one another are 0 however they are scaled."""
    return np.divide(1, values, out=np.zeros_like(values), where=values > 0)


@kernel
def _encode(
    begin: int,
    end: int,
    start: int,
    features: Any,
    closest: Any,
    half: int,
    scale: Any,
    count: Any,
    items: Any,
    weights: Any,
) -> None:
    for b in range(begin, end):
        i = start + b
        item = items[b]
        n = 0
        for j in closest[i]:
            if _holds(closest[j], i):
                item[n] = j
                n += 1
        reciprocal = n
        near = np.empty(half, np.int32)
        for r in range(reciprocal):
            candidate = item[r]
            size, common = 0, 0
            for j in closest[candidate, :half]:
                if _holds(closest[j, :half], candidate):
                    near[size] = j
                    size += 1
                    common += int(_holds(item[:reciprocal], j))
            if 3 * common > 2 * size:
                for j in near[:size]:
                    if not _holds(item[:n], j):
                        item[n] = j
                        n += 1
        total = 0.0
        for r in range(n):
            square = 0.0
            for d in range(features.shape[1]):
                square += (features[i, d] - features[item[r], d]) ** 2
            weights[b, r] = np.exp(-square * scale[i])
            total += weights[b, r]
        for r in range(n):
            weights[b, r] /= total
        count[b] = n


@kernel
def _holds(values: Any, wanted: int) -> bool:
    for value in values:  # noqa: SIM110 - numba compiles loops, not generators
        if value == wanted:
            return True
    return False


@kernel
def _add_jaccard(
    begin: int,
    end: int,
    V_starts: Any,
    V_items: Any,
    V_weights: Any,
    W_starts: Any,
    W_items: Any,
    W_weights: Any,
    share: float,
    distances: Any,
) -> None:
    """Equation 11: both rows sum to 1, so the sum of maxima is 2 less the sum of minima."""
    common = np.empty(distances.shape[1], np.float32)
    for b in range(begin, end):
        common[:] = 0
        for v in range(V_starts[b], V_starts[b + 1]):
            item, weight = V_items[v], V_weights[v]
            for w in range(W_starts[item], W_starts[item + 1]):
                common[W_items[w]] += min(weight, W_weights[w])
        for g in range(common.size):
            distances[b, g] += share * (1 - common[g] / (2 - common[g]))
