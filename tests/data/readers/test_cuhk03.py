"""CUHK03 from cuhk-03.mat: what is in its cells, who is where, and files that are not what they should be."""

import builtins

import cv2
import h5py
import numpy as np
import pytest
from scipy.io import savemat

from habitus.data.opening import open_data
from habitus.errors import InputError

NAMES = ["1_001_1_01.png", "1_001_2_06.png", "1_002_1_02.png", "2_001_1_01.png", "2_001_2_07.png", "2_002_2_06.png"]
PIDS = [1, 1, 2, 3, 3, 4]
TRAIN, QUERY, GALLERY = [1, 2, 3], [4], [5, 6]
"""Rows of NAMES counted from 1, as MATLAB does."""


def picture(name):
    """Pixels of its own for every name, RGB, not square."""
    return np.random.default_rng([int(c) for c in name if c.isdigit()]).integers(0, 255, (6, 4, 3), dtype=np.uint8)


def write_mat(path, *, kinds=("detected", "labeled")):
    """As MATLAB 7.3 writes cells of cells of images: references, every array with its axes in reverse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        kept = file.create_group("#refs#")

        def keep(array):
            return kept.create_dataset(f"r{len(kept)}", data=array).ref

        empty = keep(np.zeros(2, dtype=np.uint64))
        for kind in kinds:
            pairs = np.full((1, 2), None, dtype=h5py.ref_dtype)
            for pair in (1, 2):
                cells = np.full((10, 2), empty, dtype=h5py.ref_dtype)
                for name in NAMES:
                    p, person, _, number = (int(field) for field in name.removesuffix(".png").split("_"))
                    if p == pair:
                        cells[number - 1, person - 1] = keep(picture(name + kind).transpose(2, 1, 0))
                pairs[0, pair - 1] = kept.create_dataset(f"pair{len(kept)}", data=cells, dtype=h5py.ref_dtype).ref
            file.create_dataset(kind, data=pairs, dtype=h5py.ref_dtype)


def write_config(path, **changed):
    content = {
        "filelist": np.array(NAMES, dtype=object)[:, None],
        "labels": np.array(PIDS, dtype=np.uint16)[:, None],
        "camId": np.array([int(name[6]) for name in NAMES], dtype=np.uint8)[:, None],
        "train_idx": np.array(TRAIN, dtype=np.uint16)[:, None],
        "query_idx": np.array(QUERY, dtype=np.uint16)[:, None],
        "gallery_idx": np.array(GALLERY, dtype=np.uint16)[:, None],
    }
    savemat(path, content | changed)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "cuhk03"
    write_mat(folder / "cuhk03_release" / "cuhk-03.mat")
    for kind in ("detected", "labeled"):
        write_config(folder / f"cuhk03_new_protocol_config_{kind}.mat")
    return folder


@pytest.mark.parametrize("kind", ["detected", "labeled"])
def test_pictures_come_out_of_the_file_once(kind, root, caplog):
    layout = "cuhk03" if kind == "detected" else "cuhk03-labeled"
    data = open_data(root, layout=layout)
    assert f"images_{kind}" in caplog.text
    assert data.name == f"CUHK03-NP ({kind})"
    trial = data.trial("general")
    assert data.train.pids.tolist() == [1, 1, 2] and data.train.camids.tolist() == [1, 2, 1]
    assert trial.query.pids.tolist() == [3] and trial.gallery.pids.tolist() == [3, 4]
    assert trial.gallery.camids.tolist() == [2, 2]
    for path in data.train.paths + trial.gallery.paths:
        pixels = cv2.imread(str(path))
        assert pixels is not None
        np.testing.assert_array_equal(pixels[..., ::-1], picture(path.name + kind))
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == ["cuhk03_release", f"images_{kind}"]
    (root / "cuhk03_release" / "cuhk-03.mat").unlink()  # is not needed again
    assert open_data(root, layout=layout).train.paths == data.train.paths


def test_the_file_itself_may_be_named(root):
    assert open_data(root / "cuhk03_release" / "cuhk-03.mat").name == "CUHK03-NP (detected)"
    assert open_data(root).root == root


def test_without_the_protocol_nothing_is_guessed(root):
    (root / "cuhk03_new_protocol_config_detected.mat").unlink()
    with pytest.raises(InputError, match=r"config_detected.mat: is not there.*person-re-ranking"):
        open_data(root)
    assert not (root / "images_detected").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"query_idx": np.array([[7]])},
        {"query_idx": np.array([[0]])},
        {"query_idx": np.zeros((0, 0))},
        {"labels": np.array([[1, 2]])},
        {"filelist": np.array([*NAMES[:-1], "../../2_002_2_06.png"], dtype=object)[:, None]},
        {"filelist": np.array([*NAMES[:-1], "2_002_2_06.png/../../x"], dtype=object)[:, None]},
    ],
)
def test_other_lists_are_refused(change, root):
    write_config(root / "cuhk03_new_protocol_config_detected.mat", **change)
    with pytest.raises(InputError, match="is not the protocol's list"):
        open_data(root)
    assert not (root / "images_detected").exists()


def test_broken_files_leave_nothing_behind(root):
    (root / "cuhk03_new_protocol_config_labeled.mat").write_bytes(b"\0" * 500)
    with pytest.raises(InputError, match="is not the protocol's list"):
        open_data(root, layout="cuhk03-labeled")
    mat = root / "cuhk03_release" / "cuhk-03.mat"
    whole = mat.read_bytes()
    mat.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is not CUHK03's file, or broken"):
        open_data(root)
    write_mat(mat, kinds=("labeled",))
    with pytest.raises(InputError, match="is not CUHK03's file, or broken"):
        open_data(root)
    with h5py.File(mat, "a") as file:
        file["detected"] = np.zeros((1, 5000), dtype=np.uint8)
    with pytest.raises(InputError, match="is not CUHK03's file, or broken"):
        open_data(root)
    assert sorted(path.name for path in root.iterdir() if path.is_dir()) == ["cuhk03_release"]


def test_pictures_missing_in_the_file_are_told(root):
    mat = root / "cuhk03_release" / "cuhk-03.mat"
    write_config(
        root / "cuhk03_new_protocol_config_detected.mat",
        filelist=np.array(["1_001_1_05.png", *NAMES[1:]], dtype=object),
    )
    with pytest.raises(InputError, match=f"{mat.name}: is not CUHK03's file"):
        open_data(root)


def test_without_h5py_the_cure_is_named(root, monkeypatch):
    import_module = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "h5py":
            raise ImportError(name)
        return import_module(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"pip install 'habitus\[cuhk03\]'"):
        open_data(root)
