import numpy as np
import pytest

from habitus.texture.appearance import Tones
from habitus.texture.strays import bare_in_front, strayed
from habitus.texture.surface import in_kinds, kind_of_texels, surface_texels

SKIN, SHIRT, SLEEVE, JEANS = ((0.8, 0.6, 0.5), (0.15, 0.2, 0.45), (0.7, 0.15, 0.2), (0.25, 0.35, 0.55))


@pytest.fixture(scope="module")
def dressed(body):
    """Colours, places, kinds and tones of a person in a shirt with red sleeves, all seen."""
    texels = surface_texels(body, 256)
    kind, kinds = kind_of_texels(body, texels)
    palette = {"torso": SHIRT, "upper_arm": SLEEVE, "forearm": SLEEVE, "thigh": JEANS, "calf": JEANS}
    tones = np.array([palette.get(name, SKIN) for name in kinds], np.float32)
    place = texels.spread @ body.v_template.numpy()
    return tones[kind], place, kind, kinds, Tones(np.array(SKIN, np.float32), True, tones)


def test_nothing_strays_where_all_is_in_its_place(dressed):
    colour, place, kind, kinds, tones = dressed
    assert not strayed(colour, np.ones(len(colour)), place, kind, kinds, tones).any()


def test_a_bare_hand_gives_up_what_is_not_skin(dressed):
    colour, place, kind, kinds, tones = dressed
    hand = in_kinds(kind, kinds, ("hand",))
    wrong = hand & (np.random.default_rng(0).random(len(kind)) < 0.5)
    colour = np.where(wrong[:, None], np.array(JEANS, np.float32), colour)
    np.testing.assert_array_equal(strayed(colour, np.ones(len(colour)), place, kind, kinds, tones), wrong)


def test_gloves_are_kept(dressed):
    colour, place, kind, kinds, tones = dressed
    hand = in_kinds(kind, kinds, ("hand",))
    colour = np.where(hand[:, None], np.array((0.9, 0.9, 0.1), np.float32), colour)
    assert not strayed(colour, np.ones(len(colour)), place, kind, kinds, tones).any()


def test_a_flank_gives_up_the_colour_of_the_sleeve_beside_it(dressed):
    colour, place, kind, kinds, tones = dressed
    torso, neck = in_kinds(kind, kinds, ("torso",)), in_kinds(kind, kinds, ("neck",))
    flank = torso & (np.abs(place[:, 0]) > 0.12) & (place[:, 1] < place[neck, 1].min() - 0.2)
    assert flank.sum() > 100
    mixed = 0.5 * np.array(SHIRT) + 0.5 * np.array(SLEEVE)
    colour = np.where(flank[:, None], mixed, colour).astype(np.float32)
    np.testing.assert_array_equal(strayed(colour, np.ones(len(colour)), place, kind, kinds, tones), flank)


def test_skin_on_a_clothed_torso_is_a_neckline_only_near_the_neck(dressed):
    colour, place, kind, kinds, tones = dressed
    torso, neck = in_kinds(kind, kinds, ("torso",)), in_kinds(kind, kinds, ("neck",))
    middle = torso & (np.abs(place[:, 0]) < 0.05)
    below = place[neck, 1].min() - place[:, 1]
    colour = np.where(middle[:, None], np.array(SKIN, np.float32), colour)
    away = strayed(colour, np.ones(len(colour)), place, kind, kinds, tones)
    assert away[middle & (below > 0.25)].all()
    assert not away[middle & (below < 0.2)].any()


def test_a_neckline_stays_in_front_unless_there_are_no_sleeves(body, dressed):
    colour, place, kind, kinds, tones = dressed
    texels = surface_texels(body, 256)
    assert not bare_in_front(texels, colour, kind, kinds, tones).any()
    patch = in_kinds(kind, kinds, ("torso",)) & (np.abs(place[:, 0]) < 0.05) & (place[:, 2] > 0.05)
    colour = np.where(patch[:, None], np.array(SKIN, np.float32), colour)
    bare = bare_in_front(texels, colour, kind, kinds, tones)
    assert bare[patch].all()
    assert patch.sum() < bare.sum() < 3 * patch.sum()
    sleeveless = tones.kind.copy()
    sleeveless[kinds.index("upper_arm")] = SKIN
    assert not bare_in_front(texels, colour, kind, kinds, Tones(tones.skin, True, sleeveless)).any()
