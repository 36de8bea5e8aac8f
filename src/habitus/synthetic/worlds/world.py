"""What a made world is: how many people, outfits, views and cameras, and which photo shows whom where."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from habitus.errors import InputError

HELD_OUT_SEEDS = range(900_000, 1_000_000)
"""World seeds for scoring alone: nothing may be trained on them."""
MOST_SEEDS = 2**31
MOST_PEOPLE = 1_000_000
_LIMITS = {"people": MOST_PEOPLE, "outfits": 1000, "views": 1000, "cameras": 1000, "similar": MOST_PEOPLE}
_SIZES = range(16, 2049)
_CAMERAS = 11  # a stream of random numbers of its own

Split = Literal["train", "test"]


@dataclass(frozen=True)
class World:
    """A made re-ID world. The same world always gives the same photos, byte for byte."""

    seed: int = 0
    """Of everything; 900000 to 999999 are held out for scoring."""
    people: int = 200
    outfits: int = 2
    """Of each person."""
    views: int = 4
    """Photos of each person in each outfit."""
    cameras: int = 6
    """Fixed cameras, each with its own street, light and faults."""
    size: tuple[int, int] = (256, 128)
    """(H, W) of the photos, pixels."""
    similar: int = 1
    """How many people wear outfits of the same design; 1: everybody their own."""
    schedule: Literal["free", "prcc"] = "free"
    """free: any camera sees any outfit. prcc: two cameras see the first outfit, the third the second."""
    test_share: float = 0.5
    """Share of the people, the last ones, that training never sees."""
    occluded: float = 0.1
    """Share of photos with something before the person."""
    truncated: float = 0.08
    """Share of photos whose box cuts part of the person off."""
    jitter: float = 0.012
    """Standard deviation of the detector's boxes, shares of the crop's height."""
    backgrounds: str | None = None
    """Folder of pictures to stand behind the people instead of made streets."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def texture_size(self) -> int:
        """Texels a side: about one a pixel of the photos."""
        return int(np.clip(2 ** np.ceil(np.log2(self.size[0])), 64, 512))

    @property
    def photos(self) -> int:
        """How many there are in all."""
        return self.people * self.outfits * self.views

    @property
    def train_people(self) -> int:
        """The first so many people are for training, the others for testing."""
        return self.people - round(self.people * self.test_share)

    @property
    def held_out(self) -> bool:
        """Whether the world is for scoring alone."""
        return self.seed in HELD_OUT_SEEDS

    def person_seed(self, person: int) -> int:
        """The seed of a person: no two people of any two worlds share one."""
        return self.seed * MOST_PEOPLE + person


@dataclass(frozen=True)
class Shot:
    """One photo of a world: who, in what, which of their photos, by which camera. All counted from 0."""

    index: int
    person: int
    outfit: int
    view: int
    camera: int

    def clothes_id(self, world: World) -> int:
        """Unique over people and outfits."""
        return self.person * world.outfits + self.outfit


def shot_at(world: World, index: int) -> Shot:
    """Photo number `index`: person by person, outfit by outfit, view by view.

    Raises:
        IndexError: there is no such photo.
    """
    if not 0 <= index < world.photos:
        raise IndexError(f"photo {index} of {world.photos}")
    worn, view = divmod(index, world.views)
    person, outfit = divmod(worn, world.outfits)
    return Shot(index, person, outfit, view, _cameras_of(world, person, outfit)[view])


def shots_of(world: World, person: int) -> list[Shot]:
    """All photos of one person."""
    each = world.outfits * world.views
    return [shot_at(world, index) for index in range(person * each, (person + 1) * each)]


def split_of(world: World, person: int) -> Split:
    """Whether a person is for training or for testing."""
    return "train" if person < world.train_people else "test"


def people_of(world: World, split: Split | Literal["all"]) -> range:
    """The people of a split."""
    bounds = {"train": (0, world.train_people), "test": (world.train_people, world.people), "all": (0, world.people)}
    return range(*bounds[split])


def refuse_held_out(world: World, *, where: str = "") -> None:
    """Stop a training that would see what is held out for scoring; every training calls this first.

    Args:
        world: to train on.
        where: the file or option that names the world, for the message.

    Raises:
        InputError: the world's seed is held out.
    """
    if world.held_out:
        first, last = HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[-1]
        raise InputError(
            f"{where or 'world'}: seed {world.seed} is held out for scoring ({first} to {last}); "
            "train on a world of another seed"
        )


def check(world: World) -> None:
    """See that a world can be made.

    Raises:
        InputError: a number that makes no sense, with what would.
    """
    for name, most in _LIMITS.items():
        value = getattr(world, name)
        if not 1 <= value <= most:
            raise InputError(f"{name} {value}: must be from 1 to {most}")
    if not 0 <= world.seed < MOST_SEEDS:
        raise InputError(f"seed {world.seed}: must be from 0 to {MOST_SEEDS - 1}")
    if any(side not in _SIZES for side in world.size):
        sides = "x".join(map(str, world.size))
        raise InputError(f"size {sides}: height and width must be from {_SIZES[0]} to {_SIZES[-1]} pixels")
    if not 0.4 <= world.size[0] / world.size[1] <= 4:
        raise InputError(f"size {world.size[0]}x{world.size[1]}: is HEIGHTxWIDTH, height 0.4 to 4 times the width")
    for name in ("test_share", "occluded", "truncated"):
        if not 0 <= getattr(world, name) <= 1:
            raise InputError(f"{name} {getattr(world, name)}: is a share, from 0 to 1")
    if not 0 <= world.jitter <= 0.2:
        raise InputError(f"jitter {world.jitter}: must be from 0 to 0.2 of the crop's height")
    if world.schedule == "prcc" and (world.cameras, world.outfits) != (3, 2):
        raise InputError(
            f"cameras {world.cameras}, outfits {world.outfits}: PRCC has 3 cameras and 2 outfits; leave both away"
        )


def to_json(world: World) -> dict[str, Any]:
    """As plain numbers and words."""
    return asdict(world) | {"size": list(world.size)}


def from_json(values: Any, *, where: str) -> World:
    """The world that `to_json` wrote down.

    Raises:
        InputError: something else was written there; `where` names it.
    """
    names = {field.name for field in fields(World)}
    if not isinstance(values, dict) or set(values) != names:
        raise InputError(f"{where}: is no made world's description; choose a folder that `habitus synth` wrote")
    try:
        return World(**{**values, "size": tuple(values["size"])})
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: does not describe a made world ({error})") from error


@lru_cache(maxsize=4096)
def _cameras_of(world: World, person: int, outfit: int) -> tuple[int, ...]:
    """Which camera takes each view: all cameras in turn, from one to the next in an order of the outfit's own."""
    if world.schedule == "prcc":
        return tuple(view % 2 if outfit == 0 else 2 for view in range(world.views))
    rng = np.random.default_rng((_CAMERAS, world.seed, person, outfit))
    rounds: Iterator[int] = (
        int(c) for _ in range(-(-world.views // world.cameras)) for c in rng.permutation(world.cameras)
    )
    return tuple(rounds)[: world.views]


PRESETS: dict[str, World] = {
    "tiny": World(people=8, outfits=2, views=4, cameras=4, size=(128, 64)),
    "small": World(people=200, outfits=2, views=4, cameras=6),
    "street": World(people=1000, outfits=3, views=8, cameras=8),
    "uniform": World(people=200, outfits=2, views=8, cameras=6, similar=10),
}
"""tiny: for tests; small: to try things on; street: to train on; uniform: ten people to an outfit (fine-grained)."""
