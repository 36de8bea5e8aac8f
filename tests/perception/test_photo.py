"""Every odd file that users have: each is read as it is meant to be seen, or refused in one line."""

import logging
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from habitus.errors import InputError
from habitus.perception.photo import MAX_PIXELS, WORK_PIXELS, Photo, as_photo, read_levels, read_photo

SIZE = (60, 40)  # width, height: not square, so that a swap shows
RED, BLUE = (200, 30, 20), (10, 40, 220)


@pytest.fixture
def halves():
    """Red on the left, blue on the right."""
    image = Image.new("RGB", SIZE, RED)
    image.paste(BLUE, (30, 0, 60, 40))
    return image


def saved(folder, image, name, **options):
    path = folder / name
    image.save(path, **options)
    return path


def one_line(path):
    with pytest.raises(InputError) as caught:
        read_photo(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff", "a.bmp", "a.gif", "a.ppm", "a.avif", "a.jp2"])
def test_formats(tmp_path, halves, name):
    photo = read_photo(saved(tmp_path, halves, name))
    assert photo.size == photo.pixels.shape[:2] == (40, 60)
    assert photo.pixels.dtype == np.uint8
    assert photo.scale == (1, 1)
    np.testing.assert_allclose(photo.pixels[20, 10], RED, atol=12)
    np.testing.assert_allclose(photo.pixels[20, 50], BLUE, atol=12)


def test_content_decides_and_not_the_suffix(tmp_path, halves):
    path = saved(tmp_path, halves, "a.png").rename(tmp_path / "renamed.jpg")
    np.testing.assert_array_equal(read_photo(path).pixels[20, 10], RED)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_modes(tmp_path, halves, mode):
    converted = halves.convert(mode, palette=Image.Palette.ADAPTIVE)
    pixels = read_photo(saved(tmp_path, converted, "a.png")).pixels
    np.testing.assert_array_equal(pixels, np.asarray(converted.convert("RGB")))


def test_cmyk(tmp_path, halves):
    photo = read_photo(saved(tmp_path, halves.convert("CMYK"), "a.jpg", quality=95))
    np.testing.assert_allclose(photo.pixels[20, 10], RED, atol=12)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_16_bits_are_scaled_not_clipped(tmp_path, dtype):
    ramp = np.tile(np.linspace(0, 65535, 64), (48, 1)).astype(dtype)
    pixels = read_photo(saved(tmp_path, Image.fromarray(ramp), "a.tiff")).pixels
    np.testing.assert_allclose(pixels[10, :, 0], np.linspace(0, 255, 64), atol=1.1)


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_floats(tmp_path, top):
    ramp = np.tile(np.linspace(0, top, 64), (48, 1)).astype(np.float32)
    ramp[0, 0] = np.nan
    pixels = read_photo(saved(tmp_path, Image.fromarray(ramp), "a.tiff")).pixels
    np.testing.assert_allclose(pixels[10, :, 0], np.linspace(0, 255, 64), atol=1.1)


def test_transparency_is_laid_on_white(tmp_path, halves):
    halves.putalpha(Image.new("L", SIZE, 0))
    assert (read_photo(saved(tmp_path, halves, "a.png")).pixels == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation(tmp_path, halves, orientation):
    """Against Pillow's own transposition; sizes are those of the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    halves.paste((250, 250, 250), (0, 0, 10, 10))
    photo = read_photo(saved(tmp_path, halves, "a.png", exif=exif))
    upright = ImageOps.exif_transpose(Image.open(tmp_path / "a.png"))
    np.testing.assert_array_equal(photo.pixels, np.asarray(upright))
    assert photo.size == photo.pixels.shape[:2]


def test_colour_profile_is_applied(tmp_path, halves):
    """In a profile whose red and blue primaries are exchanged, red means blue. A broken profile is ignored."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmp ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp ", b"bXYZ", 1)
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    for profile, expected in ((srgb, RED), (b"no profile at all", RED), (swapped, RED[::-1])):
        photo = read_photo(saved(tmp_path, halves, "a.png", icc_profile=profile))
        np.testing.assert_allclose(photo.pixels[20, 10], expected, atol=3)


def test_animation_gives_its_first_frame_and_a_warning(tmp_path, halves, caplog):
    frames = [Image.new("RGB", SIZE, BLUE)] * 3
    path = saved(tmp_path, halves, "a.gif", save_all=True, append_images=frames)
    with caplog.at_level(logging.WARNING, "habitus"):
        photo = read_photo(path)
    np.testing.assert_allclose(photo.pixels[20, 10], RED, atol=12)
    assert "first is used" in caplog.text


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tiff", "a.webp", "a.gif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated(tmp_path, name, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8))
    data = saved(tmp_path, noise, name).read_bytes()
    path = tmp_path / f"cut_{name}"
    path.write_bytes(data[: int(share * len(data))])
    one_line(path)


