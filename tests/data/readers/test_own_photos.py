"""People's own photos: tables, folders of people, and the split of what has none."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sets import TRAP, outfits_of, write

from habitus.data.opening import open_data
from habitus.data.readers import table_files
from habitus.data.readers.own_split import split_people
from habitus.data.readers.table_files import read_csv
from habitus.data.records import Records
from habitus.errors import InputError

ROWS = [
    ("a/1.jpg", "5", "1", "1", "train"),
    ("a/2.jpg", "6", "2", "1", "train"),
    ("a/3.jpg", "6", "2", "2", "val"),
    ("b/4.jpg", "7", "1", "1", "query"),
    ("b/5.jpg", "7", "2", "1", "gallery"),
    ("b/6.jpg", "7", "3", "2", "gallery"),
    ("b/7.jpg", "9", "3", "1", "gallery"),
]
COLUMNS = ("path", "pid", "camid", "clothes_id", "split")


def photos(folder):
    for row in ROWS:
        (folder / row[0]).parent.mkdir(parents=True, exist_ok=True)
        (folder / row[0]).touch()


def table(folder, *, columns=COLUMNS, rows=ROWS, name="images.csv", photos_too=True):
    folder.mkdir(exist_ok=True)
    if photos_too:
        photos(folder)
    lines = [",".join(columns)] + [",".join(row[COLUMNS.index(c)] for c in columns) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def parquet(file, **changed):
    values = {name: [row[i] for row in ROWS] for i, name in enumerate(COLUMNS)}
    values = {**{k: [int(v) for v in vs] if k.endswith("id") else vs for k, vs in values.items()}, **changed}
    pq.write_table(pa.table({k: v for k, v in values.items() if v is not None}), file)
    return file


@pytest.mark.parametrize("form", ["csv", "parquet", "folder"])
def test_tables_are_read_with_paths_from_their_folder(form, tmp_path):
    file = table(tmp_path)
    if form == "parquet":
        file = parquet(tmp_path / "list.parquet", feature=pa.array([[0.5] * 8] * len(ROWS)))
    data = open_data(tmp_path if form == "folder" else file)
    assert data.warnings == ()
    assert data.train.paths == (tmp_path / "a/1.jpg", tmp_path / "a/2.jpg")
    assert data.train.pids.tolist() == [5, 6]
    assert data.train.camids.tolist() == [1, 2]
    assert data.val is not None and data.val.pids.tolist() == [6]
    trial = data.trial("cc")
    assert trial.rule == "cc"
    assert trial.gallery.pids.tolist() == [7, 7, 9]
    # Outfit 1 of person 7 and outfit 1 of person 9 are not the same.
    assert outfits_of(trial.query)[0] == outfits_of(trial.gallery)[0]
    assert len(set(outfits_of(trial.gallery).tolist())) == 3


def test_outfits_that_are_unique_already_keep_their_numbers(tmp_path):
    rows = [(path, pid, camera, f"{pid}{outfit}", split) for path, pid, camera, outfit, split in ROWS]
    assert outfits_of(open_data(table(tmp_path, rows=rows)).train).tolist() == [51, 61]


def test_people_and_cameras_may_have_names(tmp_path):
    people = {"5": "eve", "6": "Adam", "7": "zoë", "9": "bo"}
    rows = [(path, people[pid], f"cam-{camera}", clothes, split) for path, pid, camera, clothes, split in ROWS]
    data = open_data(table(tmp_path, rows=rows))
    assert data.train.pids.tolist() == [2, 0]  # Adam, bo, eve, zoë
    assert data.train.camids.tolist() == [0, 1]


def test_cameras_and_clothes_are_optional(tmp_path):
    data = open_data(table(tmp_path, columns=("pid", "path", "split")))
    assert list(data.trials) == ["general"]
    trial = data.trial("general")
    assert "no cameras known" in trial.words
    cameras = np.concatenate([trial.query.camids, trial.gallery.camids])
    assert len(set(cameras.tolist())) == len(cameras)
    assert data.train.clothes_ids is None


def test_columns_of_embedded_sets_without_clothes_are_passed_over(tmp_path):
    photos(tmp_path)
    file = parquet(tmp_path / "list.parquet", clothes_id=pa.array([None] * len(ROWS), pa.int64()))
    assert open_data(file).train.clothes_ids is None


def test_tables_for_scoring_alone(tmp_path):
    data = open_data(table(tmp_path, rows=ROWS[3:]))
    assert len(data.train) == 0 and len(data.trial("sc").query) == 1
    train = open_data(table(tmp_path, rows=ROWS[:3]))
    with pytest.raises(InputError, match="no queries and gallery"):
        train.trial("general")


def test_people_of_the_query_who_also_train_are_told(tmp_path):
    (line,) = open_data(table(tmp_path, rows=[*ROWS, ("a/1.jpg", "7", "4", "1", "train")])).warnings
    assert "1 people of the query are also in train" in line


@pytest.mark.parametrize(
    ("columns", "change", "message"),
    [
        (("path", "camid"), {}, "has no column pid"),
        (COLUMNS, {"path": "b/none.jpg"}, r"1 photos are missing, the first .*b/none.jpg"),
        (COLUMNS, {"path": "no\0pe/x.jpg"}, r"1 photos are missing|is no CSV"),
        (COLUMNS, {"pid": ""}, "row 2 has no pid"),
        (COLUMNS, {"clothes_id": ""}, "row 2 has no clothes_id; fill it, or leave the column away"),
        (COLUMNS, {"split": "test"}, "row 2 has split 'test'; write train, val, query, gallery"),
    ],
)
def test_faulty_tables_are_refused(columns, change, message, tmp_path):
    rows = [list(row) for row in ROWS]
    for name, value in change.items():
        rows[1][COLUMNS.index(name)] = value
    with pytest.raises(InputError, match=message):
        open_data(table(tmp_path, columns=columns, rows=rows))


def test_tables_without_rows_queries_or_sense_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="holds no rows"):
        open_data(table(tmp_path, rows=[]))
    with pytest.raises(InputError, match="rows of split query but none of gallery"):
        open_data(table(tmp_path, rows=ROWS[:4]))
    with pytest.raises(InputError, match="one person only"):
        open_data(table(tmp_path, rows=ROWS[3:6]))
    with pytest.raises(InputError, match="one person only"):
        open_data(table(tmp_path, rows=ROWS[3:6], columns=("path", "pid")))
    (tmp_path / "images.csv").write_text("path,pid\na/1.jpg\n")
    with pytest.raises(InputError, match="row 1 has 1 fields, the header 2"):
        open_data(tmp_path)
    (tmp_path / "images.csv").write_bytes(b"path,pid\n\xff\xfe,1\n")
    with pytest.raises(InputError, match="no CSV table in UTF-8"):
        open_data(tmp_path)
    (tmp_path / "images.csv").write_text('path,pid\n"' + "x" * 200_000 + '",1\n')
    with pytest.raises(InputError, match="no CSV table"):
        open_data(tmp_path)
    monkeypatch.setattr(table_files, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        open_data(table(tmp_path))
    with pytest.raises(InputError, match="holds 7 rows"):
        open_data(parquet(tmp_path / "list.parquet"))


def test_faulty_parquet_is_refused(tmp_path):
    photos(tmp_path)
    file = tmp_path / "list.parquet"
    file.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match="is no Parquet table"):
        open_data(file)
    parquet(file, pid=[[1]] * len(ROWS))
    with pytest.raises(InputError, match="column pid holds list<"):
        open_data(file)
    # A kilobyte that would unpack to gigabytes: one long text, repeated.
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"path": long, "pid": [1] * 100_000}), file)
    assert file.stat().st_size < 100_000
    with pytest.raises(InputError, match="a text of 100,000 characters"):
        open_data(file)


def test_whole_numbers_that_became_floats_are_read(tmp_path):
    photos(tmp_path)
    file = parquet(tmp_path / "list.parquet", camid=[float(row[2]) for row in ROWS], clothes_id=[float("nan")] * 7)
    data = open_data(file)
    assert data.train.camids.tolist() == [1, 2] and data.train.clothes_ids is None


def test_windows_and_spreadsheet_habits_are_read(tmp_path):
    file = table(tmp_path, columns=("path", "pid", "split"))
    text = file.read_text().replace("path,pid,split", "Path, PID ,Split").replace("\n", "\r\n") + "\r\n"
    file.write_text(text, encoding="utf-8-sig", newline="")
    assert read_csv(file).train.pids.tolist() == [5, 6]


def test_a_folder_per_person(tmp_path):
    root = tmp_path / TRAP / "team"
    for person in ("010", "9", "2", "1"):
        write(root, person, f"{person}_c1.jpg {person}_c2.PNG deeper/not_read.jpg")
    data = open_data(root)
    assert data.name == "team"
    assert data.train.pids.tolist() == [1, 1, 9, 9]  # every second: 1, 2, 9, 10
    assert "every second person trains" in data.warnings[0]
    trial = data.trial("general")
    assert [path.name for path in trial.query.paths] == ["010_c1.jpg", "2_c1.jpg"]
    assert [path.name for path in trial.gallery.paths] == ["010_c2.PNG", "2_c2.PNG"]
    assert open_data(root, layout="folder").train.paths == data.train.paths


def test_a_folder_per_person_with_a_split(tmp_path):
    for split, people in (("train", "ann bob"), ("query", "cid dan"), ("gallery", "cid dan eve")):
        for person in people.split():
            write(tmp_path, f"{split}/{person}", "1.jpg")
    data = open_data(tmp_path)
    assert data.warnings == ()
    assert (data.train.pids.tolist(), data.trial("general").gallery.pids.tolist()) == ([0, 1], [2, 3, 4])
    (tmp_path / "query").rename(tmp_path / "queries")
    with pytest.raises(InputError, match="query"):
        open_data(tmp_path)
    with pytest.raises(InputError, match="has train/ but no query/"):
        open_data(tmp_path, layout="folder")


def test_folders_without_people_are_refused(tmp_path):
    write(tmp_path, "only", "1.jpg 2.jpg")
    with pytest.raises(InputError, match="one person only"):
        open_data(tmp_path)
    with pytest.raises(InputError, match="holds no pictures in folders"):
        open_data(tmp_path / "only", layout="folder")


@st.composite
def records(draw):
    size = draw(st.integers(2, 40))
    pids, cameras, clothes = (draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)) for _ in range(3))
    worn = np.array(pids) * 5 + clothes if draw(st.booleans()) else None
    paths = tuple(Path(f"{row}.jpg") for row in range(size))
    return Records(paths, np.array(pids), np.array(cameras), worn)


@given(records(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_splits_keep_people_apart_and_lose_no_photo(table, cameras):
    if table.people < 2:
        with pytest.raises(InputError, match="one person only"):
            split_people(table, cameras=cameras, where="here")
        return
    train, query, gallery = split_people(table, cameras=cameras, where="here")
    assert sorted(train.paths + query.paths + gallery.paths) == sorted(table.paths)
    tested = set(query.pids.tolist()) | set(gallery.pids.tolist())
    assert not tested & set(train.pids.tolist())
    assert abs(len(tested) - train.people) <= 1
    for pid in tested:  # whoever has two photos is asked for, and can be found
        mine = int((table.pids == pid).sum())
        asked = int((query.pids == pid).sum())
        assert (asked >= 1) == (mine >= 2)
        assert asked < mine
