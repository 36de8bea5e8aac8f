from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from habitus.errors import InputError
from habitus.export.pictures import OUTLINE, PAPER, contact_sheet, overlay, picture_url, save_picture, to_picture


def test_a_picture_of_a_tensor_has_its_colours_clipped_and_in_order():
    image = torch.zeros(3, 2, 4)
    image[0, 0, 1] = 1.5
    image[2, 1, 3] = 0.5
    image[1, 1, 0] = -1
    picture = to_picture(image)
    assert picture.shape == (2, 4, 3)
    assert picture.dtype == np.uint8
    assert picture[0, 1].tolist() == [255, 0, 0]
    assert picture[1, 3].tolist() == [0, 0, 128]
    assert picture[1, 0].tolist() == [0, 0, 0]
    assert to_picture(torch.full((2, 3), 1.0)).tolist() == np.full((2, 3, 3), 255).tolist()


def test_a_contact_sheet_shows_every_picture_whole_in_reading_order():
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]
    pictures = [np.full((20 + i, 30, 3), c, np.uint8) for i, c in enumerate(colours)]
    sheet = contact_sheet(pictures, [f"{i}" for i in range(5)], columns=2, title="five")
    centres = []
    for picture, colour in zip(pictures, colours, strict=True):
        rows, cols = np.nonzero((sheet == colour).all(-1))
        assert len(rows) == picture.shape[0] * picture.shape[1]
        centres.append((rows.mean(), cols.mean()))
    assert [round(c[1]) for c in centres[:2]] == [round(c[1]) for c in centres[2:4]]
    assert centres[0][1] < centres[1][1]
    assert centres[0][0] < centres[2][0] < centres[4][0]


def test_labels_stay_inside_their_cells():
    white = np.full((10, 40, 3), 255, np.uint8)
    sheet = contact_sheet([white, white], ["a label that is much too long for it", ""], columns=2)
    gap = 14
    right_half = sheet[gap + 10 :, gap + 40 :]
    assert (right_half == PAPER).all()
    left = sheet[gap + 10 :, gap : gap + 40]
    assert (left < 128).any()


def test_each_line_of_a_title_has_its_place_and_a_long_one_is_cut():
    white = np.full((40, 200, 3), 255, np.uint8)
    without, one, two = (contact_sheet([white], columns=1, title=title) for title in ("", "M" * 200, "a\nb"))
    assert without.shape[0] < one.shape[0] < two.shape[0]
    tops = [int(np.flatnonzero((sheet == 255).all(-1).any(1))[0]) for sheet in (without, one, two)]
    assert [bool((sheet[:top] < 128).any()) for sheet, top in zip((without, one, two), tops, strict=True)] == [
        False,
        True,
        True,
    ]
    assert (one[:, -10:] == PAPER).all()


def test_a_picture_in_a_web_page_is_the_same_picture():
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[:, 15:] = 200, 40, 90
    kind, code = picture_url(picture).split(",")
    assert kind == "data:image/webp;base64"
    read = np.asarray(Image.open(BytesIO(b64decode(code))).convert("RGB")).astype(int)
    assert abs(read[:, :10] - picture[:, :10]).max() < 20
    assert abs(read[:, 20:] - picture[:, 20:].astype(int)).max() < 20


def test_cell_height_scales_and_keeps_the_shape():
    sheet = contact_sheet([np.zeros((10, 20, 3), np.uint8)], columns=3, cell_height=40)
    rows, cols = np.nonzero((sheet == 0).all(-1))
    assert (np.ptp(rows) + 1, np.ptp(cols) + 1) == (40, 80)


@pytest.mark.parametrize(("pictures", "labels"), [([], None), ([np.zeros((2, 2, 3), np.uint8)], ["a", "b"])])
def test_a_contact_sheet_of_nothing_or_with_labels_missing_is_refused(pictures, labels):
    with pytest.raises(ValueError, match="one label for each"):
        contact_sheet(pictures, labels, columns=2)


def test_overlay_draws_the_outline_and_leaves_inside_and_outside_alone():
    photo = np.full((40, 30, 3), 90, np.uint8)
    silhouette = np.zeros((40, 30), np.float32)
    silhouette[10:30, 8:22] = 1
    drawn = overlay(photo, silhouette, scale=3)
    assert drawn.shape == (120, 90, 3)
    assert (drawn[60, 45] == 90).all()
    assert (drawn[5, 5] == 90).all()
    pink = np.abs(drawn.astype(int) - OUTLINE).sum(-1) < 60
    rows, cols = np.nonzero(pink)
    assert abs(rows.min() - 30) <= 2
    assert abs(rows.max() - 89) <= 2
    assert abs(cols.min() - 24) <= 2
    assert abs(cols.max() - 65) <= 2


def test_a_picture_survives_being_saved(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (8, 9, 3), np.uint8)
    save_picture(tmp_path / "new" / "p.png", picture)
    assert (np.asarray(Image.open(tmp_path / "new" / "p.png")) == picture).all()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["p.png"]


def test_a_picture_cannot_be_saved_under_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        save_picture(tmp_path / "file" / "p.png", np.zeros((2, 2, 3), np.uint8))
