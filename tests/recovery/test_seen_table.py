"""Masks and keypoints of photos, from either kind of file; those of made worlds are in test_body_table."""

import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.body_table_file import FoundBody, write_bodies
from habitus.recovery.seen_file import SEEN, SeenPerson, read_seen, write_seen
from habitus.recovery.seen_table import seen_table
from habitus.recovery.table_files import count_photos, merge_tables
from habitus.types import BodyParams

SIZE = (40, 20)


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


def person(seed: int) -> SeenPerson:
    rng = np.random.default_rng(seed)
    return SeenPerson(rng.integers(0, 256, SIZE).astype(np.uint8), rng.random((17, 3)).astype(np.float32))


def same(table, row: int, one: SeenPerson) -> None:
    np.testing.assert_array_equal(table.keypoints(row), one.keypoints)
    mask = table.mask(row)
    assert (mask is None) == (one.mask is None)
    if mask is not None:
        np.testing.assert_array_equal(mask, one.mask)


def test_a_file_of_perceive_comes_back_and_says_what_is_missing(body, tmp_path):
    people = [
        person(0),
        SeenPerson(None, person(1).keypoints),
        SeenPerson(person(2).mask, np.zeros((17, 3), np.float32)),
    ]
    rows = [(f"a/{i}.png", SIZE, one) for i, one in enumerate(people)]
    write_seen(tmp_path / "1", [rows[0], ("a/x.png", (9, 9), "no person was found"), rows[1]], {"by": "me"})
    write_seen(tmp_path / "2", [("y.png", (0, 0), "is damaged"), rows[2]], {"by": "me"})
    merge_tables(tmp_path / "seen.parquet", SEEN, [tmp_path / "1", tmp_path / "2"])
    assert count_photos(tmp_path / "seen.parquet", SEEN) == (3, 2)
    problems = pq.read_table(tmp_path / "seen.parquet")["problem"].to_pylist()
    assert problems == [None, "no person was found", None, "is damaged", None]
    table = pickle.loads(pickle.dumps(seen_table(tmp_path, tmp_path / "seen.parquet", body)))
    assert table.paths == ("a/0.png", "a/1.png", "a/2.png") and len(table) == 3
    assert table.sizes.tolist() == [[40, 20]] * 3 and table.size(1) == SIZE
    asked = [tmp_path / "a/2.png", tmp_path / "a/x.png", tmp_path / "no.png"]
    assert table.rows_of(asked, tmp_path).tolist() == [2, -1, -1]
    for row, one in enumerate(people):
        same(table, row, one)
    assert [table.has_mask(row) for row in range(3)] == [True, False, True]
    assert table.digest([0, 1]) == table.digest([0, 1]) != table.digest([1, 0])
    other = tmp_path / "other.parquet"
    write_seen(other, [("a/0.png", SIZE, SeenPerson(people[1].mask, people[0].keypoints))], {})
    assert read_seen(other).digest([0]) != table.digest([0])


def test_a_file_of_bodies_will_do_whatever_their_topology(body, tmp_path):
    one = person(3)
    assert one.mask is not None
    zeros = BodyParams(
        torch.zeros(1, 24, 3), torch.zeros(1, 10), torch.zeros(1, body.num_vertices, 3), torch.ones(1, 3)
    )
    path = tmp_path / "b.parquet"
    write_bodies(
        path, body, [("x.png", (9, 9), "nobody"), ("y.png", SIZE, FoundBody(zeros, one.mask, one.keypoints))], {}
    )
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({b"habitus": b'{"topology": "smpl"}'}), path)
    seen = seen_table(tmp_path, path, body)
    assert seen.paths == ("y.png",)
    same(seen, 0, one)
    assert seen.has_mask(0)


def test_nobody_at_all(tmp_path):
    write_seen(tmp_path / "s", [("x.png", (9, 9), "nobody")], {})
    assert len(read_seen(tmp_path / "s")) == 0


def test_unusable_tables(body, tmp_path):
    with pytest.raises(InputError, match=r"run `habitus perceive .* -o seen.parquet`"):
        seen_table(tmp_path, None, body)
    with pytest.raises(InputError, match="no such file; give a file that `habitus perceive`"):
        read_seen(tmp_path / "absent")
    path = tmp_path / "s"
    write_seen(path, [("x.png", SIZE, person(0))], {})
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(InputError, match="cut: is no table of masks and keypoints that can be read"):
            read_seen(tmp_path / "cut")
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["mask"]), path)
    with pytest.raises(InputError, match="has other columns"):
        read_seen(path)
    pq.write_table(pa.concat_tables([table, table]), path)
    with pytest.raises(InputError, match="has a photo twice"):
        read_seen(path)
    pq.write_table(table.set_column(4, "mask", pa.array([b"no png at all, though long enough"])), path)
    with pytest.raises(InputError, match="the mask of row 0 is damaged"):
        read_seen(path).mask(0)
    pq.write_table(table.replace_schema_metadata(None), path)
    with pytest.raises(InputError, match="that can be read"):
        read_seen(path)
