"""Batch-hard triplets against loops over all triplets; gradients, also where embeddings coincide."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from habitus.losses.triplet import triplet_loss


def batch(seed, people=3, photos=3, size=4):
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(people * photos, size, generator=generator, dtype=torch.float64)
    labels = torch.randint(people, (people * photos,), generator=generator)
    return embeddings, labels


def by_loops(embeddings, labels, margin, metric):
    """The largest loss over all triplets of an anchor: hardest positive with hardest negative."""

    def distance(a, b):
        if metric == "euclidean":
            return math.dist(a, b)
        return 1 - sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))

    points, people = embeddings.tolist(), labels.tolist()
    losses = []
    for i, anchor in enumerate(points):
        triplets = [
            distance(anchor, points[p]) - distance(anchor, points[n])
            for p in range(len(points))
            for n in range(len(points))
            if p != i and people[p] == people[i] and people[n] != people[i]
        ]
        hinge = [max(0, t + margin) if margin is not None else math.log1p(math.exp(t)) for t in triplets]
        losses.append(max(hinge, default=0))
    return torch.tensor(losses, dtype=torch.float64)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 2.0, None]), st.sampled_from(["euclidean", "cosine"]))
def test_equals_loops_over_all_triplets(seed, margin, metric):
    embeddings, labels = batch(seed)
    loss = triplet_loss(embeddings, labels, margin=margin, metric=metric)
    torch.testing.assert_close(loss, by_loops(embeddings, labels, margin, metric), atol=1e-6, rtol=1e-6)


def test_anchors_without_positive_or_negative_cost_nothing():
    embeddings, _ = batch(0)
    embeddings.requires_grad_()
    everyone_once = triplet_loss(embeddings, torch.arange(len(embeddings)))
    one_person = triplet_loss(embeddings, torch.zeros(len(embeddings), dtype=torch.int64), margin=None)
    (everyone_once.sum() + one_person.sum()).backward()
    assert everyone_once.eq(0).all()
    assert one_person.eq(0).all()
    assert embeddings.grad is not None and embeddings.grad.eq(0).all()


def test_chosen_positives_and_negatives():
    """Clothes-changing positives: the photo in the same clothes, though farther, does not count."""
    embeddings = torch.tensor([[0.0], [5.0], [1.0], [2.0]])
    labels = torch.tensor([0, 0, 0, 1])
    clothes = torch.tensor([7, 7, 8, 9])
    others = (labels[:, None] == labels) & (clothes[:, None] != clothes)
    assert triplet_loss(embeddings, labels, margin=0.5)[0] == pytest.approx(5 - 2 + 0.5)
    assert triplet_loss(embeddings, labels, margin=2.5, positives=others)[0] == pytest.approx(1 - 2 + 2.5)
    nobody = torch.zeros(4, 4, dtype=torch.bool)
    assert triplet_loss(embeddings, labels, negatives=nobody).eq(0).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("margin", [0.3, None])
def test_gradients(margin, metric):
    embeddings, labels = batch(3)
    embeddings.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: triplet_loss(x, labels, margin=margin, metric=metric), embeddings)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_equal_embeddings_have_finite_gradients(metric):
    embeddings = torch.zeros(4, 3, requires_grad=True)
    triplet_loss(embeddings, torch.tensor([0, 0, 1, 1]), metric=metric).sum().backward()
    assert embeddings.grad is not None and embeddings.grad.isfinite().all()


def test_large_embeddings_keep_their_small_distances():
    """Differences of 0.3 between vectors of length 100 decide hinges: they must survive float32."""
    generator = torch.Generator().manual_seed(1)
    embeddings = 100 + 0.1 * torch.randn(8, 16, generator=generator)
    labels = torch.arange(8) // 2
    expected = by_loops(embeddings.double(), labels, 0.3, "euclidean").float()
    torch.testing.assert_close(triplet_loss(embeddings, labels), expected, atol=1e-4, rtol=0)
