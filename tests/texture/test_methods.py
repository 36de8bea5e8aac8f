import numpy as np
import pytest
import torch

from habitus.errors import InputError
from habitus.texture.from_photos import texture_from_photos
from habitus.texture.generate import network_texture
from habitus.texture.generator.model import TextureGenerator
from habitus.texture.generator.pretrained import load_generator
from habitus.texture.methods import METHODS, Setting, method_named
from habitus.texture.unwrap import unwrap


class Scans:
    """Given textures, as floats in [0, 1]."""

    def __init__(self, *images: torch.Tensor):
        self._images = [(255 * image).round().byte().numpy() for image in images]

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._images[index]


@pytest.fixture(scope="module")
def others(true_texture) -> list[torch.Tensor]:
    """Other people: clothes of other colours; the second is the person photographed, in an even, darker light."""
    truth = true_texture(128)
    return [truth.flip(0), truth * 0.8, 0.5 * truth + 0.3, torch.rand(3, 128, 128)]


def test_mean_knows_nothing_of_the_photo(body, front, others):
    made = METHODS["mean"](Setting(body, 128, Scans(*others)))(*front)
    torch.testing.assert_close(made.image, torch.stack(others).mean(0), atol=0.003, rtol=0)
    assert not made.confidence.any()


def test_nearest_finds_the_person_by_what_is_seen(body, front, others, true_texture):
    made = METHODS["nearest"](Setting(body, 128, Scans(*others)))(*front)
    torch.testing.assert_close(made.image, true_texture(128), atol=0.06, rtol=0)  # as bright as the photo


def test_nearest_is_least_squares_by_brute_force(body, front, true_texture):
    """Against the definition: every scan with its own best factor, visible texels by confidence."""
    rng = np.random.default_rng(1)
    scans = [true_texture(64) * torch.from_numpy(rng.uniform(0.2, 1, (3, 64, 1))).float() for _ in range(12)]
    seen = unwrap(body, *front, size=64)
    weight, photo = seen.confidence.double().numpy(), seen.image.double().numpy()
    errors, factors = [], []
    for scan in Scans(*scans):
        other = scan / 255
        factors.append((weight * photo * other).sum() / (weight * other**2).sum())
        errors.append((weight * (photo - factors[-1] * other) ** 2).sum())
    best = int(np.argmin(errors))
    made = METHODS["nearest"](Setting(body, 64, Scans(*scans)))(*front)
    torch.testing.assert_close(made.image, (scans[best] * factors[best]).float().clamp(0, 1), atol=0.01, rtol=0)


def test_unwrap_is_what_photos_are_completed_by(body, front):
    made = METHODS["unwrap"](Setting(body, 64, Scans()))(*front)
    assert torch.equal(made.image, texture_from_photos(body, [front], size=64).image)
    assert (made.confidence > 0).any()


def test_generators_keep_what_they_are_told(body, front, tmp_path):
    """Ours is told what unwrapping knows, the released one sees the photo alone."""
    torch.manual_seed(0)
    TextureGenerator.rstg(body).save_pretrained(tmp_path / "rstg")
    method = method_named(str(tmp_path / "rstg"), Setting(body, 64, Scans()))
    generator = load_generator(tmp_path / "rstg", body)
    assert torch.equal(method(*front).image, network_texture(body, generator, [front], size=64).image)
    assert "preset rstg" in method.words
    assert "network's own" in method.words


def test_what_makes_no_textures_is_refused(body, tmp_path):
    setting = Setting(body, 64, Scans())
    with pytest.raises(InputError, match="method unwarp: is not known; choose ours, rstg, unwrap"):
        method_named("unwarp", setting)
    TextureGenerator.no_pose(body).save_pretrained(tmp_path / "pictures")
    with pytest.raises(InputError, match="makes pictures"):
        method_named(str(tmp_path / "pictures"), setting)
