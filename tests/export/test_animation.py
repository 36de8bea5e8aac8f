import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from habitus.body.rotations import axis_angle_to_matrix
from habitus.export.animation import JOINT, clips, quaternions
from habitus.export.mesh import pose_mesh, skinned_mesh


@pytest.fixture(scope="module")
def motions(body, person):
    return {clip.name: clip for clip in clips(body, person.params)}


def posed(body, person, clip):
    """Vertices of every key, where the clip puts them; and the joints."""
    params, count = person.params, len(clip.times)
    with torch.no_grad():
        out = body(torch.as_tensor(clip.theta), params.beta.expand(count, -1), params.delta.expand(count, -1, -1))
        ground = body.rest(params.beta, params.delta)[0, :, 1].min().numpy()
    shift = clip.root_offset[:, None] - np.array([0, ground, 0])
    return out.vertices.numpy() + shift, out.joints.numpy() + shift


def test_the_clips_and_their_lengths(motions):
    assert list(motions) == ["walk", "idle", "photo"]
    assert 0.9 < motions["walk"].times[-1] < 1.3
    for clip in motions.values():
        assert clip.times[0] == 0
        assert (np.diff(clip.times) > 0).all()
        assert len(clip.times) == len(clip.theta) == len(clip.root_offset)


@pytest.mark.parametrize("name", ["walk", "idle"])
def test_a_motion_ends_as_it_began_and_never_jumps(motions, name):
    clip = motions[name]
    first, last = (axis_angle_to_matrix(torch.as_tensor(clip.theta[i])) for i in (0, -1))
    assert torch.allclose(first, last, atol=1e-5)
    assert np.allclose(clip.root_offset[0], clip.root_offset[-1], atol=1e-5)
    turned = quaternions(clip.theta)
    steps = 2 * np.degrees(np.arccos(np.abs((turned[1:] * turned[:-1]).sum(-1)).clip(0, 1)))
    assert steps.max() < 25
    # Smooth through the seam: the step over it is like its neighbours.
    seam = np.abs(np.diff(np.concatenate([turned[-3:], turned[1:3]]), axis=0)).sum(-1)
    assert np.allclose(seam[1], seam[2], atol=0.12)


@pytest.mark.parametrize("name", ["walk", "idle", "photo"])
def test_the_lowest_point_is_on_the_ground(body, person, motions, name):
    vertices, _ = posed(body, person, motions[name])
    assert np.abs(vertices[..., 1].min(1)).max() < 1e-5


def test_the_photo_pose_is_the_recovered_one(person, motions):
    assert np.array_equal(motions["photo"].theta[0], person.params.theta[0].numpy())


def test_the_walk_has_the_signs_of_a_walk(body, person, motions):
    clip = motions["walk"]
    _, joints = posed(body, person, clip)
    half = len(clip.times) // 2
    left, right = (joints[:, JOINT[f"{side}_ankle"], 2] for side in ("left", "right"))
    # The left heel strikes first, ahead; half a stride later the right one.
    assert left[0] - right[0] > 0.3
    assert right[half] - left[half] > 0.3
    # Arms swing against the legs, elbows and knees bend the right way, hands hang beside the hips.
    left_hand, right_hand = (joints[:, JOINT[f"{side}_wrist"]] for side in ("left", "right"))
    assert right_hand[0, 2] - left_hand[0, 2] > 0.15
    assert left_hand[half, 2] - right_hand[half, 2] > 0.15
    assert (left_hand[:, 1] < joints[:, JOINT["left_elbow"], 1]).all()
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, JOINT[f"{side}_{j}"]] for j in ("hip", "knee", "ankle"))
        straight = hip + (ankle - hip) * 0.5
        assert ((knee - straight)[:, 2] > -0.02).all()  # knees point ahead
        shoulder, elbow, wrist = (joints[:, JOINT[f"{side}_{j}"]] for j in ("shoulder", "elbow", "wrist"))
        assert (((shoulder + wrist) / 2 - elbow)[:, 2] > 0).all()  # elbows point back


def test_the_foot_that_stands_moves_back_evenly(body, person, motions):
    """In place, the ground runs backwards under the standing foot: little sliding means an even speed."""
    clip = motions["walk"]
    vertices, _ = posed(body, person, clip)
    for side, start in (("left", 0.0), ("right", 0.5)):
        own = body.lbs_weights[:, [JOINT[f"{side}_ankle"], JOINT[f"{side}_foot"]]].sum(1).numpy() > 0.9
        phase = (clip.times[:-1] / clip.times[-1] - start) % 1
        stands = np.flatnonzero((phase > 0.08) & (phase < 0.5))
        stands = stands[np.argsort(phase[stands])]
        foot = vertices[:-1][stands][:, own]
        assert foot[..., 1].min(1).max() < 0.015  # the standing foot is on the ground
        speed = np.diff(foot[..., 2].mean(1)) / np.diff(phase[stands]) / clip.times[-1]
        assert (speed < 0).all()
        assert speed.std() < 0.12 * abs(speed.mean())


def test_idle_keeps_the_feet_where_they_are(body, person, motions):
    _, joints = posed(body, person, motions["idle"])
    for side in ("left", "right"):
        foot = joints[:, JOINT[f"{side}_foot"]]
        assert (np.ptp(foot, axis=0) < 0.004).all()


@pytest.mark.parametrize("name", ["walk", "idle"])
def test_hands_stay_clear_of_the_hips(body, person, motions, name):
    _, joints = posed(body, person, motions[name])
    rest = body.rest(person.params.beta, person.params.delta)[0].numpy()
    hips = np.abs(rest[np.abs(rest[:, 1] - body.rest_joints(person.params.beta)[0, 1, 1].item()) < 0.1, 0]).max()
    pelvis = joints[:, JOINT["pelvis"], 0]
    assert (joints[:, JOINT["left_wrist"], 0] - pelvis > hips).all()
    assert (pelvis - joints[:, JOINT["right_wrist"], 0] > hips).all()


@given(arrays(np.float64, (4, 2, 3), elements=st.floats(-3, 3)))
def test_quaternions_turn_as_the_axis_angles_do(theta):
    turned = quaternions(theta)
    assert np.allclose(np.linalg.norm(turned, axis=-1), 1, atol=1e-6)
    assert ((turned[1:] * turned[:-1]).sum(-1) > -1e-6).all()
    x, y, z, w = np.moveaxis(turned.astype(float), -1, 0)
    matrix = np.stack(
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
         2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
         2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1).reshape(4, 2, 3, 3)  # fmt: skip
    assert np.allclose(matrix, axis_angle_to_matrix(torch.as_tensor(theta)).numpy(), atol=1e-5)


def test_skinning_with_four_joints_poses_as_the_body_does(body, person, motions):
    mesh = skinned_mesh(body, person.params)
    for clip in motions.values():
        expected, _ = posed(body, person, clip)
        for key in (0, len(clip.times) // 3):
            mine = pose_mesh(mesh, clip.theta[key], clip.root_offset[key])
            assert np.abs(mine - expected[key][mesh.source]).max() < 1e-5
