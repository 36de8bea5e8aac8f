"""What photos show of heads, and how alike two heads look: Fisherfaces on the texture's frame.

Of a photo only the pixels of face and scalp are taken, and where they lie on the body: colours by texel, and how far
the head's outline reaches from the head's joint in each direction, left and right taken as one. Light is evened roughly
with the head's known turn. Half a head is unseen in every photo, so a factor analysis that knows missing values gives
each photo few coordinates, and Fisher's discriminant (Belhumeur et al., 1997), learned on other people, weighs them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import eigh

from habitus.body.model import BodyModel
from habitus.body.uv import mirror_texels, uv_region
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.surface.mannequin import mannequin_of
from habitus.types import SMPL_JOINTS

GRID = 96
"""Texels of the texture's side: of a photo 256 pixels high a texel holds about four pixels."""
DARK = 0.06
"""Added before the logarithm: noise counts less in the dark."""
_HEAD = SMPL_JOINTS.index("head")
_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_REACH_UNIT = 0.01
"""Share of the picture's height by which an outline must differ to count as much as a colour by a factor e."""


@dataclass(frozen=True)
class Observations:
    """M photos of heads as vectors with missing values."""

    values: Float[np.ndarray, "M D"]
    weights: Float[np.ndarray, "M D"]
    """0 where a value is missing, 1 where it is sure."""
    person: Int[np.ndarray, "M"]
    outfit: Int[np.ndarray, "M"]
    camera: Int[np.ndarray, "M"]


class HeadFrame:
    """Where on the head texels and directions lie."""

    def __init__(self, body: BodyModel):
        self.body = body
        self.names = [body.regions.index(name) for name in ("face", "hair")]
        texels = mannequin_of(body).texels(GRID)
        on_head = np.any([uv_region(body, name, GRID).numpy() for name in ("face", "hair")], axis=0)
        chosen = on_head[texels.rows, texels.columns]
        self.number = np.full((GRID, GRID), -1)
        self.number[texels.rows[chosen], texels.columns[chosen]] = np.arange(chosen.sum())
        self.normals = np.ascontiguousarray(texels.points.normal[chosen], np.float64)
        mate = self.number.ravel()[mirror_texels(body, GRID).numpy()[texels.rows[chosen], texels.columns[chosen]]]
        own = np.arange(len(self.normals))
        _, self.pair = np.unique(np.where(mate >= 0, np.minimum(own, mate), own), return_inverse=True)
        ways = np.random.default_rng(0).normal(size=(60, 3))
        ways[:, 0] = np.abs(ways[:, 0])
        self.directions = ways / np.linalg.norm(ways, axis=1, keepdims=True)

    def observe(self, photo: MadePhoto) -> tuple[np.ndarray, np.ndarray]:
        """Values (D,) and their weights (D,) of one photo."""
        shown = np.isin(photo.parts.numpy(), self.names) & (photo.mask.numpy() > 0.99)
        frames = self.body.frames(photo.params.theta, photo.params.beta)
        turn = frames.transforms[0, _HEAD, :3, :3].double().numpy()
        logs, seen = self._colours(photo, shown)
        even = (logs - _light(logs.mean(1), seen, self.normals @ turn.T)[:, None]) * seen[:, None]
        total = np.bincount(self.pair, seen)
        pairs = np.stack([np.bincount(self.pair, plane) for plane in even.T], 1) / np.maximum(total, 1e-6)[:, None]
        reach, known = self._outline(photo, shown, turn)
        values, weights = np.r_[pairs.ravel(), reach], np.r_[np.repeat(np.minimum(total, 1), 3), known]
        return values.astype(np.float32), weights.astype(np.float32)

    def _colours(self, photo: MadePhoto, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u, v = photo.uv.numpy()[:, shown]
        row, column = ((1 - v) * GRID).astype(int).clip(0, GRID - 1), (u * GRID).astype(int).clip(0, GRID - 1)
        texel, colours = self.number[row, column], photo.image.numpy()[:, shown]
        known, count = texel >= 0, len(self.normals)
        seen = np.bincount(texel[known], minlength=count)
        total = np.stack([np.bincount(texel[known], plane[known], count) for plane in colours], 1)
        return np.log(total / np.maximum(seen, 1)[:, None] + DARK), np.minimum(seen / 4, 1.0)

    def _outline(self, photo: MadePhoto, shown: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        reach, known = np.zeros(len(self.directions)), np.zeros(len(self.directions))
        rows, columns = np.nonzero(shown)
        if len(rows) < 20:
            return reach, known
        middle = photo.joints[_HEAD].numpy()
        offset = np.stack([columns + 0.5 - middle[0], middle[1] - rows - 0.5])
        ways = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)
        farthest = (ways @ offset).max(1) / photo.image.shape[1] / _REACH_UNIT
        in_head = np.c_[ways, np.zeros(len(ways))] @ turn
        in_head[:, 0] = np.abs(in_head[:, 0])
        near = (in_head @ self.directions.T).argmax(1)
        for place, distance, way in zip(near, farthest, ways, strict=True):
            if way[1] > -0.5:  # below, the neck has no outline
                reach[place], known[place] = distance, 1.0
        return reach, known


def _light(logs: Float[np.ndarray, "K"], seen: Float[np.ndarray, "K"], normals: Float[np.ndarray, "K 3"]) -> np.ndarray:
    """The part (K,) of brightness that goes with the direction of the surface, of spherical harmonics to degree two."""
    x, y, z = normals.T
    basis = np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, x * x - y * y, z * z], 1)
    weighted = basis * seen[:, None]
    shrink = np.diag([1e-3] + [20.0] * 8)
    share = np.linalg.solve(weighted.T @ basis + shrink, weighted.T @ logs)
    share[0] = 0.0
    return basis @ share


