"""The re-ID feature loss against a network by hand, and against the released formula on maps of the released sizes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from habitus.backbones import ResNet
from habitus.losses import perceptual
from habitus.losses.reid_features import (
    LAYER_WEIGHTS,
    RELEASED_ELEMENTS,
    RELEASED_WEIGHTS,
    layer_distances,
    reid_feature_loss,
)

SHAPES = ((2, 4, 3), (3, 2, 2), (4, 2, 1), (5, 1, 1))


def maps(seed, batch=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(batch, *shape, generator=generator, dtype=dtype) for shape in SHAPES]


def test_by_hand():
    """Layer 1: (3, 4) and (4, 3) of length 5 differ by 1/5 twice. Layer 2: the same direction. Others: right angles."""
    one = [torch.tensor(v).view(1, -1, 1, 1) for v in ([3.0, 4.0], [1.0, 2.0], [1.0, 0.0], [0.0, 7.0])]
    other = [torch.tensor(v).view(1, -1, 1, 1) for v in ([4.0, 3.0], [10.0, 20.0], [0.0, 5.0], [2.0, 0.0])]
    torch.testing.assert_close(layer_distances(one, other), torch.tensor([[0.08, 0.0, 2.0, 2.0]]))
    torch.testing.assert_close(reid_feature_loss(one, other), torch.tensor([0.08 + 4 * 2 + 2 * 2]))
    assert reid_feature_loss(one, other, weights=(1, 0, 0, 0.5)).item() == pytest.approx(1.08)


@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_only_directions_count(seed, factor):
    one, other = maps(seed), maps(seed + 1)
    scaled = [m * factor for m in one]
    torch.testing.assert_close(reid_feature_loss(scaled, other), reid_feature_loss(one, other))
    cosines = [F.cosine_similarity(a.flatten(1), b.flatten(1)) for a, b in zip(one, other, strict=True)]
    by_cosine = sum(w * (2 - 2 * c) for w, c in zip(LAYER_WEIGHTS, cosines, strict=True))
    torch.testing.assert_close(reid_feature_loss(one, other), by_cosine)


@pytest.mark.parametrize(
    ("stride", "elements", "weights", "ratios"),
    [
        (1, RELEASED_ELEMENTS, RELEASED_WEIGHTS, LAYER_WEIGHTS),
        (2, perceptual.RELEASED_ELEMENTS, perceptual.RELEASED_PERCEPTUAL_WEIGHTS, (1, 2, 4, 8)),
    ],
)
def test_released_sizes(stride, elements, weights, ratios):
    """ResNet-50 at 384x128, PCB's without the last stride; nothing is computed on the meta device."""
    with torch.device("meta"):
        shapes = [m.shape for m in ResNet("resnet50", last_stride=stride).maps(torch.zeros(1, 3, 384, 128))]
    assert tuple(shape.numel() for shape in shapes) == elements
    assert [weight / weights[0] for weight in weights] == pytest.approx(ratios)
    assert weights[0] == pytest.approx(5000 / elements[0])


def test_released_loss():
    """5000 times the sum over layers of MSELoss between maps flattened and divided by their norms, at 384x128."""
    shapes = [(256, 96, 32), (512, 48, 16), (1024, 24, 8), (2048, 24, 8)]
    generator = torch.Generator().manual_seed(0)
    one, other = ([torch.rand(2, *shape, generator=generator) for shape in shapes] for _ in range(2))
    released = torch.tensor(0.0)
    for a, b in zip(one, other, strict=True):
        flat = [x.view(2, -1) / x.view(2, -1).norm(2, 1, keepdim=True) for x in (a, b)]
        released += 5000 * torch.nn.MSELoss()(*flat)
    ours = reid_feature_loss(one, other, weights=RELEASED_WEIGHTS).mean()
    torch.testing.assert_close(ours, released, rtol=1e-5, atol=0)


def test_perceptual_loss_is_the_same_formula():
    one, other = maps(5), maps(6)
    expected = reid_feature_loss(one, other, weights=(1, 2, 4, 8)) * 5000 / 786_432
    torch.testing.assert_close(perceptual.perceptual_loss(one, other), expected)


def test_gradients():
    one, other = maps(3), maps(4)
    for tensor in one:
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(lambda *m: reid_feature_loss(m, other), one)


def test_black_maps_have_finite_gradients():
    one = [torch.zeros_like(m, requires_grad=True) for m in maps(0)]
    reid_feature_loss(one, maps(1)).sum().backward()
    assert all(m.grad is not None and m.grad.isfinite().all() for m in one)


def test_half_precision_is_summed_in_single():
    """2048 x 24 x 8 terms of bfloat16 would not add up in bfloat16."""
    one, other = (torch.rand(1, 64, 96, 32, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    loss = reid_feature_loss([one.bfloat16()], [other.bfloat16()], weights=(1,))
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, reid_feature_loss([one], [other], weights=(1,)), rtol=2e-3, atol=0)


def test_networks_must_have_the_same_layers():
    with pytest.raises(ValueError, match="zip"):
        layer_distances(maps(0), maps(0)[:3])
