"""The face and hand loss by hand, and as the released training computes it."""

import pytest
import torch

from habitus.losses.face_hands import face_hand_loss, released_weight


def textures(seed, batch=2, size=6):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, 3, size, size, generator=generator, dtype=torch.float64)


def mask(size=6):
    part = torch.zeros(size, size, dtype=torch.float64)
    part[1:4, 2:5] = 1
    return part


def test_by_hand():
    """Two texels of four count; one differs by 0.3 in red and by 0.1 in blue."""
    texture, scan = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), 0.5)
    scan[0, 0, 0, 0], scan[0, 2, 0, 0], scan[0, :, 1, 1] = 0.8, 0.4, 0.0
    part = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    assert face_hand_loss(texture, scan, part).item() == pytest.approx((0.3 + 0.1) / 6)
    assert face_hand_loss(texture, scan, part, kind="mse").item() == pytest.approx((0.09 + 0.01) / 6)


def test_what_is_outside_the_mask_does_not_count():
    texture, scan = textures(0), textures(1)
    changed = torch.where(mask() > 0, texture, 1 - texture)
    torch.testing.assert_close(face_hand_loss(changed, scan, mask()), face_hand_loss(texture, scan, mask()))


def test_released_loss():
    """nn.MSELoss between the masked maps, colours in [-1, 1], soft mask: the resized drawing of the released code."""
    texture, scan = textures(2), textures(3)
    soft = torch.rand(6, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    released = torch.nn.MSELoss()((2 * texture - 1) * soft, (2 * scan - 1) * soft)
    ours = released_weight(soft) * face_hand_loss(texture, scan, soft, kind="mse").mean()
    torch.testing.assert_close(ours, released)
    assert released_weight(torch.ones(2, 2) * torch.tensor([[1.0, 0], [0, 0]])) == 1.0


@pytest.mark.parametrize("kind", ["l1", "mse"])
def test_gradients(kind):
    texture = textures(5).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: face_hand_loss(t, textures(6), mask(), kind=kind), texture)
