"""Which set lies in a folder, what is said when none does, and several sets as one."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny_sets import SETS, outfits_of, write

from habitus.data.opening import LAYOUTS, joined, open_data
from habitus.data.readers.reading import Count
from habitus.data.records import Records
from habitus.errors import InputError
from habitus.synthetic.worlds import layouts, writing
from habitus.synthetic.worlds.world import PRESETS


@pytest.mark.parametrize("name", SETS)
def test_sets_are_recognised_from_above_and_from_below(name, tmp_path):
    root = SETS[name](tmp_path)
    folders = [root.parent, root]
    if name not in ("ccvid", "msmt17"):  # whose folders are not named after splits
        folders += [root / sign for form in LAYOUTS[name].signs for sign in form if (root / sign).is_dir()]
    for folder in folders:
        data = open_data(folder)
        assert (data.name, data.root.resolve()) == (LAYOUTS[name].title, root.resolve()), folder
        assert open_data(folder, layout=name).train.paths == data.train.paths


@pytest.mark.parametrize("name", SETS)
def test_sets_are_recognised_from_within(name, tmp_path, monkeypatch):
    monkeypatch.chdir(SETS[name](tmp_path))
    assert open_data(".").name == LAYOUTS[name].title


@pytest.mark.parametrize("name", SETS)
def test_missing_parts_are_named(name, tmp_path):
    root = SETS[name](tmp_path)
    sign = LAYOUTS[name].signs[0][-1]
    (root / sign).rename(root / "elsewhere")
    with pytest.raises(InputError, match=rf"lacks .*{sign}") as raised:
        open_data(root)
    assert "\n" not in str(raised.value)
    with pytest.raises(InputError, match=sign):
        open_data(root, layout=name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("msmt17", "list_query.txt: line 2 is not like"),
        ("deepchange", "test-set-query-bbox.txt: line 2 is not like"),
        ("ccvid", "query.txt: line 2 is not like"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(name, message, tmp_path):
    root = SETS[name](tmp_path)
    file = root / message.split(":")[0]
    first = file.read_text().splitlines()[0]
    file.write_text(f"{first}\n\nnothing of the sort\n")
    with pytest.raises(InputError, match=message):
        open_data(root)
    file.write_text(f"{first}\n{'x' * 5000}\n")
    with pytest.raises(InputError, match="lines of more than 4096 characters"):
        open_data(root)
    file.write_bytes(b"\xff\xfe\0")
    with pytest.raises(InputError, match="is no text file"):
        open_data(root)
    file.write_text("")
    with pytest.raises(InputError, match=r"names no (picture|folder of frames) that is there"):
        open_data(root)


@pytest.mark.parametrize("name", ["msmt17", "deepchange", "ccvid"])
def test_lists_that_name_missing_files_are_shortened(name, tmp_path):
    root = SETS[name](tmp_path)
    gone = open_data(root).trial("general").gallery.paths[0]
    shutil.rmtree(gone.parent) if name == "ccvid" else gone.unlink()
    data = open_data(root)
    assert gone not in data.trial("general").gallery.paths
    assert any("left out" in line and "missing" in line for line in data.warnings)


@pytest.mark.parametrize("name", ["market1501", "ltcc", "vcclothes", "celeb-reid", "last"])
def test_empty_parts_are_named(name, tmp_path):
    root = SETS[name](tmp_path)
    sign = LAYOUTS[name].signs[0][1]
    (root / sign).rename(root / "elsewhere")
    (root / sign).mkdir()
    with pytest.raises(InputError, match=rf"{sign}: holds no pictures"):
        open_data(root, layout=name)


def test_people_without_photos_do_not_matter(tmp_path):
    root = SETS["last"](tmp_path)
    (root / "train" / "000009").mkdir()
    assert len(open_data(root).train) == 3


def test_photos_of_other_names_are_left_out_and_counted(tmp_path):
    root = SETS["market1501"](tmp_path)
    write(root, "query", "copy.jpg another.jpg")
    (line,) = (line for line in open_data(root).warnings if "left out" in line)
    assert "2 pictures are not named like" in line and "another.jpg" in line


def test_what_was_looked_for_is_listed(tmp_path):
    (tmp_path / "some" / "thing").mkdir(parents=True)
    with pytest.raises(InputError, match="no data set is recognised there") as raised:
        open_data(tmp_path)
    for reader in LAYOUTS.values():
        assert reader.title in str(raised.value)
    with pytest.raises(InputError, match="no such folder"):
        open_data(tmp_path / "nothing")
    with pytest.raises(InputError, match="--layout market: is not known; choose csv"):
        open_data(tmp_path, layout="market")
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(InputError, match="neither a folder nor a table"):
        open_data(tmp_path / "photo.jpg")


def test_sketches_are_not_taken_for_photos(tmp_path):
    root = SETS["prcc"](tmp_path)
    assert (root.parent / "sketch" / "train").is_dir()
    (root / "test" / "C").rename(root / "test" / "D")
    for layout in (None, "prcc"):
        with pytest.raises(InputError, match="rgb lacks test/C of PRCC"):
            open_data(root.parent, layout=layout)


def test_several_sets_in_one_folder_are_not_guessed(tmp_path):
    first, second = SETS["market1501"](tmp_path), SETS["prcc"](tmp_path)
    with pytest.raises(InputError, match=r"several data sets.*Market-1501.*PRCC"):
        open_data(first.parent)
    assert open_data(first.parent, layout="prcc").root == second


def test_official_counts_are_compared(tmp_path, monkeypatch):
    root = SETS["market1501"](tmp_path)
    official = {"train": Count(3, 2), "query": Count(2, 2), "gallery": Count(4, 3)}
    monkeypatch.setitem(LAYOUTS, "market1501", replace(LAYOUTS["market1501"], official=official))
    assert open_data(root).warnings == (
        "Market-1501: gallery has 3 photos, 3 people, officially 4 photos, 3 people; is the copy whole?",
    )


def test_one_person_only_is_refused(tmp_path):
    root = tmp_path / "Market-1501-v15.09.15"
    for folder, name in (("bounding_box_train", "1_c1"), ("query", "1_c2"), ("bounding_box_test", "1_c3")):
        write(root, folder, f"{name}s1_000001_00.jpg")
    with pytest.raises(InputError, match="one person only"):
        open_data(root)


def test_modes_that_a_set_lacks_are_refused(tmp_path):
    data = open_data(SETS["market1501"](tmp_path))
    with pytest.raises(InputError, match=r"--mode cc: Market-1501 has no labels .* choose general"):
        data.trial("cc")


def test_sets_are_joined_without_mixing_ids(tmp_path):
    datas = [open_data(SETS[name](tmp_path)) for name in ("ltcc", "prcc", "ltcc")]
    whole = joined(datas)
    tables = [data.train for data in datas]
    assert whole.paths == tuple(path for table in tables for path in table.paths)
    for column in ("pids", "camids", "clothes_ids"):
        keys = [(number, i) for number, table in enumerate(tables) for i in getattr(table, column).tolist()]
        numbers = getattr(whole, column).tolist()
        assert len(set(keys)) == len(set(numbers)) == len(set(zip(keys, numbers, strict=True)))
    assert sorted(set(whole.labels().tolist())) == list(range(whole.people))
    assert whole.clothes_labels().max() + 1 == 3 + 3 + 3
    plain = joined([datas[0], open_data(SETS["market1501"](tmp_path))])
    assert plain.clothes_ids is None
    with pytest.raises(InputError, match="clothes: are not labelled"):
        plain.clothes_labels()


def test_sets_without_training_people_are_not_joined(tmp_path):
    data = open_data(SETS["market1501"](tmp_path))
    none, one = (replace(data, train=data.train.select(rows)) for rows in ([], [0]))
    with pytest.raises(InputError, match="no photos to train with"):
        joined([data, none])
    with pytest.raises(InputError, match="one person only"):
        joined([one])
    with pytest.raises(InputError, match="names no data set"):
        joined([])


def test_records_select_rows_and_refuse_ragged_columns(tmp_path):
    records = open_data(SETS["ltcc"](tmp_path)).train
    assert records.select([2, 0]).pids.tolist() == [94, 1]
    chosen = records.select(np.array([True, False, True]))
    assert (chosen.paths, len(chosen)) == ((records.paths[0], records.paths[2]), 2)
    assert outfits_of(chosen).tolist() == outfits_of(records)[[0, 2]].tolist()
    assert records.labels().tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match="columns differ in length"):
        Records(records.paths, records.pids[:2], records.camids)


def test_made_worlds_are_read_in_every_layout(tmp_path, monkeypatch):
    def touch(_, folder, world, layout, person):
        """All of a world but the pixels, which readers do not look at and which take long to draw."""
        for place in layouts.placed(layouts.LAYOUTS[layout], world, person):
            (folder / place.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / place.path).touch()

    monkeypatch.setattr(writing, "write_one", touch)
    tiny, base = PRESETS["tiny"], tmp_path
    for layout in ("market1501", "ltcc", "csv"):
        writing.write_world(tiny, base / layout, layout=layout)
    scheduled = replace(tiny, schedule="prcc", cameras=3, outfits=2)
    writing.write_world(scheduled, base / "prcc", layout="prcc")
    read = {layout: open_data(base / layout) for layout in ("market1501", "ltcc", "csv", "prcc")}
    for layout, data in read.items():
        assert data.name.startswith(f"{layout}, made in the layout of ")
        assert data.warnings == ()  # official counts are not expected of it
        trial = data.trials["general"]
        parts = [data.train, trial.query, trial.gallery] + ([data.val] if data.val is not None else [])
        assert sum(len(part) for part in parts) == (scheduled if layout == "prcc" else tiny).photos
        assert data.train.people == trial.gallery.people == tiny.people // 2
        assert all(path.is_file() for part in parts for path in part.paths)
    # The same photos, whatever the names say: the layouts agree on who is where in what.
    table, named = read["csv"], read["ltcc"]
    assert sorted(table.train.camids.tolist()) == sorted(named.train.camids.tolist())
    assert (
        len(np.unique(outfits_of(table.train)))
        == len(np.unique(outfits_of(named.train)))
        == tiny.people // 2 * tiny.outfits
    )
    assert set(table.trials) == set(named.trials) == set(read["prcc"].trials) == {"general", "cc", "sc"}
    assert read["prcc"].val is not None and read["csv"].val is None
