"""Worlds: numbers that make sense, people apart, cameras in turn, seeds held out."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from habitus.errors import InputError
from habitus.synthetic.worlds.world import (
    HELD_OUT_SEEDS,
    PRESETS,
    World,
    from_json,
    people_of,
    refuse_held_out,
    shot_at,
    shots_of,
    split_of,
    to_json,
)

worlds = st.builds(
    World, people=st.integers(1, 40), outfits=st.integers(1, 4), views=st.integers(1, 9), cameras=st.integers(1, 7),
    seed=st.integers(0, 10**6), test_share=st.floats(0, 1),
)  # fmt: skip


@given(worlds)
def test_every_photo_once(world):
    shots = [shot_at(world, i) for i in range(world.photos)]
    assert len({(s.person, s.outfit, s.view) for s in shots}) == world.photos
    assert [s for person in range(world.people) for s in shots_of(world, person)] == shots
    assert all(0 <= s.camera < world.cameras for s in shots)
    for outside in (-1, world.photos):
        with pytest.raises(IndexError):
            shot_at(world, outside)


@given(worlds)
def test_training_never_sees_test_people(world):
    train, test = set(people_of(world, "train")), set(people_of(world, "test"))
    assert not train & test
    assert train | test == set(people_of(world, "all")) == set(range(world.people))
    assert all(split_of(world, p) == "train" for p in train)
    assert all(split_of(world, p) == "test" for p in test)


@given(worlds)
def test_cameras_take_turns(world):
    """Before a camera sees an outfit again, all others have seen it."""
    for person in range(world.people):
        for outfit in range(world.outfits):
            cameras = [s.camera for s in shots_of(world, person) if s.outfit == outfit]
            counts = np.bincount(cameras, minlength=world.cameras)
            assert counts.max() - counts.min() <= 1


def test_nobody_is_in_two_worlds():
    seeds = [World(seed=s, people=1000).person_seed(p) for s in (0, 1, 900_000) for p in range(1000)]
    assert len(set(seeds)) == len(seeds)


def test_prcc_changes_clothes_with_the_third_camera():
    world = World(schedule="prcc", cameras=3, outfits=2, people=3, views=4)
    assert all((s.camera == 2) == (s.outfit == 1) for i in range(world.photos) for s in [shot_at(world, i)])
    with pytest.raises(InputError, match="3 cameras and 2 outfits"):
        World(schedule="prcc", cameras=4)


@pytest.mark.parametrize("seed", [HELD_OUT_SEEDS[0], HELD_OUT_SEEDS[-1]])
def test_training_refuses_held_out_worlds(seed):
    with pytest.raises(InputError, match=f"w.json: seed {seed} is held out.*another seed"):
        refuse_held_out(World(seed=seed), where="w.json")


@pytest.mark.parametrize("seed", [0, HELD_OUT_SEEDS[0] - 1, HELD_OUT_SEEDS[-1] + 1])
def test_training_takes_other_worlds(seed):
    refuse_held_out(World(seed=seed))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"people": 0}, "people 0: must be from 1"),
        ({"people": -3}, "people -3"),
        ({"views": 0}, "views 0"),
        ({"outfits": -1}, "outfits -1"),
        ({"cameras": 0}, "cameras 0"),
        ({"similar": 0}, "similar 0"),
        ({"seed": -1}, "seed -1"),
        ({"size": (0, 128)}, "size 0x128"),
        ({"size": (10**6, 10**6)}, "size 1000000x1000000"),
        ({"size": (64, 2000)}, "size 64x2000"),
        ({"occluded": 1.5}, "occluded 1.5"),
        ({"truncated": float("nan")}, "truncated nan"),
        ({"jitter": -0.1}, "jitter -0.1"),
    ],
)
def test_numbers_that_make_no_sense(change, words):
    with pytest.raises(InputError, match=words) as error:
        replace(World(), **change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", PRESETS)
def test_descriptions_come_back(name):
    assert from_json(to_json(PRESETS[name]), where="w") == PRESETS[name]


@pytest.mark.parametrize(
    "values", [None, [], {}, {"seed": 1}, to_json(World()) | {"size": 3}, to_json(World()) | {"x": 1}]
)
def test_other_descriptions_are_refused(values):
    with pytest.raises(InputError, match=r"w\.json: "):
        from_json(values, where="w.json")
