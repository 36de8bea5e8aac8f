"""How close queries are to a gallery, some queries at a time: larger is closer.

Only the order matters for ranking, so a block is one matrix product with as little done to it as the order allows.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

import numpy as np
from jaxtyping import Float, Float32, Int64

from habitus.errors import InputError

Metric = Literal["cosine", "euclidean"]

Rows = slice | Int64[np.ndarray, "B"]
"""Which B queries: some in sequence, or their numbers."""

Product = Callable[[Float32[np.ndarray, "B D"], Float32[np.ndarray, "B G"]], Float32[np.ndarray, "B G"]]
"""(queries, where to write) -> what was written: the product with a gallery."""

BLOCK_BYTES = 128 * 2**20
"""Of the numbers that say how close a gallery is to some queries, held at a time."""
_ROWS_AT_A_TIME = 4096
_LONGEST, _SHORTEST = 1e18, 1e-30
"""Features: longer ones overflow float32 when they are multiplied, shorter ones are as good as zeros."""
_FEWEST = 4
"""Queries in a product: for a single one BLAS adds up in an order that differs along the gallery, and equal photos
would not tie."""


class Closeness(Protocol):
    """Blocks of numbers that order a gallery for each query."""

    @property
    def shape(self) -> tuple[int, int]:
        """(queries, photos of the gallery)."""
        ...

    @property
    def block_bytes(self) -> int:
        """How much may be asked for at a time."""
        ...

    def of(self, rows: Rows) -> Float[np.ndarray, "B G"]:
        """How close the gallery is to some queries; the array is overwritten by the next call."""
        ...

    def distances(self, rows: Rows, closeness: Float[np.ndarray, "B n"]) -> Float[np.ndarray, "B n"]:
        """The distances that some of these numbers stand for."""
        ...


class FeatureCloseness:
    """By features: the cosine of the angle, or q·g - |g|²/2, which falls as the Euclidean distance grows."""

    def __init__(self, query_features: Any, gallery_features: Any, metric: Metric) -> None:
        """Check the features.

        Args:
            query_features: (Q, D), array or tensor.
            gallery_features: (G, D), array or tensor.
            metric: how features are compared.

        Raises:
            InputError: features of no use: none, NaN, infinite, of different sizes; or there is no such metric.
        """
        if metric not in ("cosine", "euclidean"):
            raise InputError(f"metric: {metric!r} is unknown; choose cosine or euclidean")
        self.query = as_features("query_features", query_features)
        self.gallery = as_features("gallery_features", gallery_features)
        if self.query.shape[1] != self.gallery.shape[1]:
            raise InputError(
                f"query_features: {self.query.shape[1]} numbers a photo, but gallery_features have "
                f"{self.gallery.shape[1]}; make both with the same model"
            )
        self.metric: Metric = metric
        self._query_squares = squared_lengths("query_features", self.query)
        self._gallery_squares = squared_lengths("gallery_features", self.gallery)
        self._buffer = np.empty((0, len(self.gallery)), np.float32)
        on_device = hasattr(gallery_features, "device") and getattr(gallery_features.device, "type", "cpu") != "cpu"
        self._product = tensor_product(gallery_features) if on_device else array_product(self.gallery)

    @property
    def shape(self) -> tuple[int, int]:
        """(queries, photos of the gallery)."""
        return len(self.query), len(self.gallery)

    @property
    def block_bytes(self) -> int:
        """More where the gallery is so large that few queries would fit: their product with it would be slow."""
        return max(BLOCK_BYTES, self.gallery.nbytes // 4)

    def of(self, rows: Rows) -> Float32[np.ndarray, "B G"]:
        """How close the gallery is to some queries; the array is overwritten by the next call."""
        query = self.query[rows]
        wanted = len(query)
        if self.metric == "cosine":
            query = query * _inverse_lengths(self._query_squares[rows])[:, None]
        if wanted < _FEWEST:
            query = np.resize(query, (_FEWEST, query.shape[1]))
        if len(self._buffer) < len(query):
            self._buffer = np.empty((len(query), len(self.gallery)), np.float32)
        block = self._product(query, self._buffer[: len(query)])
        if self.metric == "cosine":
            block *= _inverse_lengths(self._gallery_squares)
        else:
            block -= (self._gallery_squares / 2).astype(np.float32)
        return block[:wanted]

    def distances(self, rows: Rows, closeness: Float[np.ndarray, "B n"]) -> Float[np.ndarray, "B n"]:
        """1 - cosine, or the Euclidean distance."""
        return 1 - closeness if self.metric == "cosine" else np.sqrt(self.squared_distances(rows, closeness))

    def squared_distances(self, rows: Rows, closeness: Float32[np.ndarray, "B n"]) -> Float32[np.ndarray, "B n"]:
        """Squared Euclidean distances, of features at unit length for the cosine."""
        if self.metric == "cosine":
            return 2 - 2 * closeness
        squares = self._query_squares[rows, None].astype(np.float32) - 2 * closeness
        return np.maximum(squares, 0, out=squares)


class DistanceCloseness:
    """By distances that are already there."""

    def __init__(self, distances: Any) -> None:
        """Check the shape.

        Args:
            distances: (Q, G) floats: an array, a tensor, or what gives rows by `distances[rows]`, such as a memory map.

        Raises:
            InputError: there are none, or they are no table of numbers.
        """
        gives_rows = hasattr(distances, "dtype") and not hasattr(distances, "detach")
        self._distances = distances if gives_rows else _array(distances)
        if self._distances.ndim != 2 or not np.issubdtype(self._distances.dtype, np.floating):
            raise InputError(
                f"distances: {self._distances.dtype} of shape {self._distances.shape} is no table of distances; give "
                "floats (queries, gallery)"
            )
        if 0 in self._distances.shape:
            raise InputError(f"distances: shape {self._distances.shape} is empty; give at least one query and photo")
        self._buffer = np.empty((0, self._distances.shape[1]), np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """(queries, photos of the gallery)."""
        return self._distances.shape[0], self._distances.shape[1]

    @property
    def block_bytes(self) -> int:
        """Less than where it takes a product: what stays in the last cache need not be fetched again."""
        return BLOCK_BYTES // 4

    def of(self, rows: Rows) -> Float[np.ndarray, "B G"]:
        """The distances with the sign turned.

        Raises:
            InputError: a distance is NaN, or infinitely small.
        """
        distances = np.asarray(self._distances[rows])
        kind = np.float64 if distances.dtype == np.float64 else np.float32
        if len(self._buffer) < len(distances) or self._buffer.dtype != kind:
            self._buffer = np.empty(distances.shape, kind)
        block = np.negative(distances, out=self._buffer[: len(distances)], dtype=kind)
        broken = ~(block.max(axis=1) < np.inf)
        if broken.any():
            row = np.arange(self.shape[0])[rows][broken.argmax()]
            raise InputError(f"distances: row {row} holds NaN or -infinity; check what made them")
        return block

    def distances(self, rows: Rows, closeness: Float[np.ndarray, "B n"]) -> Float[np.ndarray, "B n"]:  # noqa: ARG002
        """The distances as they were given."""
        return -closeness


def array_product(gallery: Float32[np.ndarray, "G D"]) -> Product:
    """Multiplies queries with a gallery in memory."""
    return lambda query, block: np.matmul(query, gallery.T, out=block)


def tensor_product(gallery: Any) -> Product:
    """Multiplies queries with a gallery (G, D) where that is, on a GPU; only the block comes back."""
    import torch  # noqa: PLC0415 - features in arrays need no torch

    transposed = gallery.detach().float().T

    def product(query: Float32[np.ndarray, "B D"], block: Float32[np.ndarray, "B G"]) -> Float32[np.ndarray, "B G"]:
        torch.from_numpy(block).copy_(torch.from_numpy(query).to(transposed.device) @ transposed)
        return block

    return product


def in_blocks(rows: int, bytes_each: int, most: int) -> Iterator[slice]:
    """Rows 0 ... rows - 1, as many at a time as fit into `most` bytes."""
    size = max(1, most // bytes_each)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def as_features(name: str, features: Any) -> Float32[np.ndarray, "M D"]:
    """Features of any floating type as float32 rows.

    Raises:
        InputError: they are no table of numbers, or there are none.
    """
    array = _array(features)
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.floating):
        raise InputError(
            f"{name}: {array.dtype} of shape {array.shape} is no table of features; give floats (photos, numbers)"
        )
    if 0 in array.shape:
        raise InputError(f"{name}: shape {array.shape} is empty; give at least one photo")
    with np.errstate(over="ignore"):  # what becomes infinite is named by squared_lengths
        return np.ascontiguousarray(array, dtype=np.float32)


def squared_lengths(name: str, features: Float32[np.ndarray, "M D"]) -> Float[np.ndarray, "M"]:
    """The squared length of each row, in float64.

    Raises:
        InputError: a row holds NaN or infinity, or numbers too large to be multiplied.
    """
    squares = np.empty(len(features))
    for start in range(0, len(features), _ROWS_AT_A_TIME):
        part = features[start : start + _ROWS_AT_A_TIME].astype(np.float64)
        squares[start : start + _ROWS_AT_A_TIME] = np.einsum("md,md->m", part, part)
    broken = np.flatnonzero(~(squares <= _LONGEST**2))
    if len(broken):
        raise InputError(
            f"{name}: row {broken[0]} holds NaN or infinity, or is longer than {_LONGEST:g} ({len(broken)} of "
            f"{len(features)} rows are of no use); check the model and the photos that made them"
        )
    return squares


def unit_length(features: Float32[np.ndarray, "M D"]) -> Float32[np.ndarray, "M D"]:
    """A copy in which each row has length 1; rows of zeros stay zeros."""
    return features * _inverse_lengths(squared_lengths("features", features))[:, None]


def _inverse_lengths(squares: Float[np.ndarray, "M"]) -> Float32[np.ndarray, "M"]:
    """1 / length; 0 for features of zeros, whose cosine with anything is then 0."""
    inverse = np.zeros(len(squares))
    return np.divide(1, np.sqrt(squares), out=inverse, where=squares > _SHORTEST**2).astype(np.float32)


def _array(values: Any) -> np.ndarray:
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        return (tensor.float() if tensor.is_floating_point() and tensor.element_size() < 4 else tensor).numpy()
    return np.asarray(values)
