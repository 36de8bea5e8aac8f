"""Thousands of people who differ as people do, drawn from MakeHuman's sliders."""

from dataclasses import dataclass

import numpy as np

from open_body.source import Assets, BaseMesh

AGES = ("young", "old")
"""25 and 90 years; children are left out."""
GENDERS = ("male", "female")
MUSCLES = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")
RACES = ("african", "asian", "caucasian")
CUPS = ("mincup", "averagecup", "maxcup")
FIRMNESS = ("minfirmness", "averagefirmness", "maxfirmness")
HEIGHTS = ("minheight", "maxheight")
PROPORTIONS = ("idealproportions", "uncommonproportions")

FACTORS = ("fat", "muscle", "frame", "pear", "belly", "legs", "arms", "head")
"""What moves many sliders together, each standard normal: fatness, muscularity, width of the skeleton, weight on hips
and thighs rather than shoulders, belly, long legs and a short trunk, arm length, head size."""

LOCAL = {
    "arms": {
        "{}-upperarm-fat": {"fat": 0.5, "": 0.15},
        "{}-lowerarm-fat": {"fat": 0.4, "": 0.15},
        "{}-upperarm-muscle": {"muscle": 0.45, "": 0.15},
        "{}-lowerarm-muscle": {"muscle": 0.4, "": 0.15},
        "{}-upperarm-shoulder-muscle": {"muscle": 0.35, "": 0.15},
        "{}-upperarm-scale-vert": {"arms": 0.4, "": 0.1},
        "{}-lowerarm-scale-vert": {"arms": 0.4, "": 0.1},
    },
    "legs": {
        "{}-upperleg-fat": {"fat": 0.3, "pear": 0.2, "": 0.1},
        "{}-lowerleg-fat": {"fat": 0.35, "pear": 0.2, "": 0.15},
        "{}-upperleg-muscle": {"muscle": 0.35, "": 0.15},
        "{}-lowerleg-muscle": {"muscle": 0.35, "": 0.2},
        "{}-upperleg-scale-horiz": {"pear": 0.15, "frame": 0.2, "": 0.1},
        "upperlegs-height": {"legs": 0.6, "": 0.1},
        "lowerlegs-height": {"legs": 0.6, "": 0.1},
    },
    "torso": {
        "torso-scale-horiz": {"frame": 0.6, "fat": 0.15, "": 0.1},
        "torso-scale-depth": {"always": 0.15, "belly": 0.25, "fat": 0.2, "frame": 0.25, "": 0.1},
        "torso-scale-vert": {"legs": -0.5, "": 0.15},
        "torso-vshape": {"muscle": 0.35, "pear": -0.4, "": 0.15},
        "torso-muscle-pectoral": {"muscle": 0.35, "": 0.15},
        "torso-muscle-dorsi": {"muscle": 0.35, "": 0.15},
        "measure-shoulder-dist": {"frame": 0.5, "pear": -0.3, "": 0.1},
        "measure-waist-circ": {"always": 0.2, "fat": 0.3, "belly": 0.2, "": 0.1},
        "measure-hips-circ": {"pear": 0.3, "fat": 0.2, "": 0.1},
    },
    "hip": {
        "hip-scale-horiz": {"frame": 0.45, "pear": 0.4, "": 0.1},
        "hip-scale-depth": {"pear": 0.25, "fat": 0.15, "": 0.15},
        "hip-scale-vert": {"": 0.2},
    },
    "stomach": {
        "stomach-tone": {"fat": -0.2, "belly": -0.3, "": 0.1},
        "stomach-pregnant": {"always": 0.05, "belly": 0.3, "fat": 0.1},
    },
    "buttocks": {"buttocks-volume": {"pear": 0.3, "fat": 0.15, "": 0.15}},
    "neck": {
        "neck-scale-horiz": {"muscle": 0.3, "fat": 0.25, "": 0.1},
        "neck-scale-depth": {"muscle": 0.3, "fat": 0.25, "": 0.1},
        "neck-scale-vert": {"legs": 0.1, "": 0.15},
    },
    "head": {
        "head-scale-horiz": {"head": 0.4, "": 0.15},
        "head-scale-vert": {"head": 0.4, "": 0.15},
        "head-scale-depth": {"head": 0.4, "": 0.15},
        "head-fat": {"fat": 0.4, "": 0.15},
    },
    "hands": {"{}-hand-scale": {"arms": 0.2, "head": 0.15, "": 0.15}, "{}-hand-fingers-distance": {"always": -0.6}},
    "feet": {"{}-foot-scale": {"legs": 0.1, "head": 0.15, "": 0.15}},
}
"""Local sliders in [-1, 1]: how much of each factor they take, "" noise of their own, "always" a constant. {} stands
for both sides at once, so everyone is left-right symmetric."""

