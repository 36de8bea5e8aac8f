"""Layouts: names as in the real sets, read back by the field's rules (torchreid's and CAL's patterns)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habitus.errors import InputError
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.world import World, split_of

free = st.builds(
    World, people=st.integers(2, 12), outfits=st.integers(1, 3), views=st.integers(2, 9), cameras=st.integers(2, 7)
)


def numbers(pattern, name):
    found = re.search(pattern, name)
    assert found, name
    return [int(group) for group in found.groups()]


def everything(layout, world):
    return [photo for person in range(world.people) for photo in placed(LAYOUTS[layout], world, person)]


@pytest.mark.parametrize("layout", ["market1501", "ltcc", "csv"])
@given(world=free)
def test_paths_differ_and_roles_fit_the_split(layout, world):
    photos = everything(layout, world)
    assert len({p.path for p in photos}) == world.photos
    for photo in photos:
        assert (photo.role == "train") == (split_of(world, photo.shot.person) == "train")


@given(world=free)
def test_every_query_has_a_match_under_another_camera(world):
    """With two cameras and two views or more nobody is queried in vain, in the Market rule."""
    photos = everything("market1501", world)
    gallery = {(p.shot.person, p.shot.camera) for p in photos if p.role == "gallery"}
    for query in (p for p in photos if p.role == "query"):
        assert any(pid == query.shot.person and camera != query.shot.camera for pid, camera in gallery)
    people = {p.shot.person for p in photos if p.role == "gallery"}
    assert people == {p.shot.person for p in photos if p.role == "query"}


@given(world=free)
def test_one_query_an_outfit_and_camera(world):
    queries = [(p.shot.person, p.shot.outfit, p.shot.camera) for p in everything("ltcc", world) if p.role == "query"]
    assert len(set(queries)) == len(queries)


def test_market_names():
    world = World(people=4, outfits=1, views=4)
    for photo in everything("market1501", world):
        path = str(photo.path)
        match = re.fullmatch(
            r"Market-1501-v15\.09\.15/(bounding_box_train|query|bounding_box_test)/"
            r"\d{4}_c\ds\d+_\d{6}_\d\d\.jpg", path
        )  # fmt: skip
        assert match, path
        pid, camera = numbers(r"([-\d]+)_c(\d)", photo.path.name)  # torchreid's pattern
        assert (pid, camera) == (photo.shot.person + 1, photo.shot.camera + 1)
        folder = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}[photo.role]
        assert match[1] == folder


def test_ltcc_names():
    world = World(people=4, outfits=2, views=4, cameras=12)
    for photo in everything("ltcc", world):
        match = re.fullmatch(r"LTCC_ReID/(train|query|test)/\d{3}_\d+_c\d+_\d{6}\.png", str(photo.path))
        assert match, photo.path
        pid, clothes, camera = numbers(r"(\d+)_(\d+)_c(\d+)", photo.path.name)  # CAL's pattern
        assert (pid, clothes, camera) == (photo.shot.person + 1, photo.shot.outfit + 1, photo.shot.camera + 1)
    lists = LAYOUTS["ltcc"].lists(world, everything("ltcc", world))
    assert lists["info/cloth-change_id_train.txt"] == "1\n2\n"
    assert lists["info/cloth-change_id_test.txt"] == "3\n4\n"
    assert lists["info/cloth-unchange_id_test.txt"] == ""


def test_prcc_names():
    world = World(people=4, outfits=2, views=6, cameras=3, schedule="prcc")
    photos = everything("prcc", world)
    train = [p for p in photos if p.role in ("train", "val")]
    for photo in train:
        assert re.fullmatch(rf"prcc/rgb/{photo.role}/\d{{3}}/[ABC]_cropped_rgb\d{{3}}\.jpg", str(photo.path))
    assert {p.role for p in train} == {"train", "val"}
    for photo in (p for p in photos if p.role in ("query", "gallery")):
        assert re.fullmatch(r"prcc/rgb/test/[ABC]/\d{3}/cropped_rgb\d{3}\.jpg", str(photo.path))
        camera, pid = photo.path.parts[3:5]
        assert (camera, int(pid)) == ("ABC"[photo.shot.camera], photo.shot.person + 1)
        assert (camera == "A") == (photo.role == "gallery")
    assert len({p.path for p in photos}) == world.photos
    cameras = {(p.shot.camera, p.shot.outfit) for p in photos}
    assert cameras == {(0, 0), (1, 0), (2, 1)}  # A and B in the same clothes, C in others


def test_table():
    world = World(people=3, outfits=2, views=2, test_share=0.34)
    photos = everything("csv", world)
    lines = LAYOUTS["csv"].lists(world, photos)["images.csv"].splitlines()
    assert lines[0] == "path,pid,camid,clothes_id,split"
    rows = [line.split(",") for line in lines[1:]]
    assert [row[0] for row in rows] == [str(p.path) for p in photos]
    assert len({row[3] for row in rows}) == world.people * world.outfits
    assert {row[3]: row[1] for row in rows} == {str(c + 1): str(c // 2 + 1) for c in range(6)}
    assert {row[4] for row in rows} == {"train", "query", "gallery"}


@pytest.mark.parametrize(
    ("layout", "world", "words"),
    [
        ("market1501", World(cameras=10), "at most 9"),
        ("market1501", World(people=10_000, outfits=1, views=1), "four digits"),
        ("prcc", World(), "schedule prcc"),
        ("ltcc", World(schedule="prcc", cameras=3, outfits=2), "layout prcc"),
    ],
)
def test_worlds_that_a_layout_cannot_hold(layout, world, words):
    with pytest.raises(InputError, match=words):
        LAYOUTS[layout].check(world)
