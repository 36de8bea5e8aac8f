"""Files of records: whole or refused, and resumed after a kill at any byte."""

import pickle

import numpy as np
import pytest

from habitus.errors import InputError
from habitus.record_files import UNFINISHED, RecordFile, write_records

COLUMNS = {"pairs": "(2,)<f4", "codes": "u1", "numbers": "<u4"}
ABOUT = {"body": "b", "size": [3, 4]}


def record(row: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(row)
    lengths = rng.integers(0, 9, 3)
    return {
        "pairs": rng.random((lengths[0], 2), np.float32),
        "codes": rng.integers(0, 256, lengths[1]).astype(np.uint8),
        "numbers": rng.integers(0, 2**32, lengths[2]).astype(np.uint32),
    }


def makers(made: list[int] | None = None, *, until: int = 7):
    def make(row: int):
        if made is not None:
            made.append(row)
        return record(row)

    return [lambda row=row: make(row) for row in range(until)]


def write(path, **options):
    arguments = {"about": ABOUT, "columns": COLUMNS, "records": makers(), "count": 7} | options
    write_records(path, "things", **arguments)


def check(path):
    file = RecordFile(path, "things")
    assert len(file) == 7
    for row in range(7):
        for name, values in record(row).items():
            assert file[row][name].dtype == values.dtype
            np.testing.assert_array_equal(file[row][name], values)


def test_records_come_back_also_in_another_process(tmp_path):
    write(tmp_path / "x")
    check(tmp_path / "x")
    copy = pickle.loads(pickle.dumps(RecordFile(tmp_path / "x", "things")))
    np.testing.assert_array_equal(copy[-1]["pairs"], record(6)["pairs"])
    with pytest.raises(IndexError):
        copy[7]


def test_a_kill_at_any_byte_is_resumed_and_ends_in_the_same_file(tmp_path):
    write(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    start = whole.index(b"}", whole.index(b'"columns"')) + 24  # the header itself appears whole
    steps, made = [], list[int]()
    for length in range(start, len(whole), 7):
        (tmp_path / ("x" + UNFINISHED)).write_bytes(whole[:length])
        made = list[int]()
        write(tmp_path / "x", records=makers(made), progress=steps.append)
        assert (tmp_path / "x").read_bytes() == whole
        assert made == list(range(7 - len(made), 7))
        (tmp_path / "x").unlink()
    assert len(made) == 0  # only the index was missing
    assert sum(steps) == 7 * len(range(start, len(whole), 7))


def test_two_do_not_write_the_same_file(tmp_path):
    def second() -> dict[str, np.ndarray]:
        with pytest.raises(InputError, match="another process is writing it"):
            write(tmp_path / "x")
        return record(0)

    write(tmp_path / "x", records=[second, *makers()[1:]])
    check(tmp_path / "x")


def test_a_whole_file_is_left_alone_and_another_ones_refused(tmp_path):
    write(tmp_path / "x")
    made: list[int] = []
    write(tmp_path / "x", records=makers(made))
    assert made == []
    with pytest.raises(InputError, match=r"x: holds things of another size; remove it"):
        write(tmp_path / "x", about=ABOUT | {"size": [4, 4]})
    with pytest.raises(InputError, match="holds things, not stuff"):
        RecordFile(tmp_path / "x", "stuff")
    (tmp_path / "x").rename(tmp_path / ("y" + UNFINISHED))
    with pytest.raises(InputError, match="was begun with another body and another size; remove it"):
        write(tmp_path / "y", about={"body": "c", "size": [1, 1]})
    with pytest.raises(InputError, match="was begun with another count"):
        write(tmp_path / "y", count=6)


def test_cut_off_files_are_refused_at_every_length(tmp_path):
    write(tmp_path / "x")
    whole = (tmp_path / "x").read_bytes()
    for length in (*range(0, len(whole) - 1, 5), len(whole) - 1):
        (tmp_path / "x").write_bytes(whole[:length])
        with pytest.raises(InputError, match="remove it, and it is made anew"):
            RecordFile(tmp_path / "x", "things")


def test_damaged_bytes_are_refused_or_read_but_never_crash(tmp_path):
    write(tmp_path / "x")
    whole = bytearray((tmp_path / "x").read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = whole.copy()
        damaged[rng.integers(len(whole))] = rng.integers(256)
        (tmp_path / "x").write_bytes(damaged)
        try:
            file = RecordFile(tmp_path / "x", "things")
            for row in range(len(file)):
                file[row]
        except InputError as error:
            assert "\n" not in str(error)


def test_too_few_records_and_a_missing_file(tmp_path):
    with pytest.raises(ValueError, match="3 records where 7"):
        write(tmp_path / "x", records=makers(until=3))
    with pytest.raises(InputError, match="no such file of things"):
        RecordFile(tmp_path / "x", "things")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        write(tmp_path / "file" / "x")