STATURE = ((1.79, 0.072), (1.67, 0.066))
"""Mean and standard deviation of the height of men and women, metres."""


@dataclass(frozen=True)
class Targets:
    """All morph targets, and what each macro target is the product of."""

    offsets: np.ndarray
    """(K, 19158, 3) float32."""
    factors: list[tuple[str, ...]]
    """Of the macro targets, which come first."""
    local: list[tuple[str, float]]
    """(slider, +1 or -1) of each of the rest."""
    loadings: dict[str, dict[str, float]]
    """What each local slider is made of."""


def read_targets(assets: Assets, base: BaseMesh) -> Targets:
    """Load the macro targets of adults and the chosen local ones."""
    count = len(base.vertices)
    offsets, factors = [], []

    def macro(name: str, *parts: str) -> None:
        if f"targets/{name}.target.gz" in assets:
            offsets.append(assets.target(name, count))
            factors.append(parts)

    for gender in GENDERS:
        for age in AGES:
            for race in RACES:
                macro(f"macrodetails/{race}-{gender}-{age}", race, gender, age)
            for muscle in MUSCLES:
                for weight in WEIGHTS:
                    build = (gender, age, muscle, weight)
                    stem = "-".join(build)
                    macro(f"macrodetails/universal-{stem}", *build)
                    for height in HEIGHTS:
                        macro(f"macrodetails/height/{stem}-{height}", *build, height)
                    for proportions in PROPORTIONS:
                        macro(f"macrodetails/proportions/{stem}-{proportions}", *build, proportions)
                    for cup in CUPS if gender == "female" else ():
                        for firmness in FIRMNESS:
                            macro(f"breast/{stem}-{cup}-{firmness}", *build, cup, firmness)
    local, loadings = [], {}
    pairs = _opposites(assets)
    for folder, sliders in LOCAL.items():
        for pattern, loading in sliders.items():
            names = [pattern.format(side) for side in ("l", "r")] if "{}" in pattern else [pattern]
            for sign in (1.0, -1.0):
                offsets.append(sum(assets.target(f"{folder}/{pairs[folder, name][sign]}", count) for name in names))
                local.append((pattern, sign))
            loadings[pattern] = loading
    return Targets(np.stack(offsets), factors, local, loadings)


def _opposites(assets: Assets) -> dict[tuple[str, str], dict[float, str]]:
    """(folder, slider without its ending) -> names of its targets by sign."""
    found = {}
    for folder, section in assets.json("targets/target.json").items():
        for category in section["categories"]:
            ends = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                negative, positive = ends.get(f"negative-{side}"), ends.get(f"positive-{side}")
                if negative and positive:
                    stem = positive.rsplit("-", 1)[0]
                    found[folder, stem] = {1.0: positive, -1.0: negative}
    return found


