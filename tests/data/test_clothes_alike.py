"""People dressed alike are found by the colours of their clothes, whatever the light and the background."""

from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.data import clothes_alike
from habitus.data.clothes_alike import alike_groups, clothes_colours, group_alike
from habitus.data.records import Records
from habitus.errors import InputError

PALETTE = {  # upper, lower
    "red over black": ((170, 30, 40), (25, 25, 30)),
    "white over blue": ((225, 225, 220), (40, 60, 140)),
    "green over sand": ((40, 110, 50), (190, 165, 120)),
    "grey over grey": ((120, 120, 120), (110, 110, 115)),
}


def dressed(upper, lower, seed):
    """A person in two colours before a noisy background, in a light of their camera."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (128, 64, 3)).astype(float)
    picture[20:66, 16:48], picture[66:112, 18:46] = upper, lower
    picture[6:20, 26:38] = (200, 160, 140)
    shifted = np.roll(picture, rng.integers(-3, 4, 2), axis=(0, 1))
    return (shifted * rng.uniform(0.85, 1.15) + rng.normal(0, 6, picture.shape)).clip(0, 255).astype(np.uint8)


def test_the_measure_tells_outfits_apart():
    """All photos of an outfit are nearer each other than any is to another outfit's."""
    descriptions = np.array([[clothes_colours(dressed(*o, seed)) for seed in range(6)] for o in PALETTE.values()])
    gaps = np.linalg.norm(descriptions[:, :, None, None] - descriptions[None, None], axis=-1)
    same = np.eye(len(PALETTE), dtype=bool)[:, None, :, None].repeat(6, 1).repeat(6, 3)
    assert gaps[same].max() < gaps[~same].min()
    np.testing.assert_allclose(np.linalg.norm(descriptions, axis=-1), 1, atol=1e-6)


def test_of_one_colour_and_its_share():
    """By hand: white is the lightest bin of the middle tint; half white and half black share two."""
    white = clothes_colours(np.full((64, 32, 3), 255, np.uint8))
    assert sorted(np.flatnonzero(white > 0.01)) == [4 * 81 + 40, 405 + 4 * 81 + 40]
    np.testing.assert_allclose(white[white > 0.01], 0.5**0.5, atol=1e-3)
    halves = np.zeros((64, 32, 3), np.uint8)
    halves[:, 16:] = 255
    np.testing.assert_allclose(sorted(clothes_colours(halves))[-4:], 0.5, atol=1e-3)


@pytest.mark.parametrize("labelled", [True, False])
def test_groups_of_photos(tmp_path, labelled):
    """24 people in four kinds of clothes, some photos broken, some people with all of theirs."""
    paths, pids, kinds = [], [], []
    for person in range(24):
        for photo in range(3):
            kind = list(PALETTE)[person % 4]
            paths.append(tmp_path / f"{person}_{photo}.png")
            cv2.imwrite(str(paths[-1]), dressed(*PALETTE[kind], seed=3 * person + photo)[..., ::-1])
            pids.append(person)
            kinds.append(person % 4)
    paths[4].write_bytes(b"no photo")
    pids, kinds = np.array(pids, np.int64), np.array(kinds)
    records = Records(tuple(paths), pids, np.zeros_like(pids), pids + 100 if labelled else None)
    groups = alike_groups(records, people=6)
    assert len(set(groups.tolist())) == len(set(zip(groups.tolist(), kinds.tolist(), strict=True))) == 4
    for row in range(3):
        paths[row].unlink()
    assert len(set(alike_groups(records, people=6)[:3].tolist())) == 1


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(2, 9), st.integers(0, 2**31), st.sampled_from([5, 2048]))
def test_groups_hold_enough_people(outfits, people, seed, whole):
    """Also where there are too many outfits to compare all; and whatever the order of the outfits."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(clothes_alike, "_WHOLE", whole)
        check_groups(outfits, people, seed)


def check_groups(outfits, people, seed):
    rng = np.random.default_rng(seed)
    persons, colours = rng.integers(0, 1 + outfits // 2, outfits), rng.normal(size=(outfits, 3)).astype(np.float32)
    groups = group_alike(colours, persons, people)
    sizes = [len(set(persons[groups == g].tolist())) for g in range(groups.max() + 1)]
    assert min(sizes) >= min(people, len(set(persons.tolist())))
    shuffled = rng.permutation(outfits)
    again = group_alike(colours[shuffled], persons[shuffled], people)
    np.testing.assert_array_equal(again[:, None] == again, groups[shuffled][:, None] == groups[shuffled])


def test_the_tightest_group_comes_first():
    """By brute force over all choices of three people."""
    rng = np.random.default_rng(0)
    persons, colours = np.arange(8), rng.normal(size=(8, 2)).astype(np.float32)
    groups = group_alike(colours, persons, 3)
    gaps = ((colours[:, None] - colours) ** 2).sum(-1)
    spread = {
        (centre, *others): gaps[centre, list(others)].sum()
        for centre in range(8)
        for others in combinations(sorted(set(range(8)) - {centre}), 2)
    }
    tightest = min(spread, key=spread.__getitem__)
    assert len(set(groups[list(tightest)].tolist())) == 1


def test_nothing_to_look_at(tmp_path):
    column = np.zeros(1, np.int64)
    with pytest.raises(InputError, match="cannot be read"):
        alike_groups(Records((tmp_path / "a.png",), column, column))
    with pytest.raises(InputError, match="no photos"):
        alike_groups(Records((), column[:0], column[:0]))
