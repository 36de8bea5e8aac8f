"""What photos show of heads, and how alike two heads look: probabilistic Fisherfaces on the texture's frame.

Of a photo only the pixels of face and scalp are taken, and where they lie on the body: colours by texel, and how far
the head's outline reaches from the head's joint in each direction, left and right taken as one. Light is evened roughly
with the head's known turn, each camera's colour with the heads that stood before it. Half a head is unseen in every
photo, so heads are compared by a model that knows missing values, learned on other people: probabilistic linear
discriminant analysis (Ioffe, 2006; Prince and Elder, 2007).
"""

from dataclasses import dataclass, fields, replace

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
_DIRECTIONS = 60
"""In which the head's outline is measured."""
_REACH_UNIT = 0.01
"""Share of the picture's height by which an outline must differ to count as much as a colour by a factor e."""
_LEAST_NOISE = 1e-3
_RIDGE = 1e-2
"""On the factors of a value that is hardly ever seen."""


@dataclass(frozen=True)
class Observations:
    """M photos of heads as vectors with missing values."""

    values: Float[np.ndarray, "M D"]
    weights: Float[np.ndarray, "M D"]
    """0 where a value is missing, 1 where it is sure."""
    person: Int[np.ndarray, "M"]
    outfit: Int[np.ndarray, "M"]
    camera: Int[np.ndarray, "M"]

    def evened(self, usual: Float[np.ndarray, "D"]) -> "Observations":
        """Without what is each camera's own: the colour by which the heads before it differ from the usual head."""
        values = self.values.copy()
        for camera in np.unique(self.camera):
            before = self.camera == camera
            for channel in range(3):
                plane = slice(channel, len(usual) - _DIRECTIONS, 3)
                sure, colour = self.weights[before, plane], self.values[before, plane]
                seen = sure.sum(1)
                cast = ((colour - usual[plane]) * sure).sum(1)[seen > 5] / seen[seen > 5]
                values[before, plane] -= np.median(cast) if len(cast) else 0.0
        return replace(self, values=values)

    def select(self, rows: np.ndarray) -> "Observations":
        """Some of the photos, by index or mask."""
        return Observations(*(getattr(self, f.name)[rows] for f in fields(self)))


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
        ways = np.random.default_rng(0).normal(size=(_DIRECTIONS, 3))
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
class HeadModel:
    """How heads vary: values = mean + factors @ (person + photo) + noise, all Gaussian (probabilistic LDA).

    In coordinates in which the photos of one person have unit covariance and people the variances `among`.
    """

    mean: Float[np.ndarray, "D"]
    factors: Float[np.ndarray, "D R"]
    noise: Float[np.ndarray, "D"]
    among: Float[np.ndarray, "R"]

    def alike(self, asking: Observations, shown: Observations) -> Float[np.ndarray, "Q G"]:
        """Log of how much likelier two photos are if of one person than if of two; 0 where no head is seen."""
        (asked, asked_sure), (known, known_sure) = self._told(asking), self._told(shown)
        prior = 1 / self.among
        ratio = np.zeros((len(asked), len(known)), np.float32)
        for k in range(len(prior)):
            told, sure = asked[:, None, k] + known[None, :, k], asked_sure[:, None, k] + known_sure[None, :, k]
            ratio += _evidence(told, sure, prior[k])
            ratio -= _evidence(asked[:, k], asked_sure[:, k], prior[k])[:, None]
            ratio -= _evidence(known[:, k], known_sure[:, k], prior[k])[None]
        return ratio

    def _told(self, seen: Observations) -> tuple[Float[np.ndarray, "M R"], Float[np.ndarray, "M R"]]:
        """What each photo alone tells of its person: precision times mean, and precision, coordinate by coordinate."""
        sums, precisions = _information(seen, self.mean, self.factors, self.noise)
        unit, prior = np.eye(len(self.among), dtype=np.float32), (1 / self.among).astype(np.float32)
        spread = np.linalg.inv(precisions + unit)
        covariance = np.linalg.inv(unit - spread + np.diag(prior))
        told = np.einsum("mab,mbc,mc->ma", covariance, spread, sums, optimize=True)
        variance = np.einsum("maa->ma", covariance)
        return told / variance, np.maximum(1 / variance - prior, 0)


def _evidence(told: np.ndarray, sure: np.ndarray, prior: float) -> np.ndarray:
    """Log of how well one coordinate of a person explains what was told of it, but for what all pairs share."""
    return (0.5 * (told * told / (sure + prior) - np.log1p(sure / prior))).astype(np.float32)


def usual_head(seen: Observations) -> Float[np.ndarray, "D"]:
    """The mean of what is seen."""
    return (seen.values * seen.weights).sum(0) / (seen.weights.sum(0) + 1)