def draw_people(targets: Targets, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw sliders of `count` adults; returns target coefficients (count, K) and sex (count,), 0 male, 1 female."""
    female = (np.arange(count) % 2).astype(float)
    gender = np.abs(female - np.abs(rng.normal(0, 0.15, count)).clip(0, 0.5))
    factor = dict(zip(FACTORS, rng.normal(size=(len(FACTORS), count)).clip(-2.5, 2.5), strict=True))
    age = rng.uniform(18, 80, count)
    values = {
        **_between(gender, GENDERS),
        **_between(((age - 25) / 65).clip(0, 1), AGES),
        **_between((0.5 + 0.24 * factor["muscle"]).clip(0, 1), MUSCLES),
        **_between((0.61 + 0.27 * factor["fat"]).clip(0, 1), WEIGHTS),
        **_between(rng.normal(0.42, 0.06, count).clip(0, 1), HEIGHTS),
        **_between(rng.normal(0.5, 0.25, count).clip(0, 1), PROPORTIONS),
        **_between(rng.normal(0.5, 0.25, count).clip(0, 1), CUPS),
        **_between(rng.normal(0.5, 0.2, count).clip(0, 1), FIRMNESS),
    }
    values |= dict(zip(RACES, rng.dirichlet(np.ones(3) * 0.8, count).T, strict=True))
    sliders = {}
    for name, loading in targets.loadings.items():
        parts = {"": rng.normal(size=count), "always": np.ones(count), **factor}
        sliders[name] = np.sum([share * parts[part] for part, share in loading.items()], axis=0).clip(-1, 1)
    return _coefficients(targets, values, sliders), female


def plain_people(targets: Targets) -> tuple[np.ndarray, np.ndarray]:
    """A few fixed people for the mesh to suit: average, then men and women, lean and heavy; as `draw_people`.

    They do not depend on how the population is drawn, so the mesh stays the same when the population is widened.
    """
    gender = np.array([0.5, 0.0, 1.0, 0.0, 1.0])
    values = {
        **_between(gender, GENDERS),
        **_between(np.array([0.3, 0.0, 0.0, 0.5, 0.5]), AGES),
        **_between(np.array([0.5, 0.9, 0.2, 0.3, 0.5]), MUSCLES),
        **_between(np.array([0.5, 0.3, 0.2, 1.0, 1.0]), WEIGHTS),
        **_between(np.full(5, 0.42), HEIGHTS),
        **_between(np.full(5, 0.5), PROPORTIONS),
        **_between(np.full(5, 0.5), CUPS),
        **_between(np.full(5, 0.5), FIRMNESS),
        **{race: np.full(5, 1 / 3) for race in RACES},
    }
    sliders = {name: np.full(5, loading.get("always", 0.0)) for name, loading in targets.loadings.items()}
    return _coefficients(targets, values, sliders), gender.round()


def _coefficients(targets: Targets, values: dict[str, np.ndarray], sliders: dict[str, np.ndarray]) -> np.ndarray:
    """(count, K) of the macro targets, products of their factors, and of the local ones, by sign."""
    columns = [np.prod([values[part] for part in parts], axis=0) for parts in targets.factors]
    columns += [(sign * sliders[name]).clip(0, None) for name, sign in targets.local]
    return np.stack(columns, 1).astype(np.float32)


def stature_scale(height: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Factor for each person that gives men and women the mean and spread of `STATURE`, and keeps who is taller."""
    scale = np.ones_like(height)
    for sex, (mean, deviation) in enumerate(STATURE):
        of_sex = female == sex
        if not of_sex.any():
            continue
        standard = (height[of_sex] - height[of_sex].mean()) / max(height[of_sex].std(), 1e-6)
        scale[of_sex] = (mean + deviation * standard.clip(-2.6, 2.6)) / height[of_sex]
    return scale


def _between(position: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Weights of evenly spaced anchors, linear between neighbours, for a slider in [0, 1]."""
    place = position * (len(names) - 1)
    return {name: np.clip(1 - np.abs(place - k), 0, None) for k, name in enumerate(names)}
