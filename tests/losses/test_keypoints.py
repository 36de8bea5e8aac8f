import torch

from habitus.losses.keypoints import keypoint_loss


def test_it_is_the_papers_formula():
    projected = torch.tensor([[[0.0, 0.0], [2.0, 0.0]]])
    seen = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    confidence = torch.tensor([[1.0, 0.5]])
    torch.testing.assert_close(keypoint_loss(projected, seen, confidence), torch.tensor([(25 + 0.5 * 4) / 1.5]))


def test_missing_points_have_no_say_and_no_gradient():
    projected = torch.zeros(1, 2, 2, requires_grad=True)
    seen = torch.tensor([[[1.0, 0.0], [float("nan"), 5.0]]])
    loss = keypoint_loss(projected, seen, torch.tensor([[1.0, 0.0]]))
    loss.sum().backward()
    assert loss.item() == 1.0
    assert projected.grad is not None
    assert projected.grad[0, 1].abs().max() == 0


def test_a_person_without_keypoints_costs_nothing():
    """Whatever stands in their place."""
    projected = torch.ones(2, 3, 2, requires_grad=True)
    seen = torch.tensor([[[torch.nan, torch.inf]] * 3, [[0.0, 1.0]] * 3])
    loss = keypoint_loss(projected, seen, torch.tensor([[0.0] * 3, [1.0] * 3]))
    loss.sum().backward()
    assert loss.tolist() == [0, 1]
    assert projected.grad is not None
    assert projected.grad[0].abs().max() == 0


def test_without_confidences_it_is_the_plain_mean():
    projected, seen = torch.zeros(1, 3, 2), torch.tensor([[[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]]])
    found = (torch.tensor([[0.2, 0.9, 0.0]]) > 0).float()
    assert keypoint_loss(projected, seen, found) == (1 + 4) / 2


def test_a_blunder_pulls_less_than_a_near_miss():
    seen = torch.tensor([[[10.0, 0.0]], [[0.5, 0.0]]])
    projected = torch.zeros(2, 1, 2, requires_grad=True)
    keypoint_loss(projected, seen, torch.ones(2, 1), outlier=1.0).sum().backward()
    assert projected.grad is not None
    assert projected.grad[0].norm() < 0.1 * projected.grad[1].norm()


def test_gradients():
    generator = torch.Generator().manual_seed(0)
    projected = torch.randn(2, 5, 2, generator=generator, dtype=torch.float64, requires_grad=True)
    seen = torch.randn(2, 5, 2, generator=generator, dtype=torch.float64)
    confidence = torch.rand(2, 5, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda p: keypoint_loss(p, seen, confidence), projected)
    assert torch.autograd.gradcheck(lambda p: keypoint_loss(p, seen, confidence, outlier=0.5), projected)
