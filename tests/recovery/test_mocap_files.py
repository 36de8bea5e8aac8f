"""AMASS's files, written here in their official layouts; turned roots against scipy's rotations."""

import numpy as np
import pytest
from amass_files import smplh, smplx
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from habitus.errors import InputError
from habitus.recovery.mocap_files import is_subject, open_motion, read_motion


def motion_of(path):
    return open_motion(path, rate=10)


def test_frames_are_about_ten_a_second(tmp_path):
    for rate, frames, step, expected in ((120.0, 121, 12, 11), (100, 100, 10, 10), (59.94, 60, 6, 10), (8.0, 5, 1, 5)):
        smplh(tmp_path / "a_poses.npz", frames=frames, mocap_framerate=np.array(rate))
        motion = motion_of(tmp_path / "a_poses.npz")
        assert (motion.step, motion.frames, motion.topology) == (step, expected, "smpl")


@pytest.mark.parametrize(("write", "topology"), [(smplh, "smpl"), (smplx, "smplx")])
def test_the_body_is_taken_and_hands_rest(tmp_path, write, topology):
    poses = write(tmp_path / "a.npz", frames=121)
    motion = motion_of(tmp_path / "a.npz")
    assert motion.topology == topology
    theta, beta = read_motion(motion, np.array([0, 3, 10]), np.zeros(3))
    assert theta.dtype == beta.dtype == np.float32
    body = poses[[0, 36, 120], 3:66].reshape(3, 21, 3)
    np.testing.assert_allclose(theta[:, 1:22], body, atol=1e-6)
    assert not theta[:, 22:].any()
    np.testing.assert_allclose(beta, np.linspace(-1, 1, 16)[:10], atol=1e-6)


@given(where=st.floats(-3.1, 3.1), lean=st.floats(-1.0, 1.0), tilt=st.floats(-0.5, 0.5), heading=st.floats(-3.1, 3.1))
@settings(max_examples=25, deadline=None)
def test_people_stand_upright_at_the_heading_that_is_asked_for(tmp_path_factory, where, lean, tilt, heading):
    """Whoever leans in a world with +Z up, facing anywhere, leans alike in ours after turning by the heading."""
    posture = Rotation.from_euler("ZX", [tilt, lean])  # faces along +Z: its own +Z has no x
    posture = Rotation.from_rotvec([0, -np.arctan2(*posture.apply([0, 0, 1])[[0, 2]]), 0]) * posture
    studio = Rotation.from_rotvec([0, 0, where]) * Rotation.from_rotvec([np.pi / 2, 0, 0]) * posture
    path = tmp_path_factory.getbasetemp() / "turned.npz"
    poses = np.zeros((1, 156))
    poses[0, :3] = studio.as_rotvec()
    smplh(path, poses=poses)
    theta, _ = read_motion(motion_of(path), np.array([0]), np.array([heading]))
    expected = Rotation.from_rotvec([0, heading, 0]) * posture
    difference = Rotation.from_rotvec(theta[0, 0].astype(np.float64)).inv() * expected
    assert difference.magnitude() < 1e-5


def test_files_of_subjects_are_known_by_name(tmp_path):
    names = ("shape.npz", "neutral_stagei.npz", "walk_poses.npz", "walk_stageii.npz")
    assert [is_subject(tmp_path / name) for name in names] == [True, True, False, False]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"poses": None}, "has no poses"),
        ({"poses": np.zeros((5, 66))}, r"poses are \(5, 66\), AMASS's are \(F, 156\)"),
        ({"poses": np.zeros((0, 156))}, r"poses are \(0, 156\)"),
        ({"betas": None}, "betas"),
        ({"betas": np.zeros((5, 16))}, r"betas are \(5, 16\)"),
        ({"mocap_framerate": None}, "has no mocap_framerate; give AMASS's own"),
        ({"mocap_framerate": np.array(0.0)}, r"mocap_framerate is 0\.0, no number of frames"),
        ({"mocap_framerate": np.array("fast")}, "no number of frames"),
        ({"poses": np.full((5, 156), np.nan)}, "no finite numbers"),
        ({"poses": np.full((5, 156), "a")}, "no finite numbers"),
    ],
)
def test_other_layouts_get_one_line(tmp_path, changes, words):
    smplh(tmp_path / "a.npz", **changes)
    with pytest.raises(InputError, match=words) as caught:
        motion = motion_of(tmp_path / "a.npz")
        read_motion(motion, np.arange(motion.frames), np.zeros(motion.frames))
    assert "a.npz" in str(caught.value) and "\n" not in str(caught.value)


def test_damaged_files(tmp_path):
    smplh(tmp_path / "a.npz", frames=50)
    whole = (tmp_path / "a.npz").read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 30):
        (tmp_path / "a.npz").write_bytes(whole[:length])
        with pytest.raises(InputError, match="not a whole"):
            motion_of(tmp_path / "a.npz")