def learn(seen: Observations, *, factors: int = 48, rounds: int = 6) -> HeadModel:
    """Expectation maximisation, from the principal components on."""
    people, owner = np.unique(seen.person, return_inverse=True)
    weights, values = seen.weights, seen.values
    mean = usual_head(seen)
    filled = weights * (values - mean)
    last = len(mean) - 1
    _, vectors = eigh(filled.T @ filled / len(filled), subset_by_index=(last + 1 - factors, last))
    found = (vectors * np.sqrt(((filled @ vectors) ** 2).mean(0))).astype(np.float32)
    noise = np.full(len(mean), 0.05, np.float32)
    among, within = (0.5 * np.eye(factors, dtype=np.float32) for _ in range(2))
    for _ in range(rounds):
        scores, covariances, among, within = _expect(
            *_information(seen, mean, found, noise), among, within, owner, len(people)
        )
        found, noise = _regress(weights, values - mean, scores, covariances)
        mean = (weights * (values - scores @ found.T)).sum(0) / (weights.sum(0) + 1)
    variances, basis = eigh(among, within)
    found = found @ np.linalg.inv(basis).T
    return HeadModel(mean, found.astype(np.float32), noise, np.maximum(variances, 1e-6))


def _information(
    seen: Observations, mean: np.ndarray, factors: Float[np.ndarray, "D R"], noise: Float[np.ndarray, "D"]
) -> tuple[Float[np.ndarray, "M R"], Float[np.ndarray, "M R R"]]:
    """What photos tell of their factors: precision times mean, and precision; missing values tell nothing."""
    precision = seen.weights / noise
    rows, columns = np.triu_indices(factors.shape[1])
    return (precision * (seen.values - mean)) @ factors, _square(precision @ (factors[:, rows] * factors[:, columns]))


def _square(triangles: Float[np.ndarray, "M T"]) -> Float[np.ndarray, "M R R"]:
    """Symmetric matrices from their upper triangles."""
    size = int(np.sqrt(2 * triangles.shape[1]))
    rows, columns = np.triu_indices(size)
    square = np.empty((len(triangles), size, size), triangles.dtype)
    square[:, rows, columns] = triangles
    square[:, columns, rows] = triangles
    return square


def _expect(
    sums: Float[np.ndarray, "M R"], precisions: Float[np.ndarray, "M R R"], among: np.ndarray, within: np.ndarray,
    owner: Int[np.ndarray, "M"], people: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Means (M, R) and covariances (M, R, R) of the factors, and the new covariances among and within people."""
    tie = np.linalg.inv(within)
    spread = np.linalg.inv(tie + precisions)  # of the factors, the person being known
    pull = spread @ tie
    told, sure = np.zeros((people, len(tie)), np.float32), np.zeros((people, *tie.shape), np.float32)
    np.add.at(told, owner, np.einsum("mab,ma->mb", pull, sums))
    np.add.at(sure, owner, tie - tie @ pull)
    unsure = np.linalg.inv(sure + np.linalg.inv(among))
    person = np.einsum("pab,pb->pa", unsure, told)
    whose, doubt = person[owner], unsure[owner]
    scores = np.einsum("mab,mb->ma", spread, sums) + np.einsum("mab,mb->ma", pull, whose)
    shared = pull @ doubt
    covariances = spread + shared @ pull.transpose(0, 2, 1)
    apart = scores - whose
    spare = (covariances - shared - shared.transpose(0, 2, 1) + doubt).sum(0)
    among = (person.T @ person + unsure.sum(0)) / people
    within = (apart.T @ apart + spare) / len(scores) + 1e-4 * np.eye(len(tie), dtype=np.float32)
    return scores, covariances, among.astype(np.float32), within.astype(np.float32)


def _regress(
    weights: Float[np.ndarray, "M D"], values: Float[np.ndarray, "M D"], scores: Float[np.ndarray, "M R"],
    covariances: Float[np.ndarray, "M R R"],
) -> tuple[Float[np.ndarray, "D R"], Float[np.ndarray, "D"]]:  # fmt: skip
    """Factors and noise that explain the values best."""
    rows, columns = np.triu_indices(scores.shape[1])
    seconds = covariances[:, rows, columns] + scores[:, rows] * scores[:, columns]
    normal = _square(weights.T @ seconds) + _RIDGE * np.eye(scores.shape[1], dtype=np.float32)
    right = (weights * values).T @ scores
    factors = np.linalg.solve(normal, right[..., None])[..., 0]
    left = (weights * values**2).sum(0) - (factors * right).sum(1)
    return factors, np.maximum((left + _LEAST_NOISE) / (weights.sum(0) + 1), _LEAST_NOISE).astype(np.float32)
