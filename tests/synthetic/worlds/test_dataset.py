"""Worlds made on the fly: the same photos in any order, in any number of workers, as on disk."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from habitus.errors import InputError
from habitus.synthetic.worlds.dataset import EndlessPeople, WorldDataset
from habitus.synthetic.worlds.taking import dressed, take, wardrobe
from habitus.synthetic.worlds.world import World, shot_at

WORLD = World(seed=3, people=4, outfits=2, views=3, cameras=3, size=(64, 32))


def equal(one, other):
    return one.keys() == other.keys() and all(
        torch.equal(torch.as_tensor(one[k]), torch.as_tensor(other[k])) for k in one
    )


@pytest.fixture(scope="module")
def dataset(body):
    return WorldDataset(WORLD, split="all", body=body)


@pytest.fixture(scope="module")
def samples(dataset):
    return [dataset[i] for i in range(len(dataset))]


def test_order_and_company_change_nothing(dataset, samples):
    order = np.random.default_rng(0).permutation(len(dataset)).tolist()
    for index, sample in zip(order, dataset.__getitems__(order), strict=True):
        assert equal(sample, samples[index])


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(dataset, samples, workers):
    loader = DataLoader(dataset, batch_size=5, num_workers=workers, collate_fn=list)
    made = [sample for batch in loader for sample in batch]
    assert len(made) == len(samples)
    assert all(equal(a, b) for a, b in zip(made, samples, strict=True))


def test_batches(dataset):
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch["image"].shape == (4, 3, 64, 32)
    assert batch["theta"].shape == (4, 24, 3)
    assert batch["delta"].shape == (4, dataset.body.num_vertices, 3)
    assert batch["uv"].shape == (4, 2, 64, 32)
    assert batch["pid"].tolist() == [0, 0, 0, 0]


def test_ids_for_samplers(dataset, samples):
    for name, of in (("pid", dataset.pids), ("camid", dataset.camids), ("clothes_id", dataset.clothes_ids)):
        assert [s[name] for s in samples] == of.tolist()


def test_splits_are_apart(body):
    train, test = (WorldDataset(WORLD, split=split, body=body) for split in ("train", "test"))
    assert not set(train.pids) & set(test.pids)
    assert len(train) + len(test) == WORLD.photos
    assert train[0]["pid"] == 0
    assert test[0]["pid"] == WORLD.train_people
    assert equal(train[-1], train[len(train) - 1])
    with pytest.raises(IndexError):
        train[len(train)]


def test_photos_are_what_take_takes(dataset, samples, body):
    shot = shot_at(WORLD, 7)
    photo = take(body, WORLD, dressed(body, WORLD, shot.person, shot.outfit), [shot])[0]
    assert torch.equal(photo.image, samples[7]["image"])
    assert torch.equal(photo.params.theta[0], samples[7]["theta"])


def test_a_person_stays_and_outfits_change(samples):
    first, second, other = samples[0], samples[WORLD.views], samples[WORLD.outfits * WORLD.views]
    assert torch.equal(first["beta"], second["beta"])
    assert not torch.equal(first["delta"], second["delta"])
    assert not torch.equal(first["beta"], other["beta"])


def test_similar_worlds_share_designs():
    world = replace(WORLD, similar=2)
    first, second, third = (wardrobe(world, person, 0) for person in range(3))
    assert np.abs(first.top.colour - second.top.colour).max() < 0.1
    assert first.top.pattern == second.top.pattern
    assert (first.top.pattern, first.bottom.kind, first.weave) != (third.top.pattern, third.bottom.kind, third.weave)
    assert first.weave != second.weave


def test_endless_people(body):
    stream = EndlessPeople(replace(WORLD, outfits=1, views=2), first=10, body=body)
    samples = list(islice(stream, 6))
    assert [s["pid"] for s in samples] == [10, 10, 11, 11, 12, 12]
    parallel = list(islice(DataLoader(stream, batch_size=None, num_workers=2), 6))
    for sample in parallel:
        same = [s for s in samples if s["index"] == sample["index"]]
        assert all(equal(sample, s) for s in same)
    assert len({s["index"] for s in parallel}) == 6


def test_training_refuses_what_is_held_out(body):
    world = replace(WORLD, seed=912_345)
    for make in (lambda: WorldDataset(world, split="train", body=body), lambda: EndlessPeople(world, body=body)):
        with pytest.raises(InputError, match="held out for scoring"):
            make()
    WorldDataset(world, split="test", body=body)
