"""Batches do not depend on workers; broken files in the middle of an epoch are replaced and named once, or stop it."""

import os
from itertools import chain

import numpy as np
import pytest
import torch
from made_photos import colour_of, write_photos

from habitus.data import transforms
from habitus.data.dataset import PhotoDataset
from habitus.data.loading import loader
from habitus.data.samplers import PKBatches, ShuffledBatches
from habitus.errors import InputError

PIDS = [7] * 6 + [3] * 5 + [9] * 4 + [1]
CLOTHES = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6]
SIZE = (24, 16)


@pytest.fixture
def records(tmp_path):
    return write_photos(tmp_path / "photos", PIDS, CLOTHES, size=SIZE)


def dataset_of(records, **options):
    transform = transforms.train_transform(SIZE, pad=3, jitter=0.2)
    return PhotoDataset(records, transform, seed=4, **options)


def plain(records, **options):
    return PhotoDataset(records, transforms.test_transform(SIZE), **options)


def test_an_item_is_a_photo_with_its_labels(records):
    item = plain(records)[(8, 0, 0)]
    assert item["image"].shape == (3, *SIZE)
    assert item["image"].dtype == np.uint8
    np.testing.assert_array_equal(item["image"][:, 5, 5], colour_of(8))
    assert (item["pid"], item["camid"], item["clothes_id"], item["row"]) == (1, 8 % 3, 2, 8)


def test_without_clothes_labels(tmp_path):
    assert plain(write_photos(tmp_path, [1, 2]))[(0, 0, 0)]["clothes_id"] == -1


def test_augmentation_is_a_function_of_the_key(records):
    dataset = dataset_of(records)
    first = dataset[(2, 1, 0)]["image"]
    np.testing.assert_array_equal(dataset_of(records)[(2, 1, 0)]["image"], first)
    for other in ((2, 2, 0), (2, 1, 1)):
        assert (dataset[other]["image"] != first).any()


def test_batches_are_the_same_for_any_number_of_workers(records):
    """Over two epochs, with a broken photo in the middle."""
    records.paths[4].write_bytes(b"no photo")
    sampler = PKBatches(labels=records.labels(), people=3, images=2, seed=1)
    runs = []
    for workers in (0, 1, 2):
        loading = loader(dataset_of(records), chain.from_iterable(map(sampler.batches, range(2))), workers=workers)
        runs.append(list(loading))
        assert list(loading.broken) == [4]
    assert len(runs[0]) == 2 * len(sampler)
    for run in runs[1:]:
        for ours, theirs in zip(runs[0], run, strict=True):
            assert ours.keys() == theirs.keys() == {"image", "pid", "camid", "clothes_id", "row"}
            assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    batch = runs[0][0]
    assert batch["image"].shape == (6, 3, *SIZE)
    assert batch["image"].dtype == torch.uint8
    assert batch["pid"].dtype == batch["row"].dtype == torch.int64


@pytest.mark.parametrize("workers", [0, 2])
def test_broken_photos_are_named_once(records, caplog, workers):
    for row in (0, 7):
        records.paths[row].write_bytes(records.paths[row].read_bytes()[:40])
    batches = ShuffledBatches(photos=len(records), batch=8)
    loading = loader(dataset_of(records), [b for epoch in range(3) for b in batches.batches(epoch)], workers=workers)
    rows = torch.cat([batch["row"] for batch in loading])
    assert not {0, 7} & set(rows.tolist())
    assert caplog.text.count(str(records.paths[0])) == caplog.text.count(str(records.paths[7])) == 1
    assert "broken so far: 2" in caplog.text


def test_a_replacement_shows_the_same_person_in_the_same_outfit_if_it_can(records):
    dataset = plain(records)
    records.paths[0].unlink()
    assert dataset[(0, 0, 0)]["row"] in (1, 2)
    records.paths[1].unlink()
    records.paths[2].unlink()
    item = dataset[(0, 0, 0)]
    assert item["row"] in (3, 4, 5)
    np.testing.assert_array_equal(item["image"][:, 0, 0], colour_of(int(item["row"])))
    records.paths[15].write_bytes(b"")  # the only one of that person
    assert dataset[(15, 0, 0)]["row"] in range(3, 15)
    assert dataset[(15, 0, 0)]["pid"] == records.labels()[dataset[(15, 0, 0)]["row"]]


@pytest.mark.parametrize("workers", [0, 1])
def test_stop_at_a_broken_photo(records, workers):
    records.paths[5].write_bytes(b"no photo")
    batches = ShuffledBatches(photos=len(records), batch=4).batches(0)
    with pytest.raises(InputError, match=r"005\.png: is no picture") as caught:
        list(loader(dataset_of(records, on_broken="stop"), batches, workers=workers))
    assert "\n" not in str(caught.value)


class Mortal:
    """Ends the process that reads its second item."""

    broken: dict[int, str] = {}  # noqa: RUF012

    def __getitem__(self, key):
        if key[0]:
            os._exit(9)
        return {"row": np.int64(key[0])}


def test_a_worker_is_killed():
    with pytest.raises(InputError, match="ask for fewer"):
        list(loader(Mortal(), [[(0, 0, 0)], [(1, 0, 0)]], workers=1))


def test_nothing_can_be_read(records):
    for path in records.paths:
        path.unlink()
    with pytest.raises(InputError, match="check the data set"):
        list(loader(plain(records), [[(0, 0, 0)]], workers=0))


def test_lists_are_counted_and_iterated_again(records):
    loading = loader(plain(records), ShuffledBatches(photos=len(records), batch=4).batches(0), workers=1)
    assert len(loading) == 4
    first, again = list(loading), list(loading)
    assert all(torch.equal(a["image"], b["image"]) for a, b in zip(first, again, strict=True))
    with pytest.raises(TypeError, match="not counted"):
        len(loader(plain(records), iter([]), workers=0))


def test_bad_input(records):
    with pytest.raises(InputError, match="no photos"):
        plain(records.select([]))
    with pytest.raises(InputError, match="workers -1"):
        loader(plain(records), [], workers=-1)
