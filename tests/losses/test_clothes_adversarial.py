"""CAL's adversarial term against its formula in loops, its special cases, and gradients."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from habitus.losses.clothes_adversarial import clothes_adversarial_loss


def case(seed, photos=4, people=3, outfits=7):
    generator = torch.Generator().manual_seed(seed)
    cosines = torch.rand(photos, outfits, generator=generator, dtype=torch.float64) * 2 - 1
    owner = torch.randint(people, (outfits,), generator=generator)
    clothes = torch.randint(outfits, (photos,), generator=generator)
    return cosines, clothes, owner[clothes][:, None] == owner


def by_loops(cosines, clothes, own, epsilon, scale):
    losses = []
    for scores, worn, mine in zip((scale * cosines).tolist(), clothes.tolist(), own.tolist(), strict=True):
        strangers = sum(math.exp(s) for s, m in zip(scores, mine, strict=True) if not m)
        loss = 0.0
        for c, (score, m) in enumerate(zip(scores, mine, strict=True)):
            q = (m * epsilon / sum(mine)) + (1 - epsilon) * (c == worn)
            loss -= q * math.log(math.exp(score) / (math.exp(score) + strangers))
        losses.append(loss)
    return torch.tensor(losses, dtype=torch.float64)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(1, 30))
def test_equals_the_formula(seed, epsilon, scale):
    cosines, clothes, own = case(seed)
    loss = clothes_adversarial_loss(cosines, clothes, own, epsilon=epsilon, scale=scale)
    torch.testing.assert_close(loss, by_loops(cosines, clothes, own, epsilon, scale))


def test_one_outfit_each_is_plain_cross_entropy():
    cosines, clothes, _ = case(1)
    own = torch.eye(7, dtype=torch.bool)[clothes]
    loss = clothes_adversarial_loss(cosines, clothes, own, scale=16)
    torch.testing.assert_close(loss, F.cross_entropy(16 * cosines, clothes, reduction="none"))


def test_epsilon_of_one_treats_all_outfits_of_a_person_alike():
    cosines, _, own = case(2)
    first = own.int().argmax(1)
    last = 6 - own.flip(1).int().argmax(1)
    one = clothes_adversarial_loss(cosines, first, own, epsilon=1)
    other = clothes_adversarial_loss(cosines, last, own, epsilon=1)
    torch.testing.assert_close(one, other)


def test_pulls_towards_the_other_outfits_too():
    """The gradient raises the cosine with every outfit of the person and lowers it with strangers'."""
    cosines, clothes, own = case(3)
    cosines.requires_grad_()
    clothes_adversarial_loss(cosines, clothes, own).sum().backward()
    assert cosines.grad is not None
    assert (cosines.grad[own] < 0).all()
    assert (cosines.grad[~own] > 0).all()


def test_gradients():
    cosines, clothes, own = case(4)
    cosines.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: clothes_adversarial_loss(x, clothes, own, scale=4), cosines)


def test_one_person_alone_costs_nothing():
    cosines = torch.rand(2, 3, requires_grad=True)
    loss = clothes_adversarial_loss(cosines, torch.tensor([0, 2]), torch.ones(2, 3, dtype=torch.bool))
    loss.sum().backward()
    assert loss.eq(0).all()
    assert cosines.grad is not None and cosines.grad.eq(0).all()
