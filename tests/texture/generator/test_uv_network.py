"""Ours, untrained and with weights drawn at random: what is seen stays, the rest is filled, no seams, no gutters."""

import numpy as np
import pytest
import torch

from habitus.texture.generator.hints import HintMaker
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.sight import Sight, seen_by_networks
from habitus.texture.measures import texture_error
from habitus.texture.surface import kind_of_texels, seam_pairs, surface_texels
from habitus.texture.unwrap import unwrap
from habitus.types import Texture

SIZE = 128


def sight_of(body, *photos):
    shown = [unwrap(body, *photo, size=SIZE) for photo in photos]
    return Sight(
        torch.cat([seen_by_networks(photo[1][None]) for photo in photos]),
        torch.stack([texture.image for texture in shown]),
        torch.stack([texture.confidence for texture in shown])[:, None],
    )


@pytest.fixture(scope="module")
def untrained(body):
    torch.manual_seed(0)
    return TextureGenerator.ours(body, size=SIZE).eval()


@pytest.fixture(scope="module")
def scrambled(body):
    """As if trained: nothing of it starts at zero."""
    torch.manual_seed(1)
    generator = TextureGenerator.ours(body, size=SIZE).eval()
    for parameter in generator.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)
    return generator


@pytest.fixture(scope="module")
def sight(body, front, back):
    return sight_of(body, front, back)


@pytest.fixture(scope="module", params=["untrained", "scrambled"])
def textures(request, sight):
    with torch.no_grad():
        return request.getfixturevalue(request.param)(sight)


def test_textures_are_whole(body, textures):
    assert textures.shape == (2, 3, SIZE, SIZE)
    assert textures.isfinite().all()
    assert 0 <= float(textures.min()) <= float(textures.max()) <= 1
    texels = surface_texels(body, SIZE)
    gutters = texels.index.ravel() < 0
    flat = textures.flatten(2)
    assert torch.equal(flat[..., gutters], flat[..., texels.flat[texels.nearest[gutters]]])


def test_what_is_seen_well_is_kept(body, sight, textures):
    """But for the texels at seams, which agree with the other side."""
    texels = surface_texels(body, SIZE)
    inner = np.ones(len(texels), bool)
    inner[np.unique(seam_pairs(body, SIZE))] = False
    sure = sight.confidence.flatten(2)[..., texels.flat[inner]] > 0.6
    found, given = (image.flatten(2)[..., texels.flat[inner]] for image in (textures, sight.known))
    assert sure.float().mean() > 0.1
    assert (found - given).abs()[sure.expand_as(found)].max() < 1e-6


def test_both_sides_of_a_seam_agree(body, textures):
    pairs = seam_pairs(body, SIZE)
    flat = textures.flatten(2)[..., surface_texels(body, SIZE).flat]
    apart = (flat[..., pairs[:, 0]] - flat[..., pairs[:, 1]]).abs().amax(1)
    assert float(apart.quantile(0.95)) < 0.08


@pytest.mark.parametrize("view", [0, 1], ids=["front", "back"])
def test_the_untrained_network_knows_the_clothes(body, untrained, sight, true_texture, view):
    with torch.no_grad():
        image = untrained(sight)[view]
    error = texture_error(body, Texture(image, sight.confidence[view, 0]), true_texture(SIZE))
    assert error.seen < 0.02
    assert error.unseen < 0.06  # the face is not seen from behind


def test_a_batch_is_its_parts(scrambled, sight):
    with torch.no_grad():
        together = scrambled(sight)
        alone = scrambled(Sight(sight.photo[1:], sight.known[1:], sight.confidence[1:]))
    torch.testing.assert_close(together[1:], alone, atol=2e-4, rtol=0)


def test_half_precision_hardly_differs(scrambled, sight):
    """The network may run in bfloat16; what it starts from and how it is bent may not."""
    with torch.no_grad():
        full = scrambled(sight)
        with torch.autocast("cpu", torch.bfloat16):
            half = scrambled(sight)
    assert float((half - full).abs().mean()) < 0.005
    assert float((half - full).abs().max()) < 0.15


def test_nothing_seen_is_a_plain_person(untrained):
    nothing = Sight(torch.zeros(1, 3, 128, 64), torch.zeros(1, 3, SIZE, SIZE), torch.zeros(1, 1, SIZE, SIZE))
    with torch.no_grad():
        image = untrained(nothing)
    assert image.isfinite().all()
    assert 0.1 < float(image.min()) < float(image.max()) < 0.8


def test_every_weight_learns(scrambled, sight):
    scrambled.zero_grad()
    scrambled(sight).square().sum().backward()
    silent = [name for name, p in scrambled.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []
    scrambled.zero_grad()


def test_it_wants_to_see_what_is_known(untrained):
    with pytest.raises(ValueError, match="known and confidence"):
        untrained(Sight(torch.zeros(1, 3, 128, 64)))


def test_hints_against_numpy(body):
    """The mean along a limb and of a kind of region, by a loop over a few texels; weights add up."""
    maker = HintMaker(body, SIZE)
    texels = surface_texels(body, SIZE)
    _, kinds = kind_of_texels(body, texels)
    hand, face = kinds.index("hand"), kinds.index("face")
    rng = np.random.default_rng(0)
    confidence = torch.from_numpy((rng.random((1, len(texels), 1)) < 0.2).astype(np.float32))
    colour = torch.from_numpy(rng.random((1, len(texels), 3), dtype=np.float32)) * 0.02 + 0.5
    hints = maker(colour * confidence, confidence)
    assert torch.equal(hints.seen, confidence)
    torch.testing.assert_close(hints.weights.sum(2), torch.ones(1, len(texels)))
    for k in rng.choice(len(texels), 20, replace=False):
        speaking = maker.kind[k] if maker.kind[k] != hand else face  # hands are like the face
        same = (maker.kind == speaking) & (confidence[0, :, 0] > 0)
        torch.testing.assert_close(hints.candidates[0, k, 4], colour[0, same].mean(0), atol=4e-3, rtol=0)
        torch.testing.assert_close(hints.candidates[0, k, 3], colour[0, same].mean(0), atol=0.02, rtol=0)
        mirrored = maker.others[0, k]
        if mirrored < len(texels):
            torch.testing.assert_close(hints.candidates[0, k, 0], (colour * confidence)[0, mirrored])
            assert float(hints.weights[0, k, 0]) == float(confidence[0, mirrored, 0])
