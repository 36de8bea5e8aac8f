"""docs/conventions.md, line by line: `test_NN_...` holds line NN, and no line goes without."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.files import writing
from habitus.perception import read_photo
from habitus.recovery.parameter_files import save_params
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.render import render
from habitus.rendering.shading import vertex_normals
from habitus.rendering.texture_sampling import sample_texture
from habitus.synthetic.photos.making import make_person, make_photo
from habitus.types import COCO_KEYPOINTS, SMPL_JOINTS, BodyParams

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def made(body):
    return make_photo(body, make_person(body, 1, texture_size=128), 0)


def test_every_line_has_a_test():
    lines = {int(n) for n in re.findall(r"^(\d+)\. ", PAGE.read_text(), re.MULTILINE)}
    tests = {int(n) for n in re.findall(r"^def test_(\d\d)_", Path(__file__).read_text(), re.MULTILINE)}
    assert lines == tests
    assert lines == set(range(1, len(lines) + 1))


def test_01_images(body, made):
    texture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    posed = body(torch.zeros(1, 24, 3), torch.zeros(1, 10)).vertices
    image = render(posed, body.faces, torch.tensor([[0.9, 0.0, 0.0]]), body.uv, body.uv_faces, texture).image
    assert image.shape == (1, 3, 256, 128)
    for picture in (image[0], made.as_crop(np.random.default_rng(0)).image):
        assert picture.dtype == torch.float32
        assert picture.min() >= 0
        assert picture.max() <= 1
    assert made.image.shape == (3, 256, 128)


def test_02_pixel_centres():
    """A triangle a hair larger than the centre of the top-left pixel covers that pixel and no other."""
    x, y = 0.5, 0.5
    corners = torch.tensor([[[x - 0.2, y - 0.2, 0.0], [x - 0.2, y + 0.3, 0.0], [x + 0.3, y - 0.2, 0.0]]])
    covered = rasterize(corners, torch.tensor([[0, 1, 2]]), (4, 4)).face_id[0] >= 0
    assert covered.nonzero().tolist() == [[0, 0]]
    lower = corners + torch.tensor([0.0, 2.0, 0.0])
    assert (rasterize(lower, torch.tensor([[0, 1, 2]]), (4, 4)).face_id[0] >= 0).nonzero().tolist() == [[2, 0]]


def test_03_axes(body):
    rest = body.v_template
    assert 1.4 < (rest[:, 1].max() - rest[:, 1].min()) < 2.1  # metres, and up is the long way
    keypoints = dict(zip(COCO_KEYPOINTS, body.coco_keypoints(rest[None])[0], strict=True))
    assert keypoints["left_wrist"][0] > 0.4
    assert keypoints["nose"][2] > keypoints["left_ear"][2] + 0.05
    near_and_far = torch.tensor(
        [[[-9.0, -9, 0.1], [-9, 29, 0.1], [29, -9, 0.1], [-9, -9, 0.9], [-9, 29, 0.9], [29, -9, 0.9]]]
    )
    shown = rasterize(near_and_far, torch.tensor([[0, 1, 2], [3, 4, 5]]), (4, 4))
    assert (shown.face_id == 1).all()


def test_04_body_parameters(body):
    theta, beta = torch.zeros(2, 24, 3), torch.zeros(2, 10)
    theta[0, SMPL_JOINTS.index("left_knee"), 0] = np.pi / 2  # radians: the shin points back
    posed = body(theta, beta, torch.zeros(2, body.num_vertices, 3))
    shin = posed.joints[0, SMPL_JOINTS.index("left_ankle")] - posed.joints[0, SMPL_JOINTS.index("left_knee")]
    assert shin[2] < -0.95 * shin.norm()
    assert body.num_vertices == len(body.v_template)
    assert body.num_faces == len(body.faces)
    assert body.num_joints == len(body.parents) == 24


def test_05_camera():
    generator = torch.Generator().manual_seed(0)
    points, psi = torch.randn(2, 5, 3, generator=generator), torch.tensor([[0.9, 0.1, -0.2], [1.3, 0.0, 0.3]])
    height, width = 256, 128
    s, tx, ty = (p[:, None] for p in psi.unbind(1))
    shown = project(points, psi, (height, width))
    torch.testing.assert_close(shown[..., 0], width / 2 + s * height / 2 * (points[..., 0] + tx))
    torch.testing.assert_close(shown[..., 1], height / 2 - s * height / 2 * (points[..., 1] + ty))
    torch.testing.assert_close(project(points, psi, (1024, 512))[..., :2], 4 * shown[..., :2])


def test_06_uv_origin():
    size = 8
    texture = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    row, column = 2, 5
    uv = torch.tensor([[[[(column + 0.5) / size, 1 - (row + 0.5) / size]]]])
    torch.testing.assert_close(sample_texture(texture, uv)[0, :, 0, 0], texture[0, :, row, column])


def test_07_winding_and_background(body):
    normals = vertex_normals(body.v_template[None], body.faces)[0]
    torso = body.vertex_region("torso")
    front = torso & (body.v_template[:, 2] > body.v_template[torso][:, 2].quantile(0.9))
    assert normals[front][:, 2].median() > 0.5
    outside = torch.tensor([[[50.0, 50, 0], [50, 60, 0], [60, 50, 0]]])
    assert (rasterize(outside, torch.tensor([[0, 1, 2]]), (4, 4)).face_id == -1).all()


def test_08_masks_and_confidences(made):
    crop = made.as_crop(np.random.default_rng(0), keypoint_noise=0.5)
    for values in (crop.mask, crop.valid, crop.confidence):
        assert values.min() >= 0
        assert values.max() <= 1
    outside = (crop.keypoints < 0).any(1) | (crop.keypoints[:, 0] > 128) | (crop.keypoints[:, 1] > 256)
    assert outside.any()
    assert (crop.confidence[outside] == 0).all()


def test_09_left_is_the_persons_own(body):
    """Seen from the front, a person's left is on the right of the picture; seen from behind, on the left."""
    theta = torch.zeros(2, 24, 3)
    theta[1, 0, 1] = np.pi
    points = body.coco_keypoints(body(theta, torch.zeros(2, 10)).vertices)
    shown = project(points, torch.tensor([[0.9, 0.0, 0.0]]).repeat(2, 1), (256, 128))
    left, right = COCO_KEYPOINTS.index("left_shoulder"), COCO_KEYPOINTS.index("right_shoulder")
    assert shown[0, left, 0] > shown[0, right, 0]
    assert shown[1, left, 0] < shown[1, right, 0]


def test_10_names_in_files(body, tmp_path):
    params = BodyParams(
        torch.zeros(1, 24, 3), torch.zeros(1, 10), torch.zeros(1, body.num_vertices, 3), torch.ones(1, 3)
    )
    save_params(tmp_path / "p.npz", params, topology=body.topology)
    with np.load(tmp_path / "p.npz") as saved:
        assert {"global_orient", "body_pose", "betas"} <= set(saved.files)


def test_11_errors(tmp_path):
    (tmp_path / "photo.jpg").write_text("no photo")
    with pytest.raises(InputError) as error:
        read_photo(tmp_path / "photo.jpg")
    assert "photo.jpg" in str(error.value)
    assert ";" in str(error.value)  # the problem; the cure
    assert "\n" not in str(error.value)


def test_12_files_appear_whole_or_not_at_all(tmp_path):
    target = tmp_path / "report.json"
    target.write_text("before")
    with pytest.raises(RuntimeError), writing(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    with writing(target) as temporary:
        temporary.write_text("after")
    assert target.read_text() == "after"
