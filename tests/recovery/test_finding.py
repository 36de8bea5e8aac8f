"""Bodies by a network: where they land in images of any proportions, fits that start there, bad input."""

from dataclasses import replace

import pytest
import torch
from made_crops import crops_of, params_of

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.errors import InputError
from habitus.recovery.finding import body_finder, picture_of, regress, sound
from habitus.recovery.fit import FitSettings, fit
from habitus.recovery.measures import procrustes_error
from habitus.recovery.regressor.model import BodyRegressor, Regression
from habitus.rendering.camera import project
from habitus.types import COCO_KEYPOINTS, Crop

BODY = BodyModel.load()
NETWORK = (64, 32)
NOSE, ANKLE = COCO_KEYPOINTS.index("nose"), COCO_KEYPOINTS.index("left_ankle")
POINTS = BODY.coco_keypoints(BODY.v_template[None])[0]
"""Of the rest pose, metres."""
QUICK = FitSettings(keypoint_steps=20, silhouette_steps=10, displacement_steps=10)


class FindsDots(torch.nn.Module):
    """A network without fault: a red dot is the nose of a body in the rest pose, a green one the left ankle."""

    size = NETWORK
    topology = BODY.topology

    def __init__(self, *, scale: float = 1.0):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(scale))

    def forward(self, images: torch.Tensor) -> Regression:
        assert images.shape[2:] == self.size
        count, (height, width) = len(images), self.size
        grid = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
        nose, ankle = (
            torch.stack([(axis * images[:, c]).sum((1, 2)) / images[:, c].sum((1, 2)) for axis in grid[::-1]], 1)
            for c in (0, 1)
        )
        metre = (ankle - nose)[:, 1] / (POINTS[NOSE] - POINTS[ANKLE])[1]  # pixels
        tx = (nose[:, 0] - width / 2) / metre - POINTS[NOSE, 0]
        ty = (height / 2 - nose[:, 1]) / metre - POINTS[NOSE, 1]
        psi = torch.stack((self.scale * metre * 2 / height, tx, ty), 1)
        rotations = torch.eye(3).expand(count, 24, 3, 3)
        delta = torch.zeros(count, BODY.num_vertices, 3)
        return Regression(rotations, torch.zeros(count, 10), delta, psi, torch.zeros(count, 4))


def dotted(size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """An image with the two dots, and where they are: the ankle as far to the side of the nose as the body has it."""
    height, width = size
    nose = torch.tensor([0.45 * width, 0.25 * height])
    step = (POINTS[ANKLE] - POINTS[NOSE])[:2] * torch.tensor([1.0, -1.0])
    ankle = nose + step / step[1] * 0.5 * height
    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    image = torch.zeros(3, height, width)
    for channel, (x, y) in enumerate((nose.tolist(), ankle.tolist())):
        image[channel] = torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (height / 40) ** 2))
    return image, torch.stack((nose, ankle))


def blank(image: torch.Tensor) -> Crop:
    """A crop of which nothing is known."""
    height, width = image.shape[1:]
    every = torch.ones(height, width)
    return Crop(image, every, every, torch.zeros(17, 2), torch.zeros(17), torch.eye(2, 3), source=f"{height}x{width}")


def small() -> BodyRegressor:
    torch.manual_seed(0)
    return BodyRegressor(
        BODY, backbone="resnet10-half", size=NETWORK, width=16, part_width=8, hidden=32, handles=12
    ).eval()


def test_keypoints_land_where_they_are_in_images_of_any_proportions():
    images, places = zip(*(dotted(size) for size in ((256, 128), (256, 256), (120, 300), (200, 60))), strict=True)
    found = regress(FindsDots(), images)  # type: ignore[arg-type]
    assert sound(found) == [True] * 4
    for i, (image, place) in enumerate(zip(images, places, strict=True)):
        size = (image.shape[1], image.shape[2])
        seen = project(POINTS[None], found.psi[i : i + 1], size)[0, :, :2]
        # dots are found to a fifth of the network's pixels
        pixel = max(size[0] / NETWORK[0], size[1] / NETWORK[1])
        assert (seen[[NOSE, ANKLE]] - place).norm(dim=1).max() < 0.2 * pixel, size


