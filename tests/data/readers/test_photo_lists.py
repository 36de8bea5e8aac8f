import pickle

import pytest

from habitus.data.readers.photo_lists import read_photo_list
from habitus.errors import InputError


def pickled(path, content, protocol=2):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_rstg_lists_people(tmp_path, protocol):
    people = read_photo_list(pickled(tmp_path / "market1501split.pkl", [2, 7, 10, 1500], protocol))
    assert people.people == {2, 7, 10, 1500}
    assert not people.photos
    assert people.words == "the 4 people of market1501split.pkl"


def test_smplmarket_lists_photos_to_evaluate(tmp_path):
    names = ["bounding_box_test/0003_c1s6_015971_00.jpg", "query/0005_c2s1_000976_00.jpg"]
    found = read_photo_list(pickled(tmp_path / "eval_list.pkl", [*names, names[0]]))
    assert found.photos == tuple(names)
    assert not found.people


def test_of_smplmarkets_split_the_test_people_are_taken(tmp_path):
    content = {
        "out_dict_train": {"0002": ["bounding_box_train/0002_c1s1_000451_03.jpg"]},
        "out_dict_test": {"0003": ["query/a.jpg", "bounding_box_test/b.jpg"], "0005": ["query/c.jpg"]},
    }
    found = read_photo_list(pickled(tmp_path / "train_test_img_paths_pid.pkl", content))
    assert found.photos == ("query/a.jpg", "bounding_box_test/b.jpg", "query/c.jpg")
    assert "test people" in found.words


def test_text_files_and_other_systems_slashes(tmp_path):
    (tmp_path / "some.txt").write_text("./query/a.jpg\n\nquery\\b.jpg\n")
    assert read_photo_list(tmp_path / "some.txt").photos == ("query/a.jpg", "query/b.jpg")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"out_dict_train": {}}, "no list"),
        ([], "no list"),
        ({"out_dict_test": {"1": []}}, "no list"),
        (["a.jpg", 3], "lists '3'"),
        (["../../etc/passwd"], "outside"),
        (["/etc/passwd"], "outside"),
        ([" "], "among photos"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, content, words):
    with pytest.raises(InputError, match=words) as caught:
        read_photo_list(pickled(tmp_path / "list.pkl", content))
    assert "\n" not in str(caught.value)


class _Runs:
    def __reduce__(self):
        return print, ("ran",)


def test_nothing_in_a_pickle_is_run(tmp_path, capsys):
    with pytest.raises(InputError):
        read_photo_list(pickled(tmp_path / "list.pkl", [_Runs()]))
    assert not capsys.readouterr().out
