import torch

from habitus.losses import author_2020


def test_silhouettes_by_hand():
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    shown = torch.tensor([[[1.0, 0.25], [0.5, 0.0]]])
    expected = (0.7 * 0.75 + 0.3 * 0.5) / 20_000
    torch.testing.assert_close(author_2020.silhouette_loss(shown, mask), torch.tensor([expected]))


def test_silhouettes_past_the_photo_have_no_say():
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    valid = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    shown = torch.tensor([[[0.5, 0.0], [1.0, 0.5]]])
    expected = (0.7 * 0.5 + 0.3 * 0.5) / 20_000
    torch.testing.assert_close(author_2020.silhouette_loss(shown, mask, valid), torch.tensor([expected]))


def test_displacement_by_hand():
    naked = torch.zeros(2, 2, 3)
    displaced = naked.clone()
    displaced[0, 1] = torch.tensor([0.01, -0.02, 0.0])
    torch.testing.assert_close(author_2020.displacement_loss(displaced, naked), torch.tensor([1800 * 0.03 / 6, 0.0]))


def test_keypoints_by_hand():
    projected, seen = torch.tensor([[[0.0, 0.0], [2.0, 0.0]]]), torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    loss = author_2020.keypoint_loss(projected, seen, torch.tensor([[1.0, 0.5]]))
    torch.testing.assert_close(loss, torch.tensor([3 * (25 + 0.5 * 4) / 1.5]))


def test_gradients():
    generator = torch.Generator().manual_seed(0)
    shown, mask = (torch.rand(2, 3, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    assert torch.autograd.gradcheck(lambda s: author_2020.silhouette_loss(s, mask), shown.requires_grad_())
    moved, naked = (torch.randn(2, 4, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    assert torch.autograd.gradcheck(lambda m: author_2020.displacement_loss(m, naked), moved.requires_grad_())
    points, seen = (torch.randn(2, 4, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    confidence = torch.rand(2, 4, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda p: author_2020.keypoint_loss(p, seen, confidence), points.requires_grad_())
