"""Colours of clothes: shoes that nobody takes for bare feet."""

import numpy as np

from habitus.synthetic.people.colours import draw_shoes, draw_skin


def test_shoes_do_not_have_the_colour_of_skin() -> None:
    skins = np.array([draw_skin(np.random.default_rng(seed)) for seed in range(300)])
    fair = skins[skins[:, 0] > 0.5]
    shoes = np.array([draw_shoes(np.random.default_rng(seed))[0] for seed in range(600)])
    nearest = np.abs(shoes[:, None] - fair[None]).max(-1).min(1)
    assert (nearest > 0.06).mean() > 0.99
