"""Which way textures are made, and what is said of it."""

import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.texture.choice import texture_maker
from habitus.texture.generator import pretrained
from habitus.texture.generator.model import TextureGenerator


@pytest.fixture
def shipped(body, tmp_path, monkeypatch):
    TextureGenerator.ours(body, size=128).save_pretrained(tmp_path / "ours")
    monkeypatch.setitem(pretrained.SHIPPED, "ours", tmp_path / "ours")
    return tmp_path / "ours"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    monkeypatch.setitem(pretrained.SHIPPED, "ours", tmp_path / "absent")


def test_the_best_that_is_there(body, shipped):
    maker = texture_maker(body)
    assert (maker.way, maker.name) == ("both", "both, ours")


def test_unwrapping_where_nothing_is_installed(body, bare):
    assert texture_maker(body).name == "unwrap"
    with pytest.raises(InputError, match="ours: these weights are not part of this installation"):
        texture_maker(body, "generate")


def test_unwrapping_on_another_body(shipped):
    other = BodyModel.load()
    other.topology = "smpl"
    assert texture_maker(other).name == "unwrap"
    with pytest.raises(InputError, match="is for the body 'habitus-open-1', not 'smpl'"):
        texture_maker(other, "both")


def test_ones_own_weights(body, shipped, bare):
    assert texture_maker(body, generator=shipped).name == f"both, {shipped}"
    assert texture_maker(body, "generate", generator=TextureGenerator.rstg(body)).name == "generate, rstg"


def test_what_does_not_go_together(body):
    with pytest.raises(InputError, match="unwrap: uses no generator"):
        texture_maker(body, "unwrap", generator="ours")
    with pytest.raises(InputError, match="no-pose makes pictures"):
        texture_maker(body, generator=TextureGenerator.no_pose(body))


@pytest.mark.parametrize("way", ["unwrap", "generate", "both"])
def test_each_way_makes_a_whole_texture(body, front, shipped, way):
    torch.manual_seed(0)
    texture = texture_maker(body, way)([front], 128)
    assert texture.image.shape == (3, 128, 128)
    assert texture.image.isfinite().all()
    assert 0.05 < float((texture.confidence > 0).float().mean()) < 0.9
