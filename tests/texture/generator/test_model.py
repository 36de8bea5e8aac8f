"""What all generators promise: presets, and folders of weights that fit a body or are refused by name."""

import json

import numpy as np
import pytest
import torch

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.texture.generator import pretrained
from habitus.texture.generator.model import TextureGenerator, layout_digest
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.generator.sight import Sight, seen_by_networks

SIZE = 128


@pytest.fixture(scope="module")
def sight():
    torch.manual_seed(1)
    known = torch.rand(1, 3, SIZE, SIZE)
    return Sight(torch.rand(1, 3, 128, 64), known, (known[:, :1] > 0.7).float())


@pytest.fixture(scope="module")
def saved(body, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generator")
    torch.manual_seed(0)
    generator = TextureGenerator(body, preset="ours", size=SIZE, trained={"recipe": "texture", "seed": 3}).eval()
    generator.save_pretrained(folder)
    return generator, folder


def test_saved_and_loaded(body, saved, sight):
    generator, folder = saved
    loaded = load_generator(folder, body)
    assert not loaded.training
    assert loaded.config() == generator.config()
    with torch.no_grad():
        assert torch.equal(loaded(sight), generator(sight))
    assert "recipe: texture" in (folder / "README.md").read_text()


def test_the_weights_file_names_its_folder(body, saved):
    _, folder = saved
    assert load_generator(folder / "model.safetensors", body).trained == {"recipe": "texture", "seed": 3}


def test_half_precision_halves_the_file(body, saved, sight, tmp_path):
    generator, folder = saved
    generator.save_pretrained(tmp_path, dtype=torch.float16)
    sizes = [(place / "model.safetensors").stat().st_size for place in (tmp_path, folder)]
    assert sizes[0] < 0.52 * sizes[1]
    loaded = load_generator(tmp_path, body)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    with torch.no_grad():
        torch.testing.assert_close(loaded(sight), generator(sight), atol=5e-3, rtol=0)


def test_another_topology_is_refused_by_name(body, saved):
    _, folder = saved
    other = BodyModel.load()
    other.topology = "smpl"
    with pytest.raises(InputError, match=r"config\.json: is for the body 'habitus-open-1', not 'smpl'"):
        load_generator(folder, other)


def test_another_layout_is_refused(saved):
    _, folder = saved
    other = BodyModel.load()
    other.uv = 1 - other.uv
    with pytest.raises(InputError, match="another UV layout of 'habitus-open-1'"):
        load_generator(folder, other)


def test_the_digest_knows_layouts_not_their_order(body):
    data = load_body_data(None)
    order = np.random.default_rng(0).permutation(len(data.uv))
    shuffled = BodyModel.load()
    shuffled.uv = torch.from_numpy(data.uv[order])
    shuffled.uv_faces = torch.from_numpy(np.argsort(order)[data.uv_faces])
    assert layout_digest(shuffled) == layout_digest(body)
    shuffled.uv = shuffled.uv + 0.01
    assert layout_digest(shuffled) != layout_digest(body)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "pcb"}, r"config\.json: describes 'pcb', not a TextureGenerator"),
        ({"preset": "vast"}, r"config\.json: preset 'vast': choose from"),
        ({"size": 77}, r"config\.json: size 77: ours makes textures of 256"),
        ({"preset": ["ours"]}, r"config\.json: .*save the model again"),
        ({"trained": 7}, r"config\.json: .*save the model again"),
    ],
)
def test_bad_configs(body, saved, tmp_path, change, message):
    generator, folder = saved
    (tmp_path / "config.json").write_text(json.dumps(generator.config() | change))
    (tmp_path / "model.safetensors").symlink_to(folder / "model.safetensors")
    with pytest.raises(InputError, match=message):
        load_generator(tmp_path, body)


def test_weights_of_another_network_are_refused(body, saved, tmp_path):
    generator, _ = saved
    generator.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged or no safetensors file"):
        load_generator(tmp_path, body)


def test_missing(body, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such generator; give ours, rstg, or a folder"):
        load_generator(tmp_path / "nowhere", body)
    with pytest.raises(InputError, match=r"no folder with a config\.json"):
        load_generator(tmp_path, body)
    monkeypatch.setitem(pretrained.SHIPPED, "ours", tmp_path / "absent")
    with pytest.raises(InputError, match="ours: these weights are not part of this installation"):
        load_generator("ours", body)


def test_presets_come_in_their_sizes(body):
    with pytest.raises(InputError, match="preset 'none': choose from ours, rstg"):
        TextureGenerator(body, preset="none")
    with pytest.raises(InputError, match="size 65: rstg makes textures of 64 texels"):
        TextureGenerator(body, preset="rstg", size=65)
    with pytest.raises(InputError, match="width 7: rstg comes in 64, 32, 16, 8"):
        TextureGenerator(body, preset="rstg", width=7)
    with pytest.raises(InputError, match="width 16: ours comes in one only"):
        TextureGenerator(body, preset="ours", width=16)


def test_thin_networks_come_back_as_they_were(body, tmp_path):
    thin = TextureGenerator(body, preset="rstg", width=8).eval()
    assert (
        sum(p.numel() for p in thin.parameters())
        < sum(p.numel() for p in TextureGenerator.rstg(body).parameters()) / 60
    )
    thin.save_pretrained(tmp_path / "thin")
    loaded = load_generator(tmp_path / "thin", body)
    sight = Sight(torch.rand(1, 3, 128, 64))
    with torch.no_grad():
        assert torch.equal(loaded(sight), thin(sight))


def test_photos_are_resized_whole():
    photo = torch.rand(2, 3, 128, 64)
    assert seen_by_networks(photo) is photo
    ramp = torch.linspace(0, 1, 200).view(1, 1, 1, 200).expand(1, 3, 300, 200)
    small = seen_by_networks(ramp)
    assert small.shape == (1, 3, 128, 64)
    torch.testing.assert_close(small[0, 0, 60, 1:-1], ((torch.arange(64) + 0.5) / 64)[1:-1], atol=0.005, rtol=0)
