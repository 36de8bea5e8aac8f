"""Samplers keep their promises on any data: drawn by hypothesis, with lone photos, lone outfits and lone kinds."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.data.samplers import PKBatches, ShuffledBatches
from habitus.errors import InputError


@st.composite
def tables(draw):
    """Photos of two people or more in shuffled order: labels, outfits (unique over people), kinds of clothes."""
    people = draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    rows = []
    for person in range(people):
        outfits = int(rng.integers(1, 4))
        kinds = rng.integers(0, 4, outfits)
        for _ in range(int(rng.choice([1, 2, 3, 7, 20]))):
            outfit = int(rng.choice(outfits, p=np.array([6, 1, 1][:outfits]) / sum([6, 1, 1][:outfits])))
            rows.append((person, 10 * person + outfit, kinds[outfit]))
    return rng.permutation(np.array(rows, np.int64)).T


def columns(batches):
    """Rows (B, N), after a check that each key is used once."""
    keys = [key for batch in batches for key in batch]
    assert len(set(keys)) == len(keys)
    assert len({len(batch) for batch in batches}) == 1
    return np.array([[row for row, _, _ in batch] for batch in batches])


sizes = st.tuples(st.integers(2, 6), st.integers(1, 5))


@settings(max_examples=40)
@given(tables(), sizes, st.integers(0, 3))
def test_random_batches_hold_p_people_and_all_photos(table, size, epoch):
    labels = table[0]
    people, images = size
    sampler = PKBatches(labels=labels, people=people, images=images, seed=5)
    rows = columns(sampler.batches(epoch))
    width = min(people, len(np.unique(labels)))
    assert rows.shape == (len(sampler), width * images)
    units = rows.reshape(len(rows), width, images)
    assert (labels[units] == labels[units[..., :1]]).all()  # a unit is one person
    for batch in labels[units[..., 0]]:
        assert len(set(batch.tolist())) == width  # and a batch different ones
    for unit in units.reshape(-1, images):  # nobody comes twice in a unit whom it could do without
        photos = (labels == labels[unit[0]]).sum()
        assert len(set(unit.tolist())) >= min(images, photos) or photos < images
    counts = Counter(labels.tolist())
    dominant = {p for p, n in counts.items() if -(-n // images) > len(sampler)}
    missed = set(range(len(labels))) - set(rows.ravel().tolist())
    assert {int(labels[row]) for row in missed} <= dominant


@settings(max_examples=40)
@given(tables(), st.integers(2, 6), st.integers(2, 5), st.integers(0, 3))
def test_clothes_changing_positives(table, people, images, epoch):
    """Whoever has two outfits is always seen in two; nobody's photos are lost for it."""
    labels, clothes, _ = table
    changing = {p for p in set(labels.tolist()) if len(set(clothes[labels == p].tolist())) > 1}
    options = {"labels": labels, "people": people, "images": images, "clothes": clothes}
    if not changing:
        with pytest.raises(InputError, match="nobody changes clothes"):
            PKBatches(positives="clothes-changing", **options)
        return
    sampler = PKBatches(positives="clothes-changing", **options)
    rows = columns(sampler.batches(epoch))
    for unit in rows.reshape(-1, images):
        (person,) = set(labels[unit].tolist())
        assert (len(set(clothes[unit].tolist())) > 1) == (person in changing)
    missed = set(range(len(labels))) - set(rows.ravel().tolist())
    most = max(Counter(labels[rows[:, ::images]].ravel().tolist()).values())
    assert not missed or most == len(rows)


@settings(max_examples=40)
@given(tables(), st.sampled_from([2, 4, 6]), st.integers(1, 4), st.integers(0, 3))
def test_similar_clothes_negatives(table, people, images, epoch):
    """All see somebody dressed alike in their batch, but for those whose peers are all there in other clothes already,
    and for the last place of a batch, which may be left for one alone."""
    labels, _, kinds = table
    wearers = {k: set(labels[kinds == k].tolist()) for k in set(kinds.tolist())}
    options = {"labels": labels, "people": people, "images": images, "alike": kinds}
    if max(map(len, wearers.values())) < 2:
        with pytest.raises(InputError, match="dressed alike"):
            PKBatches(negatives="similar-clothes", **options)
        return
    sampler = PKBatches(negatives="similar-clothes", **options)
    rows = columns(sampler.batches(epoch))
    assert len(rows) == len(sampler)
    for batch in rows.reshape(len(rows), -1, images):
        assert (kinds[batch] == kinds[batch[:, :1]]).all()
        shown, present = kinds[batch[:, 0]].tolist(), labels[batch[:, 0]].tolist()
        assert len(set(present)) == len(batch)
        for kind in shown[:-1]:
            assert shown.count(kind) > 1 or wearers[kind] <= set(present)


