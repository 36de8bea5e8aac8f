"""What unwrapping knows, kept and read back."""

import numpy as np
import pytest
import torch

from habitus.errors import InputError
from habitus.record_files import UNFINISHED
from habitus.texture.complete import without_strays
from habitus.texture.known import CachedKnown, write_known
from habitus.texture.unwrap import unwrap

SIZE = 64


@pytest.fixture(scope="module")
def photos(true_texture, take_photo):
    return [take_photo(true_texture(SIZE), yaw, height=128) for yaw in (0.3, 2.5)]


def test_colours_and_confidence_are_those_that_completion_keeps_to_a_byte(body, photos, tmp_path):
    write_known(tmp_path / "x", body, photos, count=2, size=SIZE, source="s")
    known = CachedKnown(tmp_path / "x", body=body, source="s")
    assert len(known) == 2 and known.size == SIZE and known.topology == body.topology
    for row, photo in enumerate(photos):
        expected = without_strays(body, unwrap(body, *photo, size=SIZE))
        colour, confidence = known[row]
        seen = expected.confidence.numpy() > 0
        assert seen.any()
        np.testing.assert_array_equal(confidence > 0, seen)
        np.testing.assert_allclose(colour / 255, expected.image.numpy(), atol=0.501 / 255)
        np.testing.assert_allclose(confidence / 255, expected.confidence.numpy(), atol=1 / 255)


def test_a_photo_that_shows_nothing_is_known_to_show_nothing(body, photos, tmp_path):
    params, image, mask = photos[0]
    write_known(tmp_path / "x", body, [(params, torch.zeros_like(image), torch.zeros_like(mask))], count=1, size=SIZE)
    colour, confidence = CachedKnown(tmp_path / "x")[0]
    assert not colour.any() and not confidence.any()


def test_a_killed_writing_goes_on_and_other_files_are_refused(body, photos, tmp_path):
    write_known(tmp_path / "x", body, photos, count=2, size=SIZE)
    whole = (tmp_path / "x").read_bytes()
    (tmp_path / ("y" + UNFINISHED)).write_bytes(whole[: len(whole) * 3 // 4])
    steps = []
    write_known(tmp_path / "y", body, photos, count=2, size=SIZE, progress=steps.append)
    assert (tmp_path / "y").read_bytes() == whole and steps == [1, 1]
    with pytest.raises(InputError, match=r"x: holds unwrapped photos of another size and another source; remove it"):
        write_known(tmp_path / "x", body, photos, count=2, size=32, source="s")
    with pytest.raises(InputError, match="of another source"):
        CachedKnown(tmp_path / "x", source="s")
    (tmp_path / "cut").write_bytes(whole[:-9])
    with pytest.raises(InputError, match="cut off or was never finished"):
        CachedKnown(tmp_path / "cut")
