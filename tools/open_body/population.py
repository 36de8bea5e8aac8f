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

LOCAL = {
    "arms": {
        "{}-upperarm-fat": 0.45, "{}-upperarm-muscle": 0.35, "{}-lowerarm-fat": 0.35, "{}-lowerarm-muscle": 0.35,
        "{}-upperarm-scale-vert": 0.25, "{}-lowerarm-scale-vert": 0.25, "{}-upperarm-shoulder-muscle": 0.3,
    },
    "legs": {
        "{}-upperleg-fat": 0.45, "{}-upperleg-muscle": 0.35, "{}-lowerleg-fat": 0.4, "{}-lowerleg-muscle": 0.35,
        "upperlegs-height": 0.35, "lowerlegs-height": 0.35, "{}-upperleg-scale-horiz": 0.35,
    },
    "torso": {
        "torso-scale-horiz": 0.4, "torso-scale-depth": 0.4, "torso-scale-vert": 0.35, "torso-vshape": 0.4,
        "torso-muscle-pectoral": 0.3, "torso-muscle-dorsi": 0.3, "measure-shoulder-dist": 0.35,
        "measure-waist-circ": 0.4, "measure-hips-circ": 0.35, "measure-bust-circ": 0.25,
    },
    "hip": {"hip-scale-horiz": 0.4, "hip-scale-depth": 0.35, "hip-scale-vert": 0.3},
    "stomach": {"stomach-tone": 0.4, "stomach-pregnant": 0.3},
    "buttocks": {"buttocks-volume": 0.4},
    "neck": {"neck-scale-horiz": 0.3, "neck-scale-depth": 0.3, "neck-scale-vert": 0.3},
    "head": {"head-scale-horiz": 0.3, "head-scale-vert": 0.3, "head-scale-depth": 0.3, "head-fat": 0.4},
    "hands": {"{}-hand-scale": 0.3},
    "feet": {"{}-foot-scale": 0.3},
}  # fmt: skip
"""Local sliders in [-1, 1] and the standard deviation they are drawn with; {} stands for both sides at once."""


@dataclass(frozen=True)
class Targets:
    """All morph targets, and what each macro target is the product of."""

    offsets: np.ndarray
    """(K, 19158, 3) float32."""
    factors: list[tuple[str, ...]]
    """Of the macro targets, which come first."""
    local: list[tuple[str, float]]
    """(slider, +1 or -1) of each of the rest."""
    spread: dict[str, float]
    """Standard deviation of each local slider."""


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
    local, spread = [], {}
    pairs = _opposites(assets)
    for folder, sliders in LOCAL.items():
        for pattern, deviation in sliders.items():
            names = [pattern.format(side) for side in ("l", "r")] if "{}" in pattern else [pattern]
            for sign in (1.0, -1.0):
                offsets.append(sum(assets.target(f"{folder}/{pairs[folder, name][sign]}", count) for name in names))
                local.append((pattern, sign))
            spread[pattern] = deviation
    return Targets(np.stack(offsets), factors, local, spread)


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
    """Draw sliders of `count` adults; returns target coefficients (count, K) and gender (count,), 0 male, 1 female."""
    female = (np.arange(count) % 2).astype(float)
    gender = np.abs(female - np.abs(rng.normal(0, 0.15, count)).clip(0, 0.5))
    age = rng.uniform(18, 80, count)
    values = {
        **_between(gender, GENDERS),
        **_between(((age - 25) / 65).clip(0, 1), AGES),
        **_between(rng.normal(0.5, 0.27, count).clip(0, 1), MUSCLES),
        **_between(rng.normal(0.52, 0.27, count).clip(0, 1), WEIGHTS),
        **_between(rng.normal(0.42, 0.075, count).clip(0, 1), HEIGHTS),
        **_between(rng.normal(0.5, 0.25, count).clip(0, 1), PROPORTIONS),
        **_between(rng.normal(0.5, 0.25, count).clip(0, 1), CUPS),
        **_between(rng.normal(0.5, 0.2, count).clip(0, 1), FIRMNESS),
    }
    values |= dict(zip(RACES, rng.dirichlet(np.ones(3) * 0.8, count).T, strict=True))
    sliders = {name: rng.normal(0, deviation, count).clip(-1, 1) for name, deviation in targets.spread.items()}
    columns = [np.prod([values[part] for part in parts], axis=0) for parts in targets.factors]
    columns += [(sign * sliders[name]).clip(0, None) for name, sign in targets.local]
    return np.stack(columns, 1).astype(np.float32), gender


def _between(position: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Weights of evenly spaced anchors, linear between neighbours, for a slider in [0, 1]."""
    place = position * (len(names) - 1)
    return {name: np.clip(1 - np.abs(place - k), 0, None) for k, name in enumerate(names)}