@pytest.mark.parametrize("flips", range(20))
def test_random_damage_never_escapes(tmp_path, halves, flips):
    """Whatever a decoder makes of flipped bytes: a picture or one line."""
    rng = np.random.default_rng(flips)
    for name in ("a.png", "a.jpg", "a.gif", "a.webp", "a.tiff"):
        data = bytearray(saved(tmp_path, halves, name).read_bytes())
        for _ in range(1 + flips):
            data[rng.integers(len(data))] = rng.integers(256)
        path = tmp_path / f"damaged_{name}"
        path.write_bytes(data)
        try:
            assert read_photo(path).pixels.ndim == 3
        except InputError as error:
            assert "\n" not in str(error)


def test_too_small(tmp_path):
    assert "too few" in one_line(saved(tmp_path, Image.new("RGB", (1, 1)), "a.png"))


def test_twenty_thousand_pixels_wide(tmp_path):
    image = Image.new("RGB", (20_000, 1500), BLUE)
    image.paste(RED, (0, 0, 10_000, 1500))
    photo = read_photo(saved(tmp_path, image, "a.png"))
    assert photo.size == (1500, 20_000)
    assert photo.pixels.shape[0] * photo.pixels.shape[1] <= WORK_PIXELS
    x, y = photo.scale
    assert x == pytest.approx(y, rel=2e-3)
    column = int(9_900 / x)
    np.testing.assert_array_equal(photo.pixels[10, column], RED)
    np.testing.assert_array_equal(photo.pixels[10, int(10_100 / x)], BLUE)


def test_large_jpeg_is_decoded_small(tmp_path):
    path = saved(tmp_path, Image.new("RGB", (8000, 7000), RED), "a.jpg")
    photo = read_photo(path)
    assert photo.size == (7000, 8000)
    assert photo.pixels.shape[0] * photo.pixels.shape[1] <= WORK_PIXELS


def bomb(width, height):
    """A PNG header that announces a picture of any size, with next to no data."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(MAX_PIXELS // 10_000 + 1, 10_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bomb_is_refused_before_decoding(tmp_path, size):
    path = tmp_path / "a.png"
    path.write_bytes(bomb(*size))
    assert "pixels" in one_line(path)


def test_no_photo_at_all(tmp_path):
    assert "no such file" in one_line(tmp_path / "absent.jpg")
    assert "folder" in one_line(tmp_path)
    (tmp_path / "empty.jpg").touch()
    assert "empty" in one_line(tmp_path / "empty.jpg")
    (tmp_path / "text.jpg").write_text("Not a picture, but a fairly long line of text.\n" * 9)
    assert "no picture" in one_line(tmp_path / "text.jpg")
    (tmp_path / "a.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n")
    assert "no picture" in one_line(tmp_path / "a.eps")


def test_arrays(halves):
    array = np.asarray(halves)
    assert as_photo(array).pixels is not None
    np.testing.assert_array_equal(as_photo(array / 255.0).pixels, array)
    photo = Photo(array, (40, 60))
    assert as_photo(photo) is photo
    for bad in (array[..., 0], array[:8], array.astype(np.int64)):
        with pytest.raises(InputError, match="no RGB picture"):
            as_photo(bad)


def test_levels_of_masks(tmp_path):
    disc = ((np.indices((40, 60)) - np.array([20, 30])[:, None, None]) ** 2).sum(0) < 15**2
    white = Image.fromarray((disc * 255).astype(np.uint8))
    cut_out = Image.new("RGB", SIZE, RED)
    cut_out.putalpha(white)
    deep = Image.fromarray(disc.astype(np.uint16) * 65535)
    for number, image in enumerate((white, white.convert("1"), white.convert("RGB"), cut_out, deep)):
        levels = read_levels(saved(tmp_path, image, f"{number}.png"))
        np.testing.assert_array_equal(levels > 0, disc)
    indexed = Image.frombytes("P", SIZE, disc.astype(np.uint8).tobytes())
    indexed.putpalette([0, 0, 0, 128, 0, 0])
    np.testing.assert_array_equal(read_levels(saved(tmp_path, indexed, "p.png")) > 0, disc)
