import numpy as np
import pytest

from habitus.texture.appearance import along_axis, find_tones, hollows, looks_like, skin_like

KINDS = ["calf", "face", "foot", "hair", "hand", "neck", "thigh", "torso"]
SKIN, HAIR, SHIRT, JEANS = (np.array(c) for c in ((0.8, 0.6, 0.5), (0.2, 0.13, 0.1), (0.2, 0.5, 0.3), (0.2, 0.25, 0.4)))


def person(**colours):
    """100 texels a kind; a kind that is not named is not seen."""
    kind = np.repeat(np.arange(len(KINDS)), 100)
    colour, seen = np.zeros((len(kind), 3), np.float32), np.zeros(len(kind), np.float32)
    for name, rgb in colours.items():
        part = kind == KINDS.index(name)
        colour[part], seen[part] = rgb, 1
    return find_tones(colour, seen, kind, KINDS)


def tone(tones, name):
    return tones.kind[KINDS.index(name)]


def test_seen_parts_have_their_own_colour():
    tones = person(face=SKIN, hair=HAIR, torso=SHIRT, thigh=JEANS)
    for name, rgb in (("face", SKIN), ("hand", SKIN), ("hair", HAIR), ("torso", SHIRT), ("thigh", JEANS)):
        np.testing.assert_allclose(tone(tones, name), rgb, atol=1 / 255)


def test_unseen_parts_look_like_related_ones():
    tones = person(face=SKIN, torso=SHIRT, thigh=JEANS)
    np.testing.assert_allclose(tone(tones, "calf"), JEANS, atol=1 / 255)
    assert (tone(tones, "foot") < JEANS * 0.7).all()


def test_seen_from_behind_the_skin_comes_from_neck_or_hands_not_from_hair():
    for part in ("neck", "hand"):
        tones = person(hair=HAIR, torso=SHIRT, face=HAIR, **{part: SKIN})
        np.testing.assert_allclose(tones.skin, SKIN, atol=1 / 255)
        assert tones.skin_seen


def test_without_any_skin_a_neutral_one_is_assumed():
    tones = person(torso=SHIRT)
    assert not tones.skin_seen
    assert skin_like(tones.skin[None])[0]


def test_a_bald_head_has_hair_of_skin():
    np.testing.assert_allclose(tone(person(face=SKIN, hair=SKIN), "hair"), SKIN, atol=1 / 255)


def test_unseen_hair_is_darker_than_skin():
    assert (tone(person(face=SKIN), "hair") < 0.5 * SKIN).all()


@pytest.mark.parametrize("rgb", [(0.95, 0.78, 0.68), (0.78, 0.57, 0.44), (0.55, 0.36, 0.26), (0.30, 0.19, 0.14)])
def test_skin_of_all_tones_is_skin(rgb):
    assert skin_like(np.array([rgb]))[0]


@pytest.mark.parametrize(
    "rgb", [(0.5, 0.5, 0.5), (0.9, 0.1, 0.1), (0.2, 0.3, 0.6), (0.05, 0.04, 0.04), (1.0, 0.9, 0.0)]
)
def test_cloth_is_not_skin(rgb):
    assert not skin_like(np.array([rgb]))[0]


def test_a_tone_in_shade_still_looks_like_it():
    assert looks_like(np.array([SKIN * 0.65]), SKIN)[0]
    assert not looks_like(np.array([SKIN * 0.4]), SKIN)[0]
    assert not looks_like(np.array([SHIRT]), SKIN)[0]


def test_stripes_go_round():
    """Seen on one half of a leg, they are known on the other."""
    rng = np.random.default_rng(0)
    axial = rng.uniform(0, 0.5, 40000)
    seen = (rng.random(40000) < 0.5).astype(np.float32)
    stripes = np.where(axial // 0.05 % 2 == 0, 0.9, 0.1)[:, None] * np.ones(3)
    colour, known = along_axis(stripes * seen[:, None], seen, np.zeros(40000, np.int64), axial)
    inside = np.abs(axial % 0.05 - 0.025) < 0.01
    np.testing.assert_allclose(colour[inside], stripes[inside], atol=0.05)
    assert known.min() > 0.9


def test_kinds_and_unseen_places_are_kept_apart():
    axial = np.linspace(0, 0.999, 20000)
    kind = np.arange(20000) % 2
    seen = ((kind == 0) & (axial < 0.5)).astype(np.float32)
    colour, known = along_axis(np.full((20000, 3), 0.7), seen, kind, axial)
    assert known[(kind == 0) & (axial < 0.45)].min() > 0.9
    assert known[(kind == 0) & (axial > 0.6)].max() < 0.01
    assert known[kind == 1].max() == 0
    np.testing.assert_allclose(colour[(kind == 0) & (axial < 0.9)], 0.7, atol=1e-3)


def test_hollows_shade_eyes_more_than_the_forehead(body):
    shade = hollows(body)
    assert 0.5 < shade.min() < 0.8
    assert shade.max() == 1
    face = body.vertex_region("face").numpy()
    assert 0.02 < (shade[face] < 0.95).mean() < 0.6
