import os
import resource
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest

from habitus.errors import InputError
from habitus.export.folder import check_output_folder, filling


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_a_good_folder_is_found_good_and_left_alone(tmp_path):
    check_output_folder(tmp_path)
    check_output_folder(tmp_path / "not" / "yet" / "there")
    assert tree(tmp_path) == []


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_file_is_no_folder(tmp_path, path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="not a folder; choose another") as raised:
        check_output_folder(tmp_path / path)
    assert "\n" not in str(raised.value)
    with pytest.raises(InputError), filling(tmp_path / path):
        pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_closed_to_us():
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name)
        closed.chmod(0o555)
        user = os.geteuid()
        if user == 0:  # nothing is closed to root: be nobody for a while
            os.seteuid(65534)
        try:
            for folder in (closed, closed / "new"):
                with pytest.raises(InputError, match="Permission denied"):
                    check_output_folder(folder)
                with pytest.raises(InputError, match="Permission denied"), filling(folder):
                    pass
        finally:
            os.seteuid(user)
            closed.chmod(0o755)
        assert tree(closed) == []


def test_a_folder_where_nobody_may_write():
    with pytest.raises(InputError, match="cannot be written"):
        check_output_folder("/proc/self/habitus")


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(InputError, match="cannot be written"), filling(tmp_path / ("n" * 300)):
        pass
    with pytest.raises(InputError, match="cannot be written"):
        check_output_folder(tmp_path / ("n" * 300))


def test_a_disk_that_is_nearly_full(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(InputError, match="free some space"):
        check_output_folder(tmp_path / "new")
    assert tree(tmp_path) == []


def test_files_arrive_together_and_others_stay(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "a").write_text("old")
    with filling(tmp_path) as new:
        (new / "a").write_text("new")
        (new / "b").write_text("b")
        assert (tmp_path / "a").read_text() == "old"
    assert tree(tmp_path) == ["a", "b", "mine.txt"]
    assert (tmp_path / "a").read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError])
def test_after_an_error_nothing_has_changed(tmp_path, error):
    (tmp_path / "a").write_text("old")
    with pytest.raises(error), filling(tmp_path) as new:
        (new / "a").write_text("new")
        raise error("stop")
    assert tree(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"
    with pytest.raises(error), filling(tmp_path / "deep" / "er"):
        raise error("stop")
    assert tree(tmp_path) == ["a"]


def test_a_folder_in_the_way_of_a_file_stops_all_files(tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="b: is a folder"), filling(tmp_path) as new:
        (new / "a").write_text("a")
        (new / "b").write_text("b")
    assert tree(tmp_path) == ["b"]


def test_a_disk_that_fills_while_writing(tmp_path):
    """The limit on a file's size stands in for a full disk: the write fails half-way with an OSError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(InputError, match="cannot be written") as raised, filling(tmp_path / "out") as new:
            (new / "a").write_bytes(b"a" * 5_000)
            (new / "b").write_bytes(b"b" * 50_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(raised.value)
    assert tree(tmp_path) == []
