"""Hats stay on heads, bags stand off the body, and what hangs from a hand is a closed mesh."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.body.uv import uv_region
from habitus.synthetic.clothes.bags import Bag, BagKind
from habitus.synthetic.clothes.dressing import dress, paint
from habitus.synthetic.clothes.hats import Hat, HatKind
from habitus.synthetic.clothes.outfits import Bottom, Outfit, Shoes, Top, draw_outfit, vary
from habitus.synthetic.clothes.props import Prop, hand_bag, phone
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.surface.mannequin import mannequin_of
from habitus.synthetic.surface.points import HEAD

GREY, RED, BLACK = np.full(3, 0.6), np.array((0.7, 0.1, 0.1)), np.full(3, 0.05)
TOP = Top(GREY, GREY, "plain", 0.05, sleeve=2.0, length=0.03, collar="crew", looseness=0.02)
PLAIN = Outfit(TOP, Bottom("trousers", GREY, "plain", 2.0, 0.02, 0.08), Shoes(GREY, GREY, -0.02, 0.02), None, GREY, 5)
HATS: dict[HatKind, Hat] = {
    "cap": Hat("cap", RED, RED, 0.07, badge=False),
    "beanie": Hat("beanie", RED, RED, 0.0, badge=False),
    "brimmed": Hat("brimmed", RED, RED, 0.06, badge=False),
    "hood": Hat("hood", RED, RED, 0.0, badge=False),
}
BAGS: dict[BagKind, Bag] = {
    "backpack": Bag("backpack", RED, BLACK, 0.3, 0.4, 0.12, "left"),
    "shoulder": Bag("shoulder", RED, BLACK, 0.26, 0.2, 0.07, "left"),
    "pouch": Bag("pouch", RED, BLACK, 0.2, 0.12, 0.05, "right"),
}  # fmt: skip


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module", params=[4, 11, 23])
def look(request: pytest.FixtureRequest) -> Look:
    return draw_look(np.random.default_rng(request.param))


def rest(body: BodyModel, look: Look, outfit: Outfit) -> np.ndarray:
    delta = torch.from_numpy(dress(body, look, outfit).delta)
    return body.rest(torch.from_numpy(look.beta)[None], delta[None])[0].numpy()


def reddish(texture: torch.Tensor) -> torch.Tensor:
    return (texture[0] > 2 * texture[1]) & (texture[0] > 2 * texture[2])


@pytest.mark.parametrize("kind", HATS)
def test_hats_cover_the_top_of_the_head_and_nothing_of_the_face(body: BodyModel, look: Look, kind: HatKind) -> None:
    pale = replace(look, skin=np.array((0.8, 0.7, 0.65)), glasses=None)
    red = reddish(paint(body, pale, replace(PLAIN, hat=HATS[kind]), size=256))
    assert float(red[uv_region(body, "hair", 256)].float().mean()) > 0.45
    keypoints = mannequin_of(body).keypoints
    texels = mannequin_of(body).texels(256)
    height, nose = texels.points.y - keypoints["nose"][1], keypoints["nose"][2]
    face = (np.abs(texels.points.x) < 0.03) & (np.abs(height - 0.015) < 0.02) & (texels.points.z > nose - 0.04)
    assert not red.numpy()[texels.rows[face], texels.columns[face]].any()


@pytest.mark.parametrize("kind", HATS)
def test_hats_press_the_hair_and_stay_close(body: BodyModel, look: Look, kind: HatKind) -> None:
    points = mannequin_of(body).vertices
    bald = replace(look.hair, density=0.0)
    bare = rest(body, replace(look, hair=bald), PLAIN)
    worn = rest(body, look, replace(PLAIN, hat=HATS[kind]))
    top = (points.limb[HEAD] > 0.9) & (points.normal[:, 1] > 0.8) & (points.y > mannequin_of(body).keypoints["nose"][1])
    off = (worn - bare)[top]
    assert 0.01 < np.linalg.norm(off, axis=1).mean() < 0.07
    elsewhere = points.limb[HEAD] < 0.01
    reach = 0.2 if look.hair.mane else 0.09
    assert np.abs(worn - bare)[elsewhere].max() < reach


def test_a_cap_has_its_brim_in_front(body: BodyModel, look: Look) -> None:
    bare, worn = rest(body, look, PLAIN), rest(body, look, replace(PLAIN, hat=HATS["cap"]))
    head = mannequin_of(body).vertices.limb[HEAD] > 0.9
    moved = (worn - bare)[head]
    furthest = moved[:, 2].argmax()
    assert 0.04 < moved[furthest, 2] < 0.12
    assert abs(bare[head][furthest, 0]) < 0.06


@pytest.mark.parametrize("kind", BAGS)
def test_bags_stand_off_where_they_are_worn(body: BodyModel, look: Look, kind: BagKind) -> None:
    bare, worn = rest(body, look, PLAIN), rest(body, look, replace(PLAIN, bag=BAGS[kind]))
    moved = np.linalg.norm(worn - bare, axis=1)
    assert BAGS[kind].depth < moved.max() < BAGS[kind].depth + 0.12
    furthest = (worn - bare)[moved.argmax()]
    side = {"backpack": -furthest[2], "shoulder": furthest[0], "pouch": furthest[2]}[kind]
    assert side > 0.7 * np.linalg.norm(furthest)
    assert moved[mannequin_of(body).vertices.limb[HEAD] > 0.5].max() < 1e-6
    red = reddish(paint(body, look, replace(PLAIN, bag=BAGS[kind]), size=256))
    assert float(red[uv_region(body, "torso", 256)].float().mean()) > 0.02


@pytest.mark.parametrize(
    "prop", [phone("left"), phone("right"), hand_bag(Bag("hand", RED, BLACK, 0.3, 0.3, 0.1, "left"))]
)
def test_props_are_closed_and_face_outwards(prop: Prop) -> None:
    edges = np.concatenate([prop.faces[:, [0, 1]], prop.faces[:, [1, 2]], prop.faces[:, [2, 0]]])
    assert {tuple(e) for e in edges} == {tuple(e) for e in edges[:, ::-1]}
    a, b, c = prop.vertices[prop.faces].transpose(1, 0, 2)
    assert np.einsum("fi,fi->", a, np.cross(b, c)) > 0
    assert len(prop.colours) == len(prop.faces)


def test_a_bag_in_the_hand_hangs_below_it(body: BodyModel, look: Look) -> None:
    worn = dress(body, look, replace(PLAIN, bag=Bag("hand", RED, BLACK, 0.3, 0.3, 0.1, "right")))
    assert len(worn.props) == 1
    assert worn.props[0].hangs
    assert -0.6 < worn.props[0].vertices[:, 1].min() < worn.props[0].vertices[:, 1].max() < 0


def test_outfits_are_those_of_the_street() -> None:
    outfits = [draw_outfit(np.random.default_rng((1, seed))) for seed in range(2000)]
    share = {
        "hat": np.mean([o.hat is not None for o in outfits]),
        "bag": np.mean([o.bag is not None for o in outfits]),
        "jacket": np.mean([o.outer is not None for o in outfits]),
        "dress": np.mean([o.bottom.kind == "dress" for o in outfits]),
        "skirt": np.mean([o.bottom.kind == "skirt" for o in outfits]),
        "shorts": np.mean([o.bottom.kind == "trousers" and o.bottom.leg < 1.3 for o in outfits]),
        "sleeveless": np.mean([o.top.sleeve < 0.3 for o in outfits]),
        "boots": np.mean([o.shoes.shaft > 0 for o in outfits]),
    }
    about = {"hat": 0.12, "bag": 0.35, "jacket": 0.45, "dress": 0.07, "skirt": 0.06, "shorts": 0.1, "sleeveless": 0.06,
             "boots": 0.23}  # fmt: skip
    for name, wanted in about.items():
        assert abs(share[name] - wanted) < 0.3 * wanted + 0.01, (name, share[name])


def test_men_wear_no_skirts_when_told() -> None:
    outfits = [draw_outfit(np.random.default_rng(seed), female=False) for seed in range(300)]
    assert {o.bottom.kind for o in outfits} == {"trousers"}


def test_a_uniform_varies_a_little() -> None:
    for seed in range(20):
        outfit = draw_outfit(np.random.default_rng(seed))
        other = vary(outfit, np.random.default_rng(1))
        assert other.weave != outfit.weave
        assert np.abs(other.top.colour - outfit.top.colour).max() < 0.1
        assert abs(other.bottom.leg - outfit.bottom.leg) < 0.1
        assert (other.bottom.kind, other.top.pattern) == (outfit.bottom.kind, outfit.top.pattern)
