"""Both ways of decoding give what the careful one gives, or refuse what it refuses."""

import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from habitus.data import decoding
from habitus.data.decoding import decode
from habitus.errors import InputError
from habitus.perception.photo import read_photo


def picture(height=48, width=40, seed=0):
    """Smooth, so that JPEG keeps it."""
    rows, columns = np.mgrid[:height, :width]
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    return (128 + 100 * np.sin(rows[..., None] / 7 + columns[..., None] / 9 + phase)).astype(np.uint8)


def saved(folder, name, image=None, **options):
    path = folder / name
    (image or Image.fromarray(picture())).save(path, **options)
    return path


@pytest.fixture
def careful(monkeypatch):
    """Counts the photos that go the careful way."""
    calls = []

    def counting(path, **options):
        calls.append(path)
        return read_photo(path, **options)

    monkeypatch.setattr(decoding, "read_photo", counting)
    return calls


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 90}),
        ("a.jpg", {"progressive": True}),
        ("a.jpg", {"subsampling": 0}),
        ("a.png", {}),
        ("a.png", {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}),
        ("a.jpg", {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}),
    ],
)
def test_equal_to_the_careful_reader(tmp_path, careful, name, options):
    path = saved(tmp_path, name, **options)
    np.testing.assert_array_equal(decode(path), read_photo(path).pixels)
    np.testing.assert_array_equal(decode(str(path)), read_photo(path).pixels)
    assert len(careful) == (2 if name == "a.png" and options else 0)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK", "I;16"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
def test_modes_and_formats(tmp_path, mode, suffix):
    image = Image.fromarray(picture())
    image = Image.fromarray(picture()[..., 0].astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    try:
        path = saved(tmp_path, f"a.{suffix}", image)
    except (OSError, ValueError):
        pytest.skip(f"there is no {suffix} in mode {mode}")
    np.testing.assert_array_equal(decode(path), read_photo(path).pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_exif_rotation(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, f"a.{suffix}", exif=exif)
    np.testing.assert_array_equal(decode(path), np.asarray(ImageOps.exif_transpose(Image.open(path))))


def test_exchanged_primaries_are_converted(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmp ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp ", b"bXYZ", 1)
    for encoding in ("ascii", "utf-16-be"):
        swapped = swapped.replace("sRGB".encode(encoding), "swap".encode(encoding))
    path = saved(tmp_path, "a.jpg", icc_profile=swapped)
    np.testing.assert_array_equal(decode(path), read_photo(path).pixels)


@pytest.mark.parametrize(
    ("enough", "by"),
    [(None, 1), ((128, 64), 1), ((64, 64), 2), ((33, 16), 2), ((32, 16), 4), ((16, 8), 8), ((1, 1), 8)],
)
def test_large_jpegs_may_come_reduced(tmp_path, enough, by):
    """Never below twice what is needed, and with the same colours."""
    whole = picture(256, 256)
    path = saved(tmp_path, "large.jpg", Image.fromarray(whole), quality=95)
    reduced = decode(path, enough=enough)
    assert reduced.shape == (256 // by, 256 // by, 3)
    means = whole.reshape(256 // by, by, 256 // by, by, 3).mean((1, 3))
    assert np.abs(reduced - means).mean() < 3
    other = saved(tmp_path, "large.png", Image.fromarray(whole))
    assert np.array_equal(decode(other, enough=enough), whole)


def test_small_people(tmp_path):
    path = saved(tmp_path, "a.png", Image.fromarray(picture(20, 8)))
    assert decode(path).shape == (20, 8, 3)
    with pytest.raises(InputError, match="at least 8"):
        decode(saved(tmp_path, "b.png", Image.fromarray(picture(20, 7))))
    assert decode(saved(tmp_path, "c.webp", Image.fromarray(picture(20, 8)))).shape == (20, 8, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_truncated_files_are_refused(tmp_path, suffix):
    data = saved(tmp_path, f"a.{suffix}").read_bytes()
    path = tmp_path / f"cut.{suffix}"
    for length in np.linspace(0, len(data) - 1, 40).astype(int):
        path.write_bytes(data[:length])
        try:
            same = np.array_equal(decode(path), decode(tmp_path / f"a.{suffix}"))
        except InputError as error:
            assert str(path) in str(error)
            assert "\n" not in str(error)
        else:
            assert same and length >= len(data) - 16  # only the end mark is missing


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_random_damage_never_escapes(tmp_path, suffix):
    rng = np.random.default_rng(0)
    whole = saved(tmp_path, f"a.{suffix}").read_bytes()
    path = tmp_path / f"damaged.{suffix}"
    for flips in range(60):
        data = bytearray(whole)
        for _ in range(1 + flips % 10):
            data[rng.integers(min(len(data), 60 if flips % 2 else len(data)))] = rng.integers(256)
        path.write_bytes(data)
        try:
            assert decode(path).ndim == 3
        except InputError as error:
            assert "\n" not in str(error)


def test_a_header_that_announces_too_much_is_not_believed(tmp_path, monkeypatch):
    """Nothing is decoded whose header announces more than fits."""
    path = saved(tmp_path, "a.png")
    data = bytearray(path.read_bytes())
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    monkeypatch.setattr(decoding.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(InputError, match="pixels"):
        decode(path)


@pytest.mark.parametrize("name", ["absent.jpg", ".", "zero\0byte.jpg"])
def test_no_file(tmp_path, name):
    with pytest.raises(InputError):
        decode(tmp_path / name)
