import numpy as np
import pytest
import torch
from made_person import COLOURS

from habitus.texture.complete import complete, without_strays
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.measures import texture_error
from habitus.texture.surface import in_kinds, kind_of_texels, seam_pairs, surface_texels
from habitus.texture.unwrap import unwrap
from habitus.types import Texture


@pytest.fixture(scope="module")
def from_front(body, front):
    return unwrap(body, *front)


@pytest.fixture(scope="module")
def completed(body, from_front):
    return complete(body, from_front)


@pytest.fixture(scope="module")
def kind_masks(body):
    kind, kinds = kind_of_texels(body, surface_texels(body, 512))
    return {name: in_kinds(kind, kinds, (name,)) for name in kinds}


def at_texels(body, image):
    return surface_texels(body, 512).gather(image.numpy())


def test_every_texel_is_filled_gutters_too(body, completed):
    assert torch.isfinite(completed.image).all()
    assert completed.image.min() >= 0 and completed.image.max() <= 1
    assert (completed.image.sum(0) > 0.05).all()  # nothing of this person is black


def test_what_is_seen_well_is_kept_and_confidence_stays(body, from_front, completed):
    torch.testing.assert_close(completed.confidence, from_front.confidence)
    best = from_front.confidence > 0.6 * from_front.confidence.max()
    seams = torch.zeros(512 * 512, dtype=torch.bool)
    seams[surface_texels(body, 512).flat[seam_pairs(body, 512).ravel()]] = True
    best &= ~seams.view(512, 512)  # whose sides are made to agree
    assert best.sum() > 5000
    torch.testing.assert_close(completed.image[:, best], from_front.image[:, best])


def test_guesses_are_close_to_the_truth(body, completed, true_texture):
    error = texture_error(body, completed, true_texture(512))
    assert error.seen < 0.02
    assert error.unseen < 0.06
    assert 0.15 < error.seen_share < 0.5


@pytest.mark.parametrize("view", ["front", "back"])
def test_skin_cloth_and_hair_do_not_mix(body, view, request, kind_masks):
    """Seen from the front the back of the head is hair; seen from the back the face is skin, not hair."""
    colour = at_texels(body, complete(body, unwrap(body, *request.getfixturevalue(view))).image)
    palette = {name: np.array(rgb) for name, rgb in COLOURS.items() if name in ("face", "hair", "torso", "thigh")}
    for name in palette:
        own = colour[kind_masks[name]]
        # The pattern changes the brightness: compare chromaticities.
        chroma = own / own.sum(1, keepdims=True)
        nearest = np.stack([np.linalg.norm(chroma - p / p.sum(), axis=1) for p in palette.values()]).argmin(0)
        # A hem seen on one side is taken round the body at its height, whatever the regions' border does there.
        assert (nearest == list(palette).index(name)).mean() > (0.9 if name == "thigh" else 0.97), name


def test_two_colours_do_not_flow_across_a_barrier(body, kind_masks):
    """White face, black hair, each seen in a few places only."""
    texels = surface_texels(body, 512)
    head = kind_masks["face"] | kind_masks["hair"]
    rng = np.random.default_rng(0)
    seen = head & (rng.random(len(texels)) < 0.02)
    colour = np.where(kind_masks["face"], 0.9, 0.1)[:, None] * seen[:, None] * np.ones(3)
    texture = Texture(
        torch.from_numpy(texels.scatter(colour.astype(np.float32))),
        torch.from_numpy(texels.scatter(seen[:, None].astype(np.float32))[0]),
    )
    filled = at_texels(body, complete(body, texture).image)
    seams = np.unique(seam_pairs(body, 512))
    inner = np.ones(len(texels), bool)
    inner[seams] = False
    assert filled[kind_masks["face"] & inner].min() > 0.5  # the hollow of the ear turns the colour of skin
    assert filled[kind_masks["hair"] & inner].max() < 0.2


def test_symmetric_input_stays_symmetric(body, completed):
    from habitus.body.uv import mirror_texels

    texels = surface_texels(body, 512)
    mirror = texels.index.ravel()[mirror_texels(body, 512).numpy().ravel()[texels.flat]]
    colour = at_texels(body, completed.image)
    difference = np.abs(colour - colour[mirror]).mean(1)
    assert np.median(difference) < 0.01
    assert np.quantile(difference, 0.95) < 0.06


