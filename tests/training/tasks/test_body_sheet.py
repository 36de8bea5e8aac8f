"""What is drawn of a body regressor while it learns."""

import numpy as np
import torch
from shape_recipes import BODY, SIZE

from habitus.recovery.regressor.model import BodyRegressor
from habitus.training.tasks.body_sheet import HEIGHT, sheet_of


def test_outlines_are_as_wide_as_the_photo_shows_people():
    torch.manual_seed(0)
    regressor = BodyRegressor(BODY, backbone="resnet10-half", size=SIZE, width=8, part_width=8, hidden=16, handles=12)
    images = torch.full((1, 3, *SIZE), 0.5)
    plain, same, wide = (
        sheet_of(regressor, BODY, images, stretch=stretch) for stretch in (None, torch.ones(1), torch.full((1,), 1.4))
    )
    assert np.array_equal(plain, same)
    columns = np.flatnonzero((plain != wide).any((0, 2)))
    assert 0 < np.ptp(columns) < HEIGHT * SIZE[1] / SIZE[0]  # the outline alone: the body at its side stays
