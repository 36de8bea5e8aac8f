"""Ranked lists: which queries are shown, and what stands where in the picture."""

import numpy as np
import pytest
from embedded_people import records
from hypothesis import given
from hypothesis import strategies as st
from photo_files import COLOURS, write_photo

from habitus.evaluation.pictures import GREEN, RED, TILE, draw_lists, facts, framed, pick_hardest, pick_some, thumbnail
from habitus.evaluation.protocols import Found, RankedList
from habitus.export.pictures import INK, PAPER

QUERIES = st.lists(st.tuples(st.none() | st.floats(0, 1), st.integers(0, 4)), min_size=1, max_size=30)


def columns(queries):
    return np.array([np.nan if p is None else p for p, _ in queries]), np.array([pid for _, pid in queries])


@given(QUERIES, st.integers(1, 12), st.integers(0, 5))
def test_every_person_is_shown_before_one_is_shown_twice(queries, count, seed):
    precision, people = columns(queries)
    scored = np.flatnonzero(~np.isnan(precision))
    for rows in (pick_some(precision, people, count, seed=seed), pick_hardest(precision, people, count)):
        assert len(set(rows)) == len(rows) == min(count, len(scored))
        assert set(rows) <= set(scored.tolist())
        shown = [int((people[rows] == pid).sum()) for pid in set(people[scored].tolist())]
        left = [int((people[scored] == pid).sum()) for pid in set(people[scored].tolist())]
        most = max(shown, default=0)
        assert all(number >= min(most - 1, there) for number, there in zip(shown, left, strict=True))


@given(QUERIES)
def test_the_hardest_come_first_and_none_harder_of_its_person_is_left_out(queries):
    precision, people = columns(queries)
    rows = pick_hardest(precision, people, len(set(people.tolist())))
    for pid in set(people[rows].tolist()):
        first = next(row for row in rows if people[row] == pid)
        assert precision[first] == np.nanmin(precision[people == pid])


def test_the_hardest_are_in_order():
    assert pick_hardest(np.array([0.9, 0.2, np.nan, 0.5]), np.array([1, 2, 3, 4]), 3) == [1, 3, 0]


def test_the_seed_chooses():
    precision, people = np.ones(100), np.arange(100)
    chosen = [pick_some(precision, people, 8, seed=seed) for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


@pytest.fixture
def two_lists(tmp_path):
    """Two queries among six photos; the second finds its match at rank 5."""
    query, gallery = records("query", [1, 2], [0, 0], [10, 20]), records("gallery", range(6), [1] * 6, range(6))
    for side, photos in (("query", query), ("gallery", gallery)):
        paths = [tmp_path / side / path.name for path in photos.paths]
        for path, pid in zip(paths, photos.pids.tolist(), strict=True):
            write_photo(path, pid)
        object.__setattr__(photos, "paths", tuple(paths))
    found = [Found(row, rank, rank / 10, row in (1, 2)) for rank, row in enumerate((1, 0, 3, 4, 2), 1)]
    return [RankedList(0, 1.0, tuple(found[:3]), None), RankedList(1, 0.2, tuple(found[1:4]), found[4])], query, gallery


def test_right_ones_are_framed_green_and_wrong_ones_red(two_lists):
    lists, query, gallery = two_lists
    sheet = draw_lists(lists, query, gallery, columns=3, title="some").astype(int)
    step_x = sheet.shape[1] // 5  # query, three photos, the match
    wanted = [[INK, GREEN, RED, RED, None], [INK, RED, RED, RED, GREEN]]
    people = [[1, 1, 0, 3, None], [2, 0, 3, 4, 2]]
    for line, colours, pids in zip(np.array_split(sheet[30:], 2), wanted, people, strict=True):
        for place, (colour, pid) in enumerate(zip(colours, pids, strict=True)):
            cell = line[:, place * step_x : (place + 1) * step_x].reshape(-1, 3)
            for frame in (GREEN, RED):
                assert (abs(cell - frame).max(1) < 3).any() == (frame == colour), (place, frame)
            if pid is None:
                assert (cell == PAPER).all()
            else:
                middle = np.median(cell[abs(cell - COLOURS[pid]).max(1) < 60], 0)
                assert abs(middle - COLOURS[pid]).max() < 25


def test_without_farther_matches_there_is_no_column_for_them(two_lists):
    lists, query, gallery = two_lists
    assert draw_lists(lists[:1], query, gallery, columns=3, title="").shape[1] < 5 * (TILE[1] + 20)


@pytest.mark.parametrize("size", [(64, 32), (400, 100), (60, 200), (9, 9)])
def test_photos_keep_their_shape(tmp_path, size):
    picture = thumbnail(write_photo(tmp_path / "x.png", 0, size=size))
    height, width = picture.shape[:2]
    assert height <= TILE[0]
    assert width <= TILE[1]
    assert height == TILE[0] or width == TILE[1]
    assert height / width == pytest.approx(size[0] / size[1], rel=0.05)
    assert framed(picture, RED).shape == framed(np.zeros((*TILE, 3), np.uint8), RED).shape


def test_a_photo_that_is_gone_is_blank(tmp_path):
    assert thumbnail(tmp_path / "gone.png").std() < 10


def test_unlabelled_clothes_are_not_named():
    assert facts(records("query", [7], [3], [12]), 0) == ("id 7, cam 3", "clothes 12")
    assert facts(records("query", [7], [3]), 0) == ("id 7, cam 3", "")


def test_bodies_stand_below_their_photos_within_the_frames(two_lists):
    lists, query, gallery = two_lists
    bare = draw_lists(lists, query, gallery, columns=3, title="")
    assert (draw_lists(lists, query, gallery, columns=3, title="", bodies={}) == bare).all()
    pink = np.full((20, 20, 3), (250, 90, 200), np.uint8)
    bodies = {query.paths[0]: pink, gallery.paths[1]: pink}  # of the first query, and of the first that it finds
    sheet = draw_lists(lists, query, gallery, columns=3, title="", bodies=bodies)
    assert sheet.shape == (bare.shape[0] + 2 * TILE[1], *bare.shape[1:])
    rows, _ = np.nonzero((sheet == pink[0, 0]).all(-1))
    assert len(rows) == 2 * TILE[1] ** 2
    assert rows.min() > TILE[0] and rows.max() < sheet.shape[0] / 2
    without = sheet[rows.min() : rows.max(), 2 * sheet.shape[1] // 5 + 20 : 2 * sheet.shape[1] // 5 + 60]
    assert (without == PAPER).all()  # room for the body of a photo that has none
