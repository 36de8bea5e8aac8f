import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.losses.adversarial import discriminator_loss, generator_loss


def outputs(seed, people=3, judges=4):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(people, judges, generator=generator, dtype=torch.float64) for _ in range(2))


def test_the_papers_formulae_by_hand():
    real, fake = torch.tensor([[1.0, 0.5], [0.0, 2.0]]), torch.tensor([[0.0, 0.5], [1.0, -1.0]])
    torch.testing.assert_close(discriminator_loss(real, fake), torch.tensor([0.25 + 0.25, 1 + 1 + 1 + 1.0]))
    torch.testing.assert_close(generator_loss(fake), torch.tensor([1 + 0.25, 0 + 4.0]))


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_sums_over_people_and_judges_one_by_one(seed):
    real, fake = outputs(seed)
    for person in range(3):
        judged = sum((1 - float(r)) ** 2 + float(f) ** 2 for r, f in zip(real[person], fake[person], strict=True))
        torch.testing.assert_close(discriminator_loss(real, fake)[person].item(), judged)
        made = sum((1 - float(f)) ** 2 for f in fake[person])
        torch.testing.assert_close(generator_loss(fake)[person].item(), made)


def test_judges_that_cannot_tell_say_a_half():
    half = torch.full((1, 25), 0.5, requires_grad=True)
    loss = discriminator_loss(half, half)
    loss.sum().backward()
    assert loss.item() == 25 / 2
    assert half.grad is not None and half.grad.eq(0).all()


def test_a_sure_judge_still_teaches():
    fake = torch.zeros(1, 1, requires_grad=True)
    generator_loss(fake).sum().backward()
    assert fake.grad is not None and fake.grad.item() == -2


def test_half_precision_is_widened():
    real, fake = (x.bfloat16() for x in outputs(0))
    assert discriminator_loss(real, fake).dtype == torch.float32
    torch.testing.assert_close(generator_loss(fake), ((1 - fake.float()) ** 2).sum(1))


def test_gradients():
    real, fake = (x.requires_grad_() for x in outputs(1))
    assert torch.autograd.gradcheck(discriminator_loss, (real, fake))
    assert torch.autograd.gradcheck(generator_loss, (fake,))
