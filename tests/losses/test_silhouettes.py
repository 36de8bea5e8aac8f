import torch

from habitus.losses.silhouettes import silhouette_loss


def test_it_is_the_papers_formula_over_the_masks_area():
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    shown = torch.tensor([[[1.0, 0.5], [0.25, 0.0]]])
    torch.testing.assert_close(silhouette_loss(shown, mask), torch.tensor([(0.25 + 0.0625) / 2]))


def test_uncovered_person_costs_less_when_asked():
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    shown = torch.tensor([[[1.0, 0.5], [0.25, 0.0]]])
    expected = torch.tensor([(0.5 * 0.25 + 0.0625) / 2])
    torch.testing.assert_close(silhouette_loss(shown, mask, uncovered=0.5), expected)


def test_what_lies_past_the_photo_has_no_say():
    mask, valid = torch.zeros(1, 4, 4), torch.ones(1, 4, 4)
    mask[:, :2] = 1
    valid[:, 2:] = 0
    shown = torch.ones(1, 4, 4, requires_grad=True)
    loss = silhouette_loss(shown, mask, valid)
    loss.sum().backward()
    assert loss.item() == 0
    assert shown.grad is not None
    assert shown.grad.abs().max() == 0


def test_gradients_push_both_ways():
    mask = torch.tensor([[[0.0, 1.0]]])
    shown = torch.tensor([[[0.6, 0.4]]], requires_grad=True)
    silhouette_loss(shown, mask).sum().backward()
    assert shown.grad is not None
    assert shown.grad[0, 0, 0] > 0 > shown.grad[0, 0, 1]


def test_gradients():
    generator = torch.Generator().manual_seed(0)
    shown = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda s: silhouette_loss(s, mask, uncovered=0.3), shown)
