"""Feature files say what was written, and refuse what would mislead or exhaust."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from habitus.errors import InputError
from habitus.reid.feature_files import FeatureFile, merge_features, read_features, to_table, write_features


def made(count=6, size=4, *, first=0):
    rng = np.random.default_rng(first)
    return FeatureFile(
        tuple(f"images/{first + i:04d}.jpg" for i in range(count)),
        np.arange(count) - 1,
        np.arange(count) % 3,
        np.full(count, -1),
        tuple("query" if i % 2 else "train" for i in range(count)),
        rng.normal(size=(count, size)).astype(np.float32),
        {"weights": "baseline", "flip": "sum", "size": [256, 128]},
    )


def same(ours, theirs):
    assert (ours.paths, ours.splits, dict(ours.made)) == (theirs.paths, theirs.splits, dict(theirs.made))
    for name in ("pids", "camids", "clothes_ids", "features"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("count", [0, 1, 6])
def test_there_and_back(tmp_path, count):
    write_features(tmp_path / "a.parquet", made(count))
    same(read_features(tmp_path / "a.parquet"), made(count))


def test_columns_are_those_promised(tmp_path):
    write_features(tmp_path / "a.parquet", made())
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.names == ["path", "pid", "camid", "clothes_id", "split", "feature"]
    assert schema.field("feature").type == pa.list_(pa.float32(), 4)
    assert pq.read_table(tmp_path / "a.parquet")["clothes_id"].null_count == 6


def test_merged(tmp_path):
    parts = [tmp_path / f"{n}.parquet" for n in range(3)]
    for n, count in enumerate((3, 0, 2)):
        write_features(parts[n], made(count, first=10 * n))
    merge_features(tmp_path / "whole.parquet", parts)
    whole = read_features(tmp_path / "whole.parquet")
    assert whole.paths == made(3).paths + made(2, first=20).paths
    np.testing.assert_array_equal(whole.features, np.concatenate([made(3).features, made(2, first=20).features]))
    assert dict(whole.made) == dict(made().made)


def test_rows_by_path(tmp_path):
    assert made(2).rows(tmp_path) == {tmp_path / "images/0000.jpg": 0, tmp_path / "images/0001.jpg": 1}


def test_others_files(tmp_path):
    """Paths and plain lists of floats suffice."""
    table = pa.table({"path": ["a.jpg", "b.jpg"], "feature": [[1.0, 2.0], [3.0, 4.0]]})
    pq.write_table(table, tmp_path / "a.parquet")
    read = read_features(tmp_path / "a.parquet")
    np.testing.assert_array_equal(read.features, np.array([[1, 2], [3, 4]], np.float32))
    assert read.pids.tolist() == [-1, -1]
    assert dict(read.made) == {}


def replaced(name, column):
    table = to_table(made())
    return table.set_column(table.column_names.index(name), name, column)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (to_table(made()).drop_columns(["path"]), "no column path"),
        (to_table(made()).drop_columns(["feature"]), "no column feature"),
        (replaced("feature", pa.array([[1.0]] * 5 + [[1.0, 2.0]])), "one length"),
        (replaced("feature", pa.array([[1.0], None] * 3)), "one length"),
        (replaced("feature", pa.array([[1.0], []] * 3)), "one length"),
        (replaced("feature", pa.array([[]] * 6, pa.list_(pa.float32()))), "one length"),
        (replaced("feature", pa.array(["x"] * 6)), "features are string"),
        (replaced("feature", pa.array([[1.0]] * 4 + [[np.nan], [np.inf]])), r"'images/0004.jpg' is NaN .* \(2 of 6"),
        (replaced("pid", pa.array(["x"] * 6)), "column pid is string"),
        (replaced("path", pa.array(range(6))), "column path is int64"),
        (replaced("path", pa.array(["x.jpg"] * 6)), "'x.jpg' is there twice"),
    ],
)
def test_unusable_tables(tmp_path, table, words):
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=words) as caught:
        read_features(tmp_path / "a.parquet")
    assert str(tmp_path / "a.parquet") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_small_file_that_unpacks_to_much(tmp_path):
    feature = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(5_000_000, np.float32)), 500)
    table = pa.table({"path": [str(i) for i in range(10_000)], "feature": feature})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(InputError, match="far more than it holds"):
        read_features(tmp_path / "a.parquet")


def test_damaged_files(tmp_path):
    path = tmp_path / "a.parquet"
    write_features(path, made(40))
    whole = path.read_bytes()
    with pytest.raises(InputError, match="no such file"):
        read_features(tmp_path / "absent.parquet")
    rng = np.random.default_rng(0)
    for share in (0, 0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(InputError, match="no Parquet file"):
            read_features(path)
    for _ in range(200):
        data = bytearray(whole)
        for place in rng.integers(len(whole) // 2 * int(rng.integers(2)), len(whole), 5):
            data[place] = rng.integers(256)
        path.write_bytes(data)
        try:
            read_features(path)
        except InputError as error:
            assert "\n" not in str(error)
