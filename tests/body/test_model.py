import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from habitus.body.assets import BodyData, load_body_data
from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix

PARENTS = np.array([-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21])


BODY = BodyModel.load()  # hypothesis draws many examples, for which a fixture must not be made anew


@pytest.fixture
def body():
    return BODY


@pytest.fixture(scope="module")
def tiny():
    """A body of thirty vertices with pose blend shapes, in double precision: small enough for gradcheck."""
    generator = np.random.default_rng(0)
    weights = generator.random((30, 24)) ** 8
    regressor = generator.random((24, 30)) ** 4
    data = BodyData(
        topology="tiny",
        v_template=generator.normal(size=(30, 3)).astype(np.float32),
        faces=np.array([[i, (i + 1) % 30, (i + 2) % 30] for i in range(30)]),
        shapedirs=0.1 * generator.normal(size=(30, 3, 10)).astype(np.float32),
        posedirs=0.1 * generator.normal(size=(30, 3, 207)).astype(np.float32),
        J_regressor=(regressor / regressor.sum(1, keepdims=True)).astype(np.float32),
        lbs_weights=(weights / weights.sum(1, keepdims=True)).astype(np.float32),
        parents=PARENTS,
        uv=np.zeros((3, 2), np.float32),
        uv_faces=np.zeros((30, 3), np.int64),
        regions=("all",),
        face_region=np.zeros(30, np.int64),
        coco_regressor=np.eye(17, 30, dtype=np.float32),
    )
    return BodyModel(data).double()


def noise(*shape, scale=1.0, seed=0, dtype=torch.float32):
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_gradients_in_everything(tiny):
    theta = noise(2, 24, 3, scale=0.4, dtype=torch.float64).requires_grad_()
    beta = noise(2, 10, seed=1, dtype=torch.float64).requires_grad_()
    delta = noise(2, 30, 3, scale=0.1, seed=2, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda *p: (tiny(*p).vertices, tiny(*p).joints), (theta, beta, delta), fast_mode=True
    )


def test_gradients_at_the_rest_pose(tiny):
    """Where every rotation is zero: the usual start, and where a careless Rodrigues gives NaN."""
    theta = torch.zeros(1, 24, 3, dtype=torch.float64, requires_grad=True)
    beta = torch.zeros(1, 10, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda t: tiny(t, beta).vertices, theta, fast_mode=True)


def test_the_rest_pose_is_the_template(body):
    posed = body(torch.zeros(1, 24, 3), torch.zeros(1, 10))
    torch.testing.assert_close(posed.vertices[0], body.v_template, atol=1e-5, rtol=0)
    torch.testing.assert_close(posed.joints[0], body.J_regressor @ body.v_template, atol=1e-5, rtol=0)


def test_delta_is_added_in_the_rest_pose(body):
    """Clothes turn with the limb that wears them."""
    theta, beta = noise(1, 24, 3, scale=0.3), noise(1, 10)
    delta = noise(1, body.num_vertices, 3, scale=0.01)
    moved = body(theta, beta, delta).vertices - body(theta, beta).vertices
    turned = torch.einsum("nj,bjrc,bnc->bnr", body.lbs_weights, body(theta, beta).transforms[..., :3, :3], delta)
    torch.testing.assert_close(moved, turned, atol=1e-5, rtol=0)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_turning_the_root_turns_the_body_about_its_root_joint(seed):
    body = BODY
    theta = noise(1, 24, 3, scale=0.3, seed=seed)
    theta[:, 0] = 0
    turned = theta.clone()
    turned[:, 0] = noise(1, 3, seed=seed + 1)
    beta = noise(1, 10, seed=seed + 2)
    still, moved = body(theta, beta), body(turned, beta)
    root = still.joints[:, :1]
    expected = (still.vertices - root) @ axis_angle_to_matrix(turned[:, 0]).mT + root
    torch.testing.assert_close(moved.vertices, expected, atol=2e-5, rtol=0)


def test_bones_keep_their_length(body):
    posed = body(noise(4, 24, 3, scale=0.6), noise(4, 10))
    for joint, parent in enumerate(body.parents[1:], start=1):
        now = (posed.joints[:, joint] - posed.joints[:, parent]).norm(dim=1)
        then = (posed.rest_joints[:, joint] - posed.rest_joints[:, parent]).norm(dim=1)
        torch.testing.assert_close(now, then, atol=1e-5, rtol=1e-5)


def test_joints_follow_shape_but_not_clothes(body):
    beta = noise(1, 10)
    joints = body.J_regressor @ body.rest(beta)
    torch.testing.assert_close(body.rest_joints(beta), joints, atol=1e-5, rtol=0)
    dressed = body(torch.zeros(1, 24, 3), beta, noise(1, body.num_vertices, 3, scale=0.02))
    torch.testing.assert_close(dressed.joints, joints, atol=1e-5, rtol=0)


def test_people_of_a_batch_are_independent(body):
    theta, beta = noise(3, 24, 3, scale=0.3), noise(3, 10)
    together = body(theta, beta).vertices
    alone = torch.cat([body(theta[i : i + 1], beta[i : i + 1]).vertices for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_pose_blend_shapes_are_used_where_the_file_has_them(tiny):
    theta, beta = noise(1, 24, 3, dtype=torch.float64), torch.zeros(1, 10, dtype=torch.float64)
    with_them = tiny(theta, beta).vertices
    assert tiny.posedirs is not None
    correctives = tiny.posedirs
    tiny.posedirs = None
    without = tiny(theta, beta).vertices
    tiny.posedirs = correctives
    assert (with_them - without).norm(dim=-1).mean() > 0.05


def test_regions_cover_the_body(body):
    covered = torch.zeros(body.num_vertices, dtype=torch.bool)
    for region in body.regions:
        covered |= body.vertex_region(region)
    assert covered.all()
    with pytest.raises(KeyError, match="no region"):
        body.vertex_region("tail")


def test_the_left_is_at_plus_x(body):
    keypoints = body.coco_keypoints(body.v_template[None])[0]
    assert keypoints[5, 0] > 0 > keypoints[6, 0]
    assert keypoints[0, 2] > keypoints[[3, 4], 2].max()  # the nose is before the ears: facing +Z
    assert keypoints[0, 1] > keypoints[11, 1] > keypoints[15, 1]  # up is +Y


def test_sizes_come_from_the_file(body):
    data = load_body_data()
    assert (body.num_vertices, body.num_faces, body.num_joints, body.num_betas) == (
        len(data.v_template),
        len(data.faces),
        24,
        10,
    )
