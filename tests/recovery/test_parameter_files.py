import pickle

import numpy as np
import pytest
import torch

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.parameter_files import load_params, save_params
from habitus.rendering.camera import project
from habitus.types import BodyParams


@pytest.fixture(scope="module")
def body():
    return BodyModel.load()


@pytest.fixture(scope="module")
def smpl():
    """The open body under SMPL's name: files of SMPL parameters are read for it."""
    from dataclasses import replace

    return BodyModel(replace(load_body_data(), topology="smpl"))


def random_params(body, people=2):
    generator = torch.Generator().manual_seed(0)
    return BodyParams(
        0.4 * torch.randn(people, 24, 3, generator=generator),
        torch.randn(people, 10, generator=generator),
        0.01 * torch.randn(people, body.num_vertices, 3, generator=generator),
        torch.tensor([[0.9, 0.1, -0.2]]).repeat(people, 1),
    )


def test_round_trip(body, tmp_path):
    params = random_params(body)
    save_params(tmp_path / "p.npz", params, topology=body.topology)
    again = load_params(tmp_path / "p.npz", body)
    for name in ("theta", "beta", "delta", "psi"):
        torch.testing.assert_close(getattr(again, name), getattr(params, name))


def test_saved_names_are_smpls(body, tmp_path):
    save_params(tmp_path / "p.npz", random_params(body), topology=body.topology)
    with np.load(tmp_path / "p.npz") as saved:
        assert saved["global_orient"].shape == (2, 3)
        assert saved["body_pose"].shape == (2, 69)
        assert saved["betas"].shape == (2, 10)


def test_hmr_camera_gives_the_same_picture(smpl, tmp_path):
    """HMR projects s (X + t) with y down, on a body whose root turns it upside down: the pixels must agree."""
    params = random_params(smpl)
    theta = torch.cat([params.psi, params.theta.flatten(1), params.beta], 1).numpy()
    with (tmp_path / "hmr.pkl").open("wb") as file:
        pickle.dump({"theta": theta}, file)
    found = load_params(tmp_path / "hmr.pkl", smpl)

    theirs = smpl(params.theta, params.beta).vertices
    s, tx, ty = params.psi.unbind(1)
    expected_x = 112 + s[:, None] * 112 * (theirs[..., 0] + tx[:, None])
    expected_y = 112 + s[:, None] * 112 * (theirs[..., 1] + ty[:, None])
    ours = project(smpl(found.theta, found.beta).vertices, found.psi, (224, 224))
    torch.testing.assert_close(ours[..., 0], expected_x, atol=2e-3, rtol=0)
    torch.testing.assert_close(ours[..., 1], expected_y, atol=2e-3, rtol=0)


def arrays(**changes):
    good = {
        "global_orient": np.zeros((1, 3)),
        "body_pose": np.zeros((1, 69)),
        "betas": np.zeros((1, 10)),
        "topology": np.array("habitus-open-1"),
    }
    return {k: v for k, v in (good | changes).items() if v is not None}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"body_pose": None}, "body_pose"),
        ({"betas": np.zeros((1, 7))}, "betas"),
        ({"body_pose": np.zeros((1, 68))}, "body_pose"),
        ({"global_orient": np.zeros((2, 3))}, "global_orient"),
        ({"betas": np.full((1, 10), np.nan)}, "NaN"),
        ({"betas": np.array([["a"] * 10])}, "betas"),
        ({"psi": np.array([[-1.0, 0, 0]])}, "psi"),
        ({"delta": np.zeros((1, 5, 3))}, "delta"),
        ({"topology": None}, "--body"),
        ({"topology": np.array("other")}, "other"),
    ],
)
def test_bad_arrays_get_one_line(body, tmp_path, changes, word):
    content = arrays(**({"topology": np.array(body.topology)} | changes))
    np.savez(tmp_path / "p.npz", **content)
    with pytest.raises(InputError) as error:
        load_params(tmp_path / "p.npz", body)
    assert "p.npz" in str(error.value)
    assert word in str(error.value)
    assert "\n" not in str(error.value)


def test_pickled_objects_in_npz_are_refused(body, tmp_path):
    np.savez(tmp_path / "p.npz", betas=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match=r"p\.npz"):
        load_params(tmp_path / "p.npz", body)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"not a zip"])
def test_broken_files_get_one_line(body, tmp_path, content):
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"p\.npz: is not a readable"):
        load_params(tmp_path / "p.npz", body)


def test_missing_file(body, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_params(tmp_path / "none.npz", body)
