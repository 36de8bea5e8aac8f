"""A preset decides what its user does not."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from habitus.training.recipes import texture
from habitus.training.recipes.presets import LEFT_TO_PRESET, chosen
from habitus.training.recipes.shape_reid import PRESETS, ShapeReidRecipe


@dataclass(frozen=True)
class Settings:
    weight: float
    rate: float
    kind: str


@dataclass(frozen=True)
class Options:
    weight: float | None = None
    rate: float | None = None
    kind: str = LEFT_TO_PRESET
    other: int = 3


def test_what_is_given_counts_zeros_too():
    preset = Settings(weight=2.0, rate=0.1, kind="soft")
    assert chosen(preset, Options()) == preset
    assert chosen(preset, Options(weight=0, kind="none")) == Settings(weight=0, rate=0.1, kind="none")
    assert preset == Settings(weight=2.0, rate=0.1, kind="soft")


@pytest.mark.parametrize("name", PRESETS)
def test_every_setting_of_3dsl_can_be_left_or_given(name):
    recipe = ShapeReidRecipe(data=(Path("unused"),), preset=name)
    assert recipe.chosen == PRESETS[name]
    for setting in vars(PRESETS[name]):
        assert getattr(replace(recipe, **{setting: 0.25}).chosen, setting) == 0.25


@pytest.mark.parametrize("name", texture.PRESETS)
def test_every_setting_of_a_texture_preset_can_be_left(name):
    recipe = texture.TextureRecipe(data=(Path("unused"),), reid_weights="unused", preset=name)
    assert recipe.chosen == texture.PRESETS[name]
