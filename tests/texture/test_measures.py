import math

import pytest
import torch

from habitus.body.uv import texel_surface
from habitus.texture.measures import texture_error
from habitus.types import Texture


def test_errors_are_told_apart_by_confidence(body):
    covered = texel_surface(body, 64)[0] >= 0
    seen = torch.zeros(64, 64)
    seen[:32] = 1
    image = torch.where(seen > 0, 0.6, 0.9).expand(3, -1, -1).clone()
    image[:, ~covered] = 0  # gutters do not count
    error = texture_error(body, Texture(image, seen), torch.full((3, 64, 64), 0.5))
    assert error.seen == pytest.approx(0.1, abs=1e-6)
    assert error.unseen == pytest.approx(0.4, abs=1e-6)
    assert error.seen_share == pytest.approx(float(covered[:32].sum() / covered.sum()))
    assert error.all == pytest.approx(float((image - 0.5).abs().mean(0)[covered].mean()))
    everything = torch.ones(64, 64, dtype=torch.bool)
    given = texture_error(body, Texture(image, seen), torch.full((3, 64, 64), 0.5), seen=everything)
    assert given.seen == pytest.approx(error.all)


def test_nothing_unseen_has_no_error(body):
    error = texture_error(body, Texture(torch.rand(3, 64, 64), torch.ones(64, 64)), torch.rand(3, 64, 64))
    assert math.isnan(error.unseen)
    assert error.all == error.seen


def test_sizes_must_agree(body):
    with pytest.raises(ValueError, match="size"):
        texture_error(body, Texture(torch.rand(3, 64, 64), torch.ones(64, 64)), torch.rand(3, 32, 32))