def test_similar_clothes_where_kinds_are_many():
    """40 people in 8 kinds of 5: batches of 8 hold no more than one who has nobody alike; an epoch sees nearly all."""
    labels = np.repeat(np.arange(40), 8)
    sampler = PKBatches(labels=labels, people=8, images=4, negatives="similar-clothes", alike=labels % 8)
    seen = []
    for batch in columns(sampler.batches(0)).reshape(-1, 8, 4):
        counts = Counter((labels[batch[:, 0]] % 8).tolist())
        assert sum(n == 1 for n in counts.values()) <= 1
        seen += batch.ravel().tolist()
    assert len(set(seen)) > 0.85 * len(labels)


@settings(max_examples=40)
@given(tables(), st.integers(0, 5))
def test_batches_are_functions_of_seed_and_epoch(table, epoch):
    labels, _, kinds = table
    for options in ({}, {"negatives": "similar-clothes", "alike": np.zeros_like(kinds)}):
        first, again = (PKBatches(labels=labels, people=2, images=2, seed=1, **options) for _ in range(2))
        again.batches(epoch + 1)
        assert first.batches(epoch) == again.batches(epoch)
        assert {key[1] for batch in first.batches(epoch) for key in batch} == {epoch}


def test_epochs_and_seeds_differ():
    labels = np.repeat(np.arange(20), 6)
    batches = [PKBatches(labels=labels, seed=seed).batches(epoch) for seed in (0, 1) for epoch in (0, 1)]
    shuffled = [ShuffledBatches(photos=120, seed=seed).batches(epoch) for seed in (0, 1) for epoch in (0, 1)]
    for some in (batches, shuffled):
        rows = [tuple(columns(b).ravel().tolist()) for b in some]
        assert len(set(rows)) == 4


def test_company_changes():
    """Any two people meet as often as chance has it: no schedule keeps some together."""
    labels = np.repeat(np.arange(40), 20)
    meetings = np.zeros((40, 40))
    for epoch in range(20):
        for batch in columns(PKBatches(labels=labels, people=8, images=4).batches(epoch)):
            present = np.unique(labels[batch])
            meetings[np.ix_(present, present)] += 1
    off = meetings[~np.eye(40, dtype=bool)]
    expected = 20 * 25 * 8 * 7 / (40 * 39)
    assert off.mean() == pytest.approx(expected)
    assert off.std() < 1.5 * expected**0.5


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(1, 70), st.integers(0, 3))
def test_shuffled_batches_see_every_photo_once(photos, batch, epoch):
    sampler = ShuffledBatches(photos=photos, batch=batch)
    rows = columns(sampler.batches(epoch))
    assert rows.shape == (len(sampler), batch)
    counts = np.bincount(rows.ravel(), minlength=photos)
    assert counts.min() >= 1
    assert counts.sum() < photos + batch


def test_a_dominant_person_does_not_stop_the_others():
    """One person of 1000 photos among ten of 4: batches are as many as different people can fill."""
    labels = np.repeat(np.arange(11), [1000] + [4] * 10)
    rows = columns(PKBatches(labels=labels, people=5, images=4).batches(0))
    assert set(np.flatnonzero(labels)) <= set(rows.ravel().tolist())
    assert len(rows) <= 4


def test_fewer_people_than_asked_for(caplog):
    sampler = PKBatches(labels=np.array([0, 0, 1]), people=8, images=4)
    assert "batches are smaller" in caplog.text
    assert columns(sampler.batches(0)).shape == (1, 8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": np.zeros(5, np.int64)}, "triplets need two"),
        ({"labels": np.array([], np.int64)}, "photos 0"),
        ({"labels": np.arange(4), "people": 1}, "triplets need two"),
        ({"labels": np.arange(4), "images": 0}, "images 0"),
        ({"labels": np.arange(4), "positives": "clothes-changing"}, "not labelled"),
        ({"labels": np.arange(4), "negatives": "similar-clothes"}, "alike"),
        ({"labels": np.arange(4), "clothes": np.arange(3)}, "3 entries"),
        ({"labels": np.arange(4) % 2, "clothes": np.arange(4), "images": 1, "positives": "clothes-changing"}, "two"),
    ],
)
def test_impossible(options, words):
    with pytest.raises(InputError, match=words):
        PKBatches(**options)
