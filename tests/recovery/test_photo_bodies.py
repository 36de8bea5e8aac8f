"""From photos to bodies in the photos' own frame, fitted here or by others."""

import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from made_crops import crops_of, params_of

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery import photo_seen
from habitus.recovery.body_table_file import FoundBody
from habitus.recovery.finding import body_finder
from habitus.recovery.fit import FitSettings
from habitus.recovery.frames import in_crop, in_photo
from habitus.recovery.imported_bodies import hmr_folder, smplmarket_folder
from habitus.recovery.parameter_files import save_params
from habitus.recovery.photo_bodies import import_photos, recover_photos
from habitus.recovery.photo_seen import mask_in_photo
from habitus.rendering.camera import project
from habitus.types import BodyParams

SIZE = (120, 60)


@pytest.fixture(scope="module")
def smpl() -> BodyModel:
    """The open body under SMPL's name."""
    return BodyModel(replace(load_body_data(), topology="smpl"))


@pytest.fixture(scope="module")
def params(smpl) -> BodyParams:
    theta = 0.2 * torch.randn(1, 24, 3, generator=torch.Generator().manual_seed(3))
    return params_of(smpl, theta, beta=torch.linspace(-1, 1, 10)[None])


@pytest.fixture
def crop(smpl, params):
    """Of a photo twice as coarse, shifted."""
    to_photo = torch.tensor([[0.5, 0.0, -3.0], [0.0, 0.5, 4.0]], dtype=torch.float64)
    return replace(crops_of(smpl, params, size=(256, 128))[0], to_photo=to_photo)


