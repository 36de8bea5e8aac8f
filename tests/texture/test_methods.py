import numpy as np
import pytest
import torch

from habitus.texture.from_photos import texture_from_photos
from habitus.texture.methods import METHODS, Setting
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
