import numpy as np
import pytest
import torch

from habitus.texture.from_photos import texture_from_photos
from habitus.texture.fuse import fuse
from habitus.texture.measures import texture_error
from habitus.texture.unwrap import unwrap
from habitus.types import Texture


def test_front_and_back_cover_the_union(body, front, back, true_texture):
    views = [unwrap(body, *front), unwrap(body, *back)]
    fused = fuse(views)
    torch.testing.assert_close(fused.confidence, torch.maximum(views[0].confidence, views[1].confidence))
    assert (fused.confidence > 0).sum() > 1.6 * (views[0].confidence > 0).sum()
    error, alone = (
        texture_error(body, texture_from_photos(body, p), true_texture(512)) for p in ([front, back], [front])
    )
    assert error.seen < 0.02
    assert error.unseen <= alone.unseen


def test_another_exposure_is_brought_to_the_reference(body, front, take_photo, true_texture):
    truth = true_texture(512)
    params, image, mask = take_photo(truth, 0.9)
    dark = image * torch.tensor([0.75, 0.8, 0.7])[:, None, None]
    fused = fuse([unwrap(body, *front), unwrap(body, params, dark, mask)])
    seen = fused.confidence > 0.1
    assert (fused.image - truth).abs()[:, seen].median() < 0.012


def test_the_best_view_wins_clearly():
    """A plain mean by confidence would give 0.31."""
    near, far = (Texture(torch.full((3, 8, 8), v), torch.full((8, 8), c)) for v, c in ((0.2, 0.8), (0.2, 0.3)))
    far.image[:, :4] = 0.6  # no common gain brings these texels together
    fused = fuse([near, far])
    assert fused.image[:, 0].max() < 0.25


def test_only_one_view_of_a_texel_is_kept_as_it_is():
    rng = np.random.default_rng(0)
    image = torch.from_numpy(rng.random((3, 16, 16)).astype(np.float32))
    left = Texture(image, (torch.arange(16) < 8).float().expand(16, 16))
    right = Texture(image, (torch.arange(16) >= 8).float().expand(16, 16))
    torch.testing.assert_close(fuse([left, right]).image, image)


def test_one_texture_is_itself_and_none_is_an_error():
    texture = Texture(torch.rand(3, 4, 4), torch.rand(4, 4))
    assert fuse([texture]) is texture
    with pytest.raises(ValueError, match="at least one"):
        fuse([])
    with pytest.raises(ValueError, match="one size"):
        fuse([texture, Texture(torch.rand(3, 8, 8), torch.rand(8, 8))])