@dataclass(frozen=True)
class Fisher:
    """Coordinates of heads in which people differ most for what one person varies."""

    mean: Float[np.ndarray, "D"]
    factors: Float[np.ndarray, "D R"]
    noise: float
    discriminants: Float[np.ndarray, "R R"]

    def coordinates(self, seen: Observations) -> Float[np.ndarray, "M R"]:
        """Unit vectors, one a photo: their inner product tells how alike two heads are. Zeros where none is seen."""
        scores = _scores(seen, self.mean, self.factors, self.noise) @ self.discriminants
        return scores / np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), 1e-9)


def learn(seen: Observations, *, factors: int = 80, rounds: int = 4) -> Fisher:
    """Factor analysis with missing values, then Fisher's discriminants of its scores."""
    values, weights = seen.values, seen.weights
    mean = (values * weights).sum(0) / (weights.sum(0) + 1.0)
    noise, found = 0.05, np.zeros((values.shape[1], 0))
    filled = np.where(weights > 0, weights * (values - mean), 0.0)
    for _ in range(rounds):  # what is unseen is filled with what the factors say of it
        _, vectors = eigh(
            filled.T @ filled / len(filled), subset_by_index=(values.shape[1] - factors, values.shape[1] - 1)
        )
        scale = np.sqrt(((filled @ vectors) ** 2).mean(0))
        found = vectors * scale
        guess = _scores(seen, mean, found, noise) @ found.T
        filled = weights * (values - mean) + (1 - weights) * guess
        noise = float((weights * (values - mean - guess) ** 2).sum() / weights.sum())
    scores = _scores(seen, mean, found, noise)
    people = np.unique(seen.person)
    middle = np.stack([scores[seen.person == person].mean(0) for person in people])
    within = scores - middle[np.searchsorted(people, seen.person)]
    spread = within.T @ within / len(within) + 1e-3 * np.eye(factors)
    among, vectors = eigh(np.cov(middle.T), spread)
    return Fisher(mean, found, noise, vectors * np.sqrt(np.clip(among, 0, None) / (1 + np.clip(among, 0, None))))


def _scores(
    seen: Observations, mean: Float[np.ndarray, "D"], factors: Float[np.ndarray, "D R"], noise: float
) -> Float[np.ndarray, "M R"]:
    """Posterior means of the factors given what is seen of each photo."""
    rank = factors.shape[1]
    rows = []
    for values, weights in zip(seen.values, seen.weights, strict=True):
        known = weights > 0
        part = factors[known]
        weighted = part * weights[known, None]
        rows.append(np.linalg.solve(weighted.T @ part + noise * np.eye(rank), weighted.T @ (values - mean)[known]))
    return np.stack(rows)
