"""The weights that come with Habitus: they load, say where they come from, and tell people apart."""

from dataclasses import replace

import numpy as np
import pytest

from habitus.evaluation.ranking import rank
from habitus.reid.embedder import Embedder
from habitus.reid.pretrained import SHIPPED, load_model
from habitus.synthetic.worlds.dataset import WorldDataset
from habitus.synthetic.worlds.world import PRESETS

MOST_BYTES = 15e6  # of 60 MB for all weights that ship


@pytest.fixture(scope="module")
def strangers():
    """Photos of 16 people whom no training has seen, in one outfit each, by four cameras or more."""
    world = replace(PRESETS["tiny"], people=16, outfits=1, views=4, seed=900_001)
    return WorldDataset(world, split="all")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_says_where_it_comes_from_and_how_it_scores(name):
    model = load_model(name)
    assert model.trained["recipe"] in {"reid-baseline", "pcb"}
    assert {"options", "data", "code", "scores"} <= model.trained.keys()
    assert model.trained["scores"]["sc"]["rank1"] > model.trained["scores"]["cc"]["rank1"]
    assert sum(path.stat().st_size for path in SHIPPED[name].iterdir()) < MOST_BYTES


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_finds_people_in_the_same_clothes(name, strangers):
    photos = np.stack([item["image"] for item in strangers.__getitems__(range(len(strangers)))])
    features = Embedder(name)(np.ascontiguousarray(photos.transpose(0, 2, 3, 1)))
    ids = {"query_pids": strangers.pids, "query_camids": strangers.camids}
    ids |= {key.replace("query", "gallery"): value for key, value in ids.items()}
    assert rank(features, features, **ids).cmc[0] > 0.8
