"""Partners of photos, and the triplet form of the re-ID feature loss, against what they mean."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from habitus.losses.pairs import rows_of, same_person_partners, stranger_partners, triplet_feature_loss

people = st.lists(st.integers(0, 4), min_size=1, max_size=16).map(np.array)


@given(people, st.integers(0, 10**6))
def test_partners_show_the_same_person(labels, seed):
    partners = same_person_partners(labels, np.random.default_rng(seed))
    assert sorted(partners) == list(range(len(labels)))
    assert (labels[partners] == labels).all()
    alone = np.array([(labels == label).sum() == 1 for label in labels])
    assert ((partners == np.arange(len(labels))) == alone).all()


@given(people, st.integers(0, 10**6))
def test_strangers_are_somebody_else(labels, seed):
    strangers = stranger_partners(labels, np.random.default_rng(seed))
    if len(set(labels.tolist())) > 1:
        assert (labels[strangers] != labels).all()
    else:
        assert (strangers == np.arange(len(labels))).all()


def test_the_generator_decides():
    labels = np.repeat(np.arange(4), 4)
    drawn = [same_person_partners(labels, np.random.default_rng(seed)).tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def layer(*rows):
    return torch.tensor(rows, dtype=torch.float64)[:, :, None, None]


def test_triplet_by_hand():
    """The render lies on its photo, at a right angle to the stranger, then the other way round."""
    render, photo, stranger = layer([1.0, 0], [1.0, 0]), layer([2.0, 0], [0, 3.0]), layer([0, 1.0], [5.0, 0])
    loss = triplet_feature_loss([render], [photo], [stranger], margin=0.3, weights=(1,))
    torch.testing.assert_close(loss, torch.tensor([0.0, 2.3], dtype=torch.float64))
    heavier = triplet_feature_loss([render], [photo], [stranger], margin=0.3, weights=(5,))
    torch.testing.assert_close(heavier, 5 * loss)
    assert triplet_feature_loss([render], [photo], [stranger], margin=2.5, weights=(1,))[0].item() == pytest.approx(0.5)


def test_gradients():
    generator = torch.Generator().manual_seed(0)
    parts = [torch.rand(3, 2, 2, 2, generator=generator, dtype=torch.float64) for _ in range(3)]
    parts[0].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda r: triplet_feature_loss([r], [parts[1]], [parts[2]], margin=1.0, weights=(2,)), parts[0]
    )


def test_rows_of():
    maps = [torch.arange(3.0).view(3, 1, 1, 1), 10 * torch.arange(3.0).view(3, 1, 1, 1)]
    first, second = rows_of(maps, np.array([2, 0, 0]))
    assert first.flatten().tolist() == [2, 0, 0]
    assert second.flatten().tolist() == [20, 0, 0]
