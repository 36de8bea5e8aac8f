"""The generator that comes with Habitus: it loads, says where it comes from, and fills in better than no network."""

from dataclasses import replace

import numpy as np
import torch

from habitus.losses.texture_truth import in_light_of
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.world import PRESETS, shots_of
from habitus.texture.choice import texture_maker
from habitus.texture.generator.pretrained import SHIPPED, load_generator
from habitus.texture.measures import texture_error
from habitus.texture.unwrap import unwrap

MOST_BYTES = 12e6  # of 60 MB for all weights that ship
SIZE = 256


def test_says_where_it_comes_from_and_how_it_scores(body):
    generator = load_generator("ours", body)
    assert (generator.preset, generator.size) == ("ours", SIZE)
    assert generator.trained["recipe"] == "texture"
    assert {"options", "data", "code", "scores"} <= generator.trained.keys()
    assert "held out" in generator.trained["scores"]["world"]
    assert sum(path.stat().st_size for path in SHIPPED["ours"].iterdir()) < MOST_BYTES


def test_says_better_than_no_network_what_a_photo_does_not_show(body):
    """People whom no training has seen, at the size of street photos."""
    world = replace(
        PRESETS["tiny"], people=4, outfits=1, views=2, seed=900_002, size=(256, 128), occluded=0, truncated=0
    )
    ways = {name: texture_maker(body, name) for name in ("unwrap", "both")}
    errors = []
    for number in range(world.people):
        person = dressed(body, world, number, 0)
        photo = take(body, world, person, shots_of(world, number)[:1])[0]
        seen = (photo.params, photo.image, photo.mask)
        known = unwrap(body, *seen, size=SIZE)
        truth = torch.nn.functional.interpolate(person.texture[None].clamp(0, 1), (SIZE, SIZE), mode="bilinear")
        lit = in_light_of(truth, known.image[None], known.confidence[None])[0]
        errors.append(
            [texture_error(body, way([seen], SIZE), lit, seen=known.confidence > 0).unseen for way in ways.values()]
        )
    unwrapped, ours = np.array(errors).T
    assert ours.mean() < 0.95 * unwrapped.mean()
