"""Consistency against its formula in loops, masks, gradients, and two processes against one."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.losses.shape_consistency import shape_consistency_loss


def case(seed, photos=7, people=4, shape=(5,)):
    generator = torch.Generator().manual_seed(seed)
    shapes = torch.randn(photos, *shape, generator=generator, dtype=torch.float64)
    labels = 10 * torch.randint(people, (photos,), generator=generator)  # labels need not be 0, 1, 2, ...
    return shapes, labels, torch.rand(photos, generator=generator) < 0.7


def by_loops(shapes, labels, known):
    losses = []
    for x, label, own in zip(shapes, labels, known, strict=True):
        others = [y for y, same, k in zip(shapes, labels == label, known, strict=True) if same and k]
        losses.append(((x - sum(others) / len(others)) ** 2).mean() if own else torch.zeros(()).double())
    return torch.stack(losses)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([(5,), (6, 3)]))
def test_equals_the_formula(seed, shape):
    shapes, labels, known = case(seed, shape=shape)
    torch.testing.assert_close(shape_consistency_loss(shapes, labels, known), by_loops(shapes, labels, known))
    everybody = torch.ones_like(known)
    torch.testing.assert_close(shape_consistency_loss(shapes, labels), by_loops(shapes, labels, everybody))


def test_two_photos_by_hand_and_one_alone():
    beta = torch.tensor([[1.0, 0.0], [3.0, 0.0], [5.0, 5.0]])
    torch.testing.assert_close(shape_consistency_loss(beta, torch.tensor([4, 4, 2])), torch.tensor([0.5, 0.5, 0.0]))


def test_what_is_not_known_has_no_say_and_no_gradient():
    beta = torch.tensor([[1.0], [3.0], [float("nan")], [7.0]], requires_grad=True)
    known = torch.tensor([True, True, False, True])
    loss = shape_consistency_loss(beta, torch.tensor([0, 0, 0, 1]), known)
    loss.sum().backward()
    torch.testing.assert_close(loss, torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert beta.grad is not None
    torch.testing.assert_close(beta.grad, torch.tensor([[-2.0], [2.0], [0.0], [0.0]]))


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_that_the_mean_is_held_changes_no_gradient(seed):
    """Of the sum: gradcheck moves the mean as well."""
    shapes, labels, known = case(seed)
    assert torch.autograd.gradcheck(lambda x: shape_consistency_loss(x, labels, known).sum(), shapes.requires_grad_())


def test_a_batch_of_one_each_costs_nothing():
    beta = torch.randn(4, 10, requires_grad=True)
    loss = shape_consistency_loss(beta, torch.arange(4))
    loss.sum().backward()
    assert loss.eq(0).all()
    assert beta.grad is not None and beta.grad.eq(0).all()


def test_steps_bring_photos_together_and_leave_the_mean():
    shapes, labels, _ = case(3)
    mean = shapes[labels == labels[0]].mean(0)
    moved = shapes.clone().requires_grad_()
    optimizer = torch.optim.SGD([moved], 0.5)
    for _ in range(50):
        optimizer.zero_grad()
        shape_consistency_loss(moved, labels).sum().backward()
        optimizer.step()
    for x in moved.detach()[labels == labels[0]]:
        torch.testing.assert_close(x, mean, atol=1e-3, rtol=0)


def test_half_precision_keeps_photos_that_are_alone_at_zero():
    beta = torch.randn(3, 10).bfloat16()
    loss = shape_consistency_loss(beta, torch.arange(3))
    assert loss.dtype == torch.float32 and loss.eq(0).all()
