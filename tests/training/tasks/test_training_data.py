"""Where what is known of photos lies, in tables of several data sets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from habitus.data.records import Records
from habitus.errors import InputError
from habitus.recovery.photo_rows import rows_of
from habitus.training.tasks.training_data import check_files, places_in


@dataclass
class Table:
    known: tuple[str, ...]

    def rows_of(self, paths, root):
        return rows_of(self.known, paths, root)


def records_of(*paths):
    numbers = np.zeros(len(paths), np.int64)
    return Records(tuple(map(Path, paths)), numbers, numbers, None)


def test_photos_are_found_in_the_table_of_their_own_set():
    """Files of several sets bear the same names."""
    records = records_of("/b/1.png", "/a/x/2.png", "/a/1.png", "/b/3.png", "/c/1.png")
    tables = [Table(("1.png", "x/2.png")), Table(("3.png", "2.png", "1.png"))]
    places = places_in(tables, records, [Path("/a"), Path("/b")])
    assert places.tolist() == [[1, 2], [0, 1], [0, 0], [1, 0], [-1, -1]]


def test_a_set_inside_another_is_known_by_the_last_table_that_knows_it():
    records = records_of("/a/b/1.png", "/a/b/2.png")
    places = places_in([Table(("b/1.png", "b/2.png")), Table(("1.png",))], records, [Path("/a"), Path("/a/b")])
    assert places.tolist() == [[1, 0], [0, 1]]


def test_each_set_has_its_file_or_none_has(tmp_path):
    roots = [tmp_path / "a", tmp_path / "b"]
    check_files("--seen", [], roots)
    check_files("--seen", [tmp_path, tmp_path], roots)
    with pytest.raises(InputError, match="--seen: 1 files for 2 data sets; give one each, in the order of --data"):
        check_files("--seen", [tmp_path], roots)
