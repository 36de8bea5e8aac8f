"""Features of photos, however they are given; broken and odd ones."""

import numpy as np
import pytest
import torch
from made_photos import write_photos
from tiny_models import save_tiny_model, tiny_model

from habitus.data.decoding import decode
from habitus.data.listing import photos_in
from habitus.data.transforms import resized
from habitus.errors import InputError
from habitus.reid.embedder import Embedder


@pytest.fixture(scope="module")
def embedder():
    return Embedder(tiny_model(), device="cpu", batch=4)


@pytest.fixture
def records(tmp_path):
    return write_photos(tmp_path / "photos", list(range(10)), size=(48, 20))


def by_hand(model, paths):
    """One photo at a time, in double precision."""
    model = tiny_model().double()
    rows = []
    with torch.no_grad():
        for path in paths:
            image = torch.from_numpy(resized(decode(path), (32, 16))).permute(2, 0, 1)[None].double() / 255
            feature = (model(image).feature + model(image.flip(3)).feature)[0]
            rows.append((feature / feature.norm()).numpy())
    return np.array(rows)


def test_features_are_the_network_s(embedder, records):
    features = embedder(records.paths)
    assert features.dtype == np.float32
    assert features.shape == (10, embedder.model.feature_size)
    np.testing.assert_allclose(features, by_hand(embedder.model, records.paths), atol=2e-5)


def test_however_photos_are_given(embedder, records):
    expected = embedder(records.paths)
    arrays = [decode(path) for path in records.paths]
    small = torch.from_numpy(np.stack([resized(a, (32, 16)) for a in arrays])).permute(0, 3, 1, 2)
    for photos in (
        [str(path) for path in records.paths], records.paths[0].parent, str(records.paths[0].parent), arrays,
        np.stack(arrays), [a / 255 for a in arrays], small, small.float() / 255,
    ):  # fmt: skip
        np.testing.assert_allclose(embedder(photos), expected, atol=1e-6)


def test_without_flip_features_depend_on_the_side(embedder, records):
    arrays = [np.random.default_rng(seed).integers(0, 256, (32, 16, 3), np.uint8) for seed in range(3)]
    mirrored = [a[:, ::-1] for a in arrays]
    np.testing.assert_allclose(embedder(arrays), embedder(mirrored), atol=1e-5)
    plain = Embedder(embedder.model, device="cpu", flip="none")
    assert np.abs(plain(arrays) - plain(mirrored)).max() > 1e-3


def test_no_photos(embedder):
    assert embedder([]).shape == (0, embedder.model.feature_size)


def test_photos_of_a_folder(tmp_path):
    for name in ("b/2.PNG", "b/10.png", "a.jpg", ".hidden.png", ".cache/x.png", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [path.relative_to(tmp_path).as_posix() for path in photos_in(tmp_path)]
    assert names == ["a.jpg", "b/10.png", "b/2.PNG"]


def test_records_with_broken_photos(embedder, records, caplog):
    for row in (0, 4, 5, 6, 7):  # the whole second batch
        records.paths[row].write_bytes(b"no photo")
    done = []
    features, rows = embedder.embed_records(records, progress=done.append)
    assert rows.tolist() == [1, 2, 3, 8, 9]
    np.testing.assert_allclose(features, by_hand(embedder.model, [records.paths[row] for row in rows]), atol=2e-5)
    assert sum(done) == 10
    assert all(caplog.text.count(str(records.paths[row])) == 1 for row in (0, 4, 5, 6, 7))
    assert "broken so far: 5" in caplog.text
    with pytest.raises(InputError, match=r"000\.png"):
        embedder.embed_records(records, on_broken="stop")
    with pytest.raises(InputError, match=r"000\.png"):
        embedder(records.paths)


def test_networks_from_files(tmp_path, embedder, records):
    loaded = Embedder(save_tiny_model(tmp_path / "model"), device="cpu")
    np.testing.assert_allclose(loaded(records.paths), embedder(records.paths), atol=1e-6)
    with pytest.raises(InputError, match="absent"):
        Embedder(tmp_path / "absent")


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        ([np.zeros((8, 8), np.uint8)], "no RGB picture"),
        ([np.zeros((8, 8, 4), np.uint8)], "no RGB picture"),
        ([np.zeros((8, 8, 3), np.int64)], "int64"),
        ([np.full((8, 8, 3), np.nan)], "not finite"),
        (torch.zeros(3, 8, 8), "no batch"),
        (torch.full((1, 3, 32, 16), torch.nan), "not finite"),
    ],
)
def test_bad_photos(embedder, photos, words):
    with pytest.raises(InputError, match=words):
        embedder(photos)


def test_bad_options(tmp_path):
    with pytest.raises(InputError, match="batch 0"):
        Embedder(tiny_model(), batch=0)
    for device in ("cuda:77", "toaster"):
        with pytest.raises(InputError, match=f"device {device}"):
            Embedder(tiny_model(), device=device)
    with pytest.raises(InputError, match="no photos"):
        Embedder(tiny_model())(tmp_path)