def test_the_whole_image_is_seen_without_being_squeezed():
    image = torch.rand(3, 100, 100, generator=torch.Generator().manual_seed(0))
    picture = picture_of(image, (200, 50))
    assert picture.shape == (3, 200, 50)
    middle = torch.nn.functional.avg_pool2d(image, 2)
    torch.testing.assert_close(picture[:, 75:125], middle, atol=0.02, rtol=0)
    torch.testing.assert_close(picture[:, :70], middle[:, :1].expand(-1, 70, -1), atol=0.2, rtol=0)  # the border
    torch.testing.assert_close(picture_of(image[:, :64, :32], NETWORK), image[:, :64, :32], atol=1e-6, rtol=0)


def test_a_network_alone_says_body_and_measures():
    params = params_of(BODY, torch.zeros(2, 24, 3))
    crops = crops_of(BODY, params)
    finder = body_finder("regress", regressor=small(), name="run/model")
    found = finder(BODY, crops)
    assert finder.name == "regress, run/model"
    assert found.mask_iou.shape == (2,) and (found.keypoint_error > 0).all()
    again = small()(torch.stack([picture_of(crop.image, NETWORK) for crop in crops]))
    torch.testing.assert_close(axis_angle_to_matrix(found.params.theta), again.rotations, atol=1e-5, rtol=0)


def test_a_fit_starts_from_what_the_network_says():
    """Without landmarks a fit tries eight headings; a network that knows better spares it that, and is improved."""
    theta = torch.zeros(1, 24, 3)
    theta[:, 16, 2], theta[:, 17, 2] = -1.0, 1.0
    crop = crops_of(BODY, params_of(BODY, theta), landmarks=False)
    begin = body_finder("regress", regressor=small())(BODY, crop)
    finder = body_finder(regressor=small(), name="run/model", settings=QUICK)
    heard = []
    found = finder(BODY, crop, progress=heard.append)
    assert finder.name == "fit from run/model"
    assert len(heard) == 25 and heard[-1] == 1  # no headings were tried, and the first stage is short
    assert found.mask_iou > begin.mask_iou and found.keypoint_error < begin.keypoint_error
    assert found.mask_iou > 0.8


def test_a_fit_keeps_what_its_start_knows_of_depth():
    """Arms and a leg that reach towards the camera and away: keypoints and an outline alone hardly tell which."""
    theta = torch.zeros(1, 24, 3)
    theta[0, 16], theta[0, 17], theta[0, 2] = torch.tensor([[-0.3, -0.9, -0.6], [0.3, -0.9, 0.6], [-0.6, 0.0, 0.0]])
    truth = params_of(BODY, theta)
    noise = 0.1 * torch.randn(1, 24, 3, generator=torch.Generator().manual_seed(0))
    start = replace(truth, theta=theta + noise, psi=truth.psi + torch.tensor([[0.03, 0.01, 0.02]]))
    crop = crops_of(BODY, truth, noise=2.0, landmarks=False)

    def error(params):
        return procrustes_error(*(BODY.frames(p.theta, p.beta).transforms[..., :3, 3] for p in (params, truth)))

    held = fit(BODY, crop, settings=QUICK, start=start)
    loose = fit(BODY, crop, settings=replace(QUICK, start_weight=0.02), start=start)
    assert error(held.params) < error(start) and error(held.params) < error(loose.params)
    assert held.mask_iou > 0.9


def test_what_cannot_be_is_refused():
    crop = crops_of(BODY, params_of(BODY, torch.zeros(1, 24, 3)))
    with pytest.raises(InputError, match=r"none comes with Habitus yet; .*habitus train body"):
        body_finder("regress")
    other = small()
    other.topology = "smpl"
    with pytest.raises(InputError, match="m: regresses the body 'smpl', not"):
        body_finder("regress", regressor=other, name="m")(BODY, crop)
    broken = FindsDots(scale=-1.0)
    with pytest.raises(InputError, match=r"256x128: m makes no body of it; .*"):
        body_finder("regress", regressor=broken, name="m")(BODY, [blank(dotted((256, 128))[0])])  # type: ignore[arg-type]
