"""What texture networks learn from: partners in the same outfit, whatever the worker; photos without a body."""

import pickle
import shutil
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image
from texture_worlds import WORLD

from habitus.body.model import BodyModel
from habitus.data.opening import open_data
from habitus.errors import InputError
from habitus.synthetic.worlds.truth_files import read_person
from habitus.texture.generator.sight import seen_by_networks
from habitus.training.tasks import texture_data
from habitus.training.tasks.texture_data import Beside, TextureDataset, posed_photos, sight_of

BODY = BodyModel.load()


class Numbers:
    """Pictures that tell their key."""

    def __getitem__(self, key):
        return np.full((3, 4, 4), sum(key) % 256, np.uint8)


@pytest.fixture(scope="module")
def world(texture_places):
    return texture_places / "world"


@pytest.fixture(scope="module")
def photos(world):
    return posed_photos(open_data(world).train, [world], (), BODY, truth=True)


def dataset(photos, **options):
    defaults = {"size": (32, 16), "partners": True, "seed": 1, "on_broken": "skip"}
    beside = Beside(backgrounds=Numbers(), truth_size=32)
    return TextureDataset(photos, beside, **(defaults | options))


def read(path):
    return np.array(Image.open(path).convert("RGB"))


def test_partners_are_the_same_person_in_the_same_outfit(photos):
    items = dataset(photos)
    records = photos.records
    for row in range(len(photos)):
        for draw in range(4):
            partner = int(items[(row, 0, draw)]["partner"])
            assert partner != row
            assert records.pids[partner] == records.pids[row]
            assert records.clothes_ids[partner] == records.clothes_ids[row]
    alone = dataset(photos, partners=False)
    assert [int(alone[(row, 0, 0)]["partner"]) for row in range(len(photos))] == list(range(len(photos)))


def test_whoever_has_one_photo_is_their_own_partner(photos):
    rows = np.flatnonzero(photos.records.pids < 2)
    kept = np.setdiff1d(rows, rows[:1])  # one photo of the first outfit is left
    fewer = texture_data.PosedPhotos(
        photos.records.select(kept), photos.tables, photos.places[kept], tuple(photos.truths[row] for row in kept)
    )
    assert int(dataset(fewer)[(0, 0, 0)]["partner"]) == 0


def test_items_are_functions_of_their_keys(photos):
    """Also in a worker, which gets the dataset by pickle."""
    items, again = dataset(photos), pickle.loads(pickle.dumps(dataset(photos)))
    for key in ((0, 0, 0), (3, 1, 0), (0, 0, 0)):
        one, other = items[key], again[key]
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name]) for name in one)
    partners = {int(items[(0, epoch, 0)]["partner"]) for epoch in range(8)}
    assert partners == {1}
    assert items[(0, 1, 2)]["background"][0, 0, 0] == 3


def test_pictures_are_those_of_the_files(photos):
    item = dataset(photos)[(2, 0, 0)]
    names = photos.records.paths
    whole = read(names[2])
    seen = seen_by_networks(torch.from_numpy(whole).permute(2, 0, 1)[None] / 255)[0]
    assert (torch.from_numpy(item["photo"]) / 255 - seen).abs().max() <= 0.5 / 255 + 1e-6
    other = read(names[int(item["partner"])])
    halved = other.reshape(32, 2, 16, 2, 3).mean((1, 3))
    assert np.abs(item["target"].transpose(1, 2, 0) - halved).max() <= 0.51


def test_bodies_and_true_textures_are_those_of_the_photo(world, photos):
    for row in (0, 5, 7):
        path = photos.records.paths[row]
        person = int(photos.records.pids[row]) - 1  # written from 1
        told = read_person(world, person)
        place = told.paths.index(path.relative_to(world).as_posix())
        params = photos.params(row)
        np.testing.assert_allclose(params.theta[0], told.theta[place], atol=1e-6)
        np.testing.assert_allclose(params.psi[0], told.psi[place], atol=1e-6)
        assert photos.truths[row] == world / "truth" / "textures" / f"{person + 1:04d}_{told.outfit[place] + 1}.png"
        assert photos.size(row) == WORLD.size
    item = dataset(photos)[(0, 0, 0)]
    texture = read(photos.truths[0])
    halved = texture.reshape(32, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(item["truth"].transpose(1, 2, 0) - halved).max() <= 0.51
    assert item["has_truth"] == 1


def test_photos_without_a_body_are_counted_and_left_out(world, monkeypatch, caplog):
    records = open_data(world).train
    whole = texture_data.body_table

    def lacking(root, bodies, body):
        table = whole(root, bodies, body)
        kept = [row for row in range(len(table)) if row % 3]
        return texture_data.BodyTable(
            table.topology, tuple(table.paths[row] for row in kept), table.sizes[kept], cast(Any, Shifted(table, kept))
        )

    class Shifted:
        def __init__(self, table, kept):
            self.table, self.kept = table, kept

        def params(self, row):
            return self.table.params(self.kept[row])

    everything = posed_photos(records, [world], (), BODY, truth=False)
    monkeypatch.setattr(texture_data, "body_table", lacking)
    found = posed_photos(records, [world], (), BODY, truth=False)
    assert "3 of 8 photos have no body parameters and are left out" in caplog.text
    assert len(found) == 5
    for row, path in enumerate(found.records.paths):
        expected = everything.params(everything.records.paths.index(path))
        assert torch.equal(found.params(row).theta, expected.theta)
    assert found.truths == (None,) * 5


def test_tables_that_do_not_fit_are_refused(world, tmp_path):
    records = open_data(world).train
    with pytest.raises(InputError, match="--bodies: 2 files for 1 data sets"):
        posed_photos(records, [world], [tmp_path / "a", tmp_path / "b"], BODY, truth=False)
    with pytest.raises(InputError, match="habitus bodies"):
        posed_photos(records, [tmp_path], (), BODY, truth=False)


def test_photos_of_fewer_than_two_people_are_refused(world):
    records = open_data(world).train
    elsewhere = records.select(np.flatnonzero(records.pids == 1))
    with pytest.raises(InputError, match=r"4 of 4 photos, of fewer than two people; run `habitus bodies`"):
        posed_photos(elsewhere, [world], (), BODY, truth=False)


def test_broken_photos_are_replaced_by_ones_of_the_person(world, tmp_path):
    world = shutil.copytree(world, tmp_path / "world")
    photos = posed_photos(open_data(world).train, [world], (), BODY, truth=False)
    photos.records.paths[0].write_bytes(b"no picture")
    item = dataset(photos)[(0, 0, 0)]
    assert int(item["row"]) == 1  # in the same outfit
    assert int(item["partner"]) == 1  # the other one is broken
    with pytest.raises(InputError, match=photos.records.paths[0].name):
        dataset(photos, on_broken="stop")[(0, 0, 0)]


def test_sight_of_items():
    batch = {"photo": torch.full((2, 3, 4, 2), 255, dtype=torch.uint8)}
    assert sight_of(batch).known is None
    batch |= {"known": torch.zeros(2, 3, 8, 8, dtype=torch.uint8), "confidence": torch.full((2, 8, 8), 51).byte()}
    sight = sight_of(batch)
    assert sight.photo.max() == 1
    assert sight.confidence is not None
    assert sight.confidence.shape == (2, 1, 8, 8)
    assert sight.confidence.min() == pytest.approx(0.2)
