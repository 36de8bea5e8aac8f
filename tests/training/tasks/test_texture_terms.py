"""The losses that a recipe asks for, and what each compares."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from texture_worlds import small_recipe

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.losses.reid_features import RELEASED_WEIGHTS
from habitus.reid.baseline import StrongBaseline
from habitus.reid.pretrained import load_model
from habitus.training import distributed
from habitus.training.recipes.texture import PRESETS
from habitus.training.tasks.texture_terms import Made, strangers_of, terms_of

BODY = BodyModel.load()
T = 32


@pytest.fixture(scope="module")
def judge(texture_places):
    return texture_places / "judge"


@pytest.fixture(scope="module")
def recipe(judge):
    return small_recipe(Path("unused"), judge, preset="rstg", reid="none", face="none")


def made(count=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.rand(count, *shape, generator=generator)  # noqa: E731
    return Made(
        draw(3, T, T).requires_grad_(), draw(3, 16, 8).requires_grad_(), torch.ones(count, 16, 8), draw(3, 16, 8)
    )


def batch(count=4):
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)  # noqa: E731
    return {
        "row": torch.arange(count), "pid": torch.arange(count) // 2, "scan": draw(3, T, T), "truth": draw(3, T, T),
        "has_truth": torch.ones(count), "known": draw(3, T, T), "confidence": draw(T, T),
    }  # fmt: skip


def value(recipe, name, made_=None, batch_=None):
    return terms_of(recipe, BODY, T).losses[name][1](made_ or made(), batch_ or batch())


def test_presets_minimise_what_they_say(recipe):
    whole = replace(recipe, reid="preset", face="preset")
    assert set(terms_of(whole, BODY, T).losses) == {"reid", "face"}
    assert set(terms_of(replace(whole, preset="ours"), BODY, T).losses) == {"reid", "truth"}
    assert terms_of(replace(whole, preset="ours", truth=3.0), BODY, T).losses["truth"][0] == 3
    assert whole.chosen == PRESETS["rstg"]
    assert replace(whole, lr=0.5).chosen.lr == 0.5


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"reid": "self"}, {"reid"}),
        ({"reid": "triplet"}, {"reid", "triplet"}),
        ({"face": "loss"}, {"face"}),
        ({"pixel": 2.0}, {"pixel"}),
        ({"deep": 1.0, "seams": 1.0}, {"deep", "seams"}),
        ({"truth": 1.0, "reid": "same_person", "reid_weight": 0.0}, {"truth"}),
    ],
)
def test_options_choose_the_losses(recipe, changes, names):
    assert set(terms_of(replace(recipe, **changes), BODY, T).losses) == names


def test_nothing_to_minimise_is_refused(recipe):
    with pytest.raises(InputError, match="no loss has a weight"):
        terms_of(recipe, BODY, T)
    with pytest.raises(InputError, match="no loss has a weight"):
        terms_of(replace(recipe, face="pasted"), BODY, T)


@pytest.mark.parametrize("name", ["reid", "deep", "pixel", "face", "truth", "seams", "triplet"])
def test_every_loss_is_a_value_an_item_with_a_gradient_for_the_generator_alone(recipe, name):
    changes = {"reid": "triplet", "deep": 1.0, "pixel": 1.0, "face": "loss", "truth": 1.0, "seams": 1.0}
    terms, things = terms_of(replace(recipe, **changes), BODY, T), made()
    found = terms.losses[name][1](things, batch())
    assert found.shape == (4,)
    source = things.texture if name in ("face", "truth", "seams") else things.render
    (gradient,) = torch.autograd.grad(found.sum(), source)
    assert gradient.abs().sum() > 0
    assert not any(p.requires_grad for judge in terms.judges.values() for p in judge.parameters())


def test_the_reid_loss_is_the_released_one(recipe, judge):
    """By hand: maps brought to unit length, mean squared errors as weights of squared distances."""
    things, network = made(), load_model(judge)
    expected = torch.zeros(4)
    for weight, ours, theirs in zip(
        RELEASED_WEIGHTS, network.maps(things.render), network.maps(things.target), strict=True
    ):
        unit = [x.flatten(1) / x.flatten(1).norm(dim=1, keepdim=True) for x in (ours, theirs)]
        expected = expected + weight * (unit[0] - unit[1]).square().sum(1)
    torch.testing.assert_close(value(replace(recipe, reid="self"), "reid", things), expected, rtol=1e-4, atol=1e-6)


def test_whoever_has_no_truth_counts_nothing(recipe):
    told, things = batch(), made()
    told["has_truth"] = torch.tensor([1.0, 0, 1, 0])
    found = value(replace(recipe, truth=1.0), "truth", things, told)
    assert (found > 0).tolist() == [True, False, True, False]


def test_strangers_are_others_and_the_same_for_all_processes(monkeypatch):
    told = batch(8)
    found = strangers_of(told)
    assert (told["pid"][found] != told["pid"]).all()
    parts = []
    for rank in range(2):
        monkeypatch.setattr("habitus.training.tasks.texture_terms.processes", lambda: 2)
        monkeypatch.setattr("habitus.training.tasks.texture_terms.rank", lambda rank=rank: rank)
        parts.append(strangers_of(told))
    assert np.array_equal(np.concatenate(parts), found)
    assert distributed.processes() == 1


def test_the_perceptual_network_is_of_a_file(recipe, tmp_path):
    torch.manual_seed(0)
    backbone = StrongBaseline(backbone="resnet18-half").backbone
    torch.save(backbone.state_dict(), tmp_path / "imagenet.pth")
    terms = terms_of(replace(recipe, perceptual=tmp_path / "imagenet.pth"), BODY, T)
    assert set(terms.losses) == {"perceptual"}
    assert terms.losses["perceptual"][1](made(2), batch(2)).shape == (2,)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: weights of neither VGG-16"):
        terms_of(replace(recipe, perceptual=tmp_path / "other.pth"), BODY, T)