@pytest.fixture
def perceived(monkeypatch, crop, tmp_path):
    """A photo in which the crop is perceived, beside one that shows nobody and one that is none."""

    def perceive(photo, *, mask_method):
        if photo.name.endswith("nobody.png"):
            raise InputError(f"{photo.name}: no person was found; give --box")
        return [crop]

    monkeypatch.setattr(photo_seen, "perceive", perceive)
    for name in ("one", "nobody"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((*SIZE, 3), np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return [tmp_path / f"{name}.png" for name in ("one", "nobody", "broken")]


def pixels(body, params, size):
    return project(body(params.theta, params.beta, params.delta).vertices, params.psi, size)[0, :, :2]


def test_cameras_of_a_crop_and_its_photo_show_the_same(smpl, params, crop):
    placed = in_photo(params, crop, SIZE)
    expected = 0.5 * pixels(smpl, params, (256, 128)) + torch.tensor([-3.0, 4.0])
    torch.testing.assert_close(pixels(smpl, placed, SIZE), expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(in_crop(placed, crop, SIZE).psi, params.psi, atol=1e-5, rtol=0)
    mask = mask_in_photo(crop, SIZE)
    assert mask.shape == SIZE
    assert mask.sum() / 255 == pytest.approx(float(crop.mask[:, 6:].sum()) / 4, rel=0.02)


def test_photos_are_fitted_together_and_none_stops_the_others(smpl, perceived, params):
    settings = FitSettings(keypoint_steps=30, silhouette_steps=2, displacement_steps=1)
    found = recover_photos(smpl, [perceived[1], perceived[0], perceived[2]], finder=body_finder(settings=settings))
    assert found[0] == (SIZE, "no person was found")
    assert found[2][0] == (0, 0) and isinstance(found[2][1], str) and ";" not in found[2][1]
    size, body = found[1]
    assert size == SIZE and isinstance(body, FoundBody)
    assert body.mask_iou > 0.6 and body.keypoint_error < 0.05
    points = smpl.coco_keypoints(smpl(params.theta, params.beta).vertices)
    expected = 0.5 * project(points, params.psi, (256, 128))[0, :, :2] + torch.tensor([-3.0, 4.0])
    np.testing.assert_allclose(body.keypoints[:, :2], expected, atol=1e-3)


def hmr_theta(body, params, psi):
    """As HMR writes what we see: y down, looking along +Z, so half a turn about X and back."""
    half = np.diag([1.0, -1.0, -1.0])
    from habitus.body.rotations import axis_angle_to_matrix, matrix_to_axis_angle

    theta = params.theta.clone()
    theta[:, 0] = matrix_to_axis_angle(torch.tensor(half, dtype=torch.float32) @ axis_angle_to_matrix(theta[:, 0]))
    root = float(body.rest_joints(params.beta)[0, 0, 1])
    camera = [psi[0], psi[1], -psi[2] - 2 * root]
    return np.concatenate([camera, theta.reshape(-1), params.beta[0]]).astype(np.float32)[None]


@pytest.mark.parametrize("shape", [SIZE, (60, 120)])
def test_hmr_sees_a_square_about_the_photo(smpl, params, tmp_path, shape):
    """Where a point of the body lies in the square, it lies in the photo within it."""
    square = (120, 120)
    psi = [0.8, 0.1, -0.05]
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.pkl").write_bytes(pickle.dumps({"theta": hmr_theta(smpl, params, psi)}))
    found = hmr_folder(tmp_path, smpl)("a/one.jpg", shape).params
    seen = BodyParams(params.theta, params.beta, params.delta, torch.tensor([psi]))
    shift = torch.tensor([(120 - shape[1]) / 2, (120 - shape[0]) / 2])
    torch.testing.assert_close(pixels(smpl, found, shape), pixels(smpl, seen, square) - shift, atol=1e-2, rtol=0)
    with pytest.raises(InputError, match=r"no file of two\.jpg is in"):
        hmr_folder(tmp_path, smpl)("a/two.jpg", shape)


def smplmarket(folder, body, params, psi, name):
    """As SMPLMarket's files are: y down, a far camera of focal length 5000 at 224."""
    vertices = body(params.theta, params.beta).vertices[0].numpy() * np.array([1, -1, -1])
    camera = [psi[1], -psi[2], 2 * 5000 / (224 * psi[0])]
    (folder / "SMPL_RSC/pkl").mkdir(parents=True, exist_ok=True)
    content = [vertices.astype(np.float32), np.array(camera, np.float32)]
    (folder / f"SMPL_RSC/pkl/{name}.pkl").write_bytes(pickle.dumps(content))


def test_smplmarkets_vertices_become_parameters(smpl, params, tmp_path):
    psi = [0.8, 0.1, -0.05]
    smplmarket(tmp_path, smpl, params, psi, "one")
    parts = tmp_path / "part_seg_EANet/train"
    parts.mkdir(parents=True)
    cv2.imwrite(str(parts / "one.png.png"), np.eye(SIZE[0], SIZE[1], dtype=np.uint8) * 5)
    imported = smplmarket_folder(tmp_path, smpl)("train/one.jpg", SIZE)
    seen = BodyParams(params.theta, params.beta, params.delta, torch.tensor([psi]))
    torch.testing.assert_close(pixels(smpl, imported.params, SIZE), pixels(smpl, seen, SIZE), atol=1e-2, rtol=0)
    torch.testing.assert_close(imported.params.beta, params.beta, atol=1e-2, rtol=0)
    assert imported.mask is not None and (imported.mask > 0).sum() == SIZE[1]
    (tmp_path / "SMPL_RSC/pkl/two.pkl").write_bytes(
        pickle.dumps([np.zeros((3, 3), np.float32), np.zeros(3, np.float32)])
    )
    with pytest.raises(InputError, match=r"two\.pkl: is no list of vertices"):
        smplmarket_folder(tmp_path, smpl)("two.jpg", SIZE)


def test_imported_bodies_get_masks_and_missing_cameras(smpl, params, crop, perceived, tmp_path):
    expected = in_photo(params, crop, SIZE)
    save_params(tmp_path / "one.npz", replace_psi(params, float("nan")), topology="smpl")
    with np.load(tmp_path / "one.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name != "psi"}
    np.savez(tmp_path / "one.npz", **arrays)
    save_params(tmp_path / "nobody.npz", expected, topology="smpl")
    names = [path.name for path in perceived]
    found = [body for _, body in import_photos(smpl, perceived, names, hmr_folder(tmp_path, smpl))]
    assert isinstance(found[0], FoundBody) and isinstance(found[1], FoundBody) and isinstance(found[2], str)
    torch.testing.assert_close(found[0].params.psi, expected.psi, atol=1e-2, rtol=0)
    assert found[0].mask_iou > 0.9
    np.testing.assert_array_equal(found[0].mask, mask_in_photo(crop, SIZE))
    # Nobody is perceived, but the file knows somebody: the body itself is the mask.
    assert np.abs(found[1].mask.astype(float) - mask_in_photo(crop, SIZE)).mean() < 8
    assert not found[1].keypoints.any()


def replace_psi(params, value):
    return BodyParams(params.theta, params.beta, params.delta, torch.full_like(params.psi, value))