def test_the_unseen_half_is_the_mirrored_one(body, take_photo, true_texture, kind_masks):
    """Seen from the person's left, with a pattern on the left sleeve that the right one cannot show."""
    texels = surface_texels(body, 512)
    place = texels.spread @ body.v_template.numpy()
    dot = np.linalg.norm(place - place[kind_masks["upper_arm"] & (place[:, 0] > 0)].mean(0), axis=1) < 0.09
    flat = true_texture(512).reshape(3, -1).clone()
    flat[:, texels.flat[dot]] = torch.tensor([[0.9], [0.8], [0.1]])
    colour = at_texels(body, texture_from_photos(body, [take_photo(flat.view(3, 512, 512), -np.pi / 2)]).image)
    other = np.linalg.norm(place - place[dot].mean(0) * [-1, 1, 1], axis=1) < 0.07
    yellow = colour[:, 0] - colour[:, 2]
    assert np.median(yellow[other & kind_masks["upper_arm"]]) > 0.4
    assert np.median(yellow[kind_masks["torso"]]) < 0


def test_both_sides_of_a_seam_agree(body, completed):
    pairs = seam_pairs(body, 512)
    kind, _ = kind_of_texels(body, surface_texels(body, 512))
    pairs = pairs[kind[pairs[:, 0]] == kind[pairs[:, 1]]]  # where a region ends at a seam, the true colours differ too
    colour = at_texels(body, completed.image)
    assert np.quantile(np.abs(colour[pairs[:, 0]] - colour[pairs[:, 1]]).max(1), 0.98) < 0.03


def test_skin_at_the_neckline_stays_in_front(body, take_photo, true_texture, kind_masks):
    texels = surface_texels(body, 512)
    place = texels.spread @ body.v_template.numpy()
    neck = place[kind_masks["neck"], 1].min()
    neckline = kind_masks["torso"] & (place[:, 2] > 0.05) & (np.abs(place[:, 0]) < 0.06) & (place[:, 1] > neck - 0.1)
    assert neckline.sum() > 200
    flat = true_texture(512).reshape(3, -1).clone()
    flat[:, texels.flat[neckline]] = torch.tensor(COLOURS["face"])[:, None]
    colour = at_texels(body, texture_from_photos(body, [take_photo(flat.view(3, 512, 512), 0.0)]).image)
    behind = kind_masks["torso"] & (place[:, 2] < -0.02) & (place[:, 1] < neck - 0.02)
    assert (colour[neckline, 0] > colour[neckline, 2]).mean() > 0.6
    assert (colour[behind, 0] < colour[behind, 2]).mean() > 0.97


def test_a_given_guess_is_taken_where_nothing_is_seen(body, from_front, kind_masks):
    """Green everywhere: the back is green, what is seen well is not."""
    green = torch.tensor([0.1, 0.9, 0.1]).view(3, 1, 1).expand(3, 512, 512)
    texture = complete(body, from_front, guess=green)
    colour, confidence = at_texels(body, texture.image), at_texels(body, from_front.confidence[None])[:, 0]
    behind = (surface_texels(body, 512).spread @ body.v_template.numpy())[:, 2] < -0.08
    assert np.median(colour[behind & (confidence == 0) & kind_masks["torso"]][:, 1]) > 0.7
    best = from_front.confidence > 0.6 * from_front.confidence.max()
    assert (texture.image - from_front.image)[:, best].abs().mean() < 1e-3


def test_strays_are_forgotten(body, from_front, kind_masks):
    """Skin on the belly is a hand before it."""
    texels = surface_texels(body, 512)
    place = texels.spread @ body.v_template.numpy()
    hand = kind_masks["torso"] & (place[:, 2] > 0) & (np.abs(place[:, 0]) < 0.05) & (np.abs(place[:, 1]) < 0.05)
    image = from_front.image.flatten(1).clone()
    image[:, texels.flat[hand]] = torch.tensor(COLOURS["face"])[:, None]
    found = without_strays(body, Texture(image.view(3, 512, 512), from_front.confidence))
    before, after = (at_texels(body, t.confidence[None])[:, 0] > 0 for t in (from_front, found))
    assert before[hand].mean() > 0.5
    assert after[hand].mean() < 0.01
    assert (after[~hand] == before[~hand]).mean() > 0.95
    assert not found.image[:, found.confidence == 0].any()


def test_a_texture_without_any_confidence_becomes_a_plain_person(body, kind_masks):
    nothing = Texture(torch.zeros(3, 512, 512), torch.zeros(512, 512))
    colour = at_texels(body, complete(body, nothing).image)
    assert colour.min() > 0.05
    face, hair = (colour[kind_masks[name]].mean() for name in ("face", "hair"))
    assert hair < 0.6 * face


@pytest.mark.slow
def test_1024(body, take_photo, true_texture):
    truth = true_texture(1024)
    texture = texture_from_photos(body, [take_photo(truth, 0.0, 512)], size=1024)
    error = texture_error(body, texture, truth)
    assert texture.image.shape == (3, 1024, 1024)
    assert error.seen < 0.02
    assert error.unseen < 0.07
