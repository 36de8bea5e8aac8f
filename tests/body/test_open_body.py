"""The shipped body: a closed, symmetric surface with SMPL's layout, skinned, regressed and named sensibly."""

import numpy as np
import pytest
import torch

from habitus.body.assets import OPEN_BODY, BodyData, load_body_data
from habitus.body.model import BodyModel
from habitus.types import SMPL_JOINTS

FLIP = np.array([-1, 1, 1], np.float32)
MIRROR_JOINTS = [
    SMPL_JOINTS.index(n.replace("left", "x").replace("right", "left").replace("x", "right")) for n in SMPL_JOINTS
]


@pytest.fixture(scope="module")
def body() -> BodyData:
    return load_body_data()


@pytest.fixture(scope="module")
def mirror() -> np.ndarray:
    with np.load(OPEN_BODY) as file:
        return file["mirror_vertices"].astype(np.int64)


def directed_edges(faces: np.ndarray) -> np.ndarray:
    return np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def test_has_smpls_sizes(body: BodyData) -> None:
    assert body.topology == "habitus-open-1"
    assert body.v_template.shape == (6890, 3)
    assert body.faces.shape == (13776, 3)
    assert OPEN_BODY.stat().st_size < 3e6
    np.testing.assert_array_equal(
        body.parents, [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
    )


def test_is_a_closed_sphere_facing_outwards(body: BodyData) -> None:
    edges = directed_edges(body.faces)
    assert len(np.unique(edges, axis=0)) == len(edges)  # each edge once in each direction
    assert {tuple(e) for e in edges.tolist()} == {(b, a) for a, b in edges.tolist()}
    assert len(body.v_template) - len(edges) // 2 + len(body.faces) == 2
    assert len(np.unique(body.faces)) == len(body.v_template)
    assert volume(body.v_template, body.faces) > 0.03  # cubic metres, so faces are counter-clockwise from outside


def test_no_vertex_pinches_two_sheets(body: BodyData) -> None:
    # Around a manifold vertex the faces form one cycle: as many as it has neighbours, in one piece.
    following: dict[int, dict[int, int]] = {}
    for a, b, c in body.faces.tolist():
        for one, two, three in ((a, b, c), (b, c, a), (c, a, b)):
            following.setdefault(one, {})[two] = three
    for ring in following.values():
        start = at = next(iter(ring))
        for _ in range(len(ring)):
            at = ring[at]
        assert at == start
        walked = {start}
        while (at := ring[at]) != start:
            walked.add(at)
        assert len(walked) == len(ring)


def test_is_exactly_left_right_symmetric(body: BodyData, mirror: np.ndarray) -> None:
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(mirror)))
    np.testing.assert_array_equal(body.v_template[mirror], body.v_template * FLIP)
    np.testing.assert_array_equal(body.shapedirs[mirror], body.shapedirs * FLIP[:, None])
    faces = {tuple(sorted(face)) for face in body.faces.tolist()}
    assert all(tuple(sorted(face)) in faces for face in mirror[body.faces].tolist())
    np.testing.assert_allclose(body.lbs_weights[mirror][:, MIRROR_JOINTS], body.lbs_weights, atol=1e-6)
    np.testing.assert_allclose(body.J_regressor[MIRROR_JOINTS][:, mirror], body.J_regressor, atol=1e-6)


def test_stands_in_the_conventional_rest_pose(body: BodyData) -> None:
    joints = dict(zip(SMPL_JOINTS, body.J_regressor @ body.v_template, strict=True))
    np.testing.assert_allclose(joints["pelvis"], 0, atol=2e-3)  # the origin
    left, right = joints["left_wrist"], joints["left_shoulder"]
    assert left[0] > right[0] > 0  # the person's left is at +X
    arm = joints["left_wrist"] - joints["left_shoulder"]
    assert abs(arm[1]) + abs(arm[2]) < 0.02 * arm[0]
    low = body.v_template[:, 1] < body.v_template[:, 1].min() + 0.02
    assert joints["left_foot"][2] > joints["left_ankle"][2] + 0.08  # toes point to the front, +Z
    assert np.ptp(body.v_template[low, 2]) > 0.15  # heel and ball both touch the ground
    nose = body.coco_regressor[0] @ body.v_template
    assert nose[2] > joints["head"][2] + 0.08


def test_hands_are_relaxed(body: BodyData) -> None:
    wrist = body.J_regressor[20] @ body.v_template
    hand = body.v_template[body.lbs_weights[:, 22] > 0.9] - wrist
    reach = hand[:, 0].max()
    tips = hand[hand[:, 0] > reach - 0.02].mean(0)
    assert np.ptp(hand[:, 2]) < 0.65 * reach  # spread fingers and thumb make it 0.73
    assert 0.22 * reach < -tips[1] < 0.5 * reach  # curled towards the palm, which looks down


def test_skinning_weights_are_convex_and_few(body: BodyData) -> None:
    assert (body.lbs_weights >= 0).all()
    np.testing.assert_allclose(body.lbs_weights.sum(1), 1, atol=1e-5)
    assert (body.lbs_weights > 0).sum(1).max() <= 4
    assert (body.lbs_weights.max(0) > 0.4).all()  # every joint moves something


def test_joint_rows_follow_translations(body: BodyData) -> None:
    np.testing.assert_allclose(body.J_regressor.sum(1), 1, atol=1e-4)
    assert (np.count_nonzero(body.J_regressor, axis=1) <= 800).all()


def test_joints_lie_inside_the_body_for_all_builds(body: BodyData) -> None:
    rng = np.random.default_rng(0)
    for beta in rng.normal(size=(8, 10)).clip(-2, 2):
        vertices = body.v_template + body.shapedirs @ beta.astype(np.float32)
        for joint in body.J_regressor @ vertices:
            # The generalised winding number: 1 inside, 0 outside.
            a, b, c = (vertices[body.faces[:, k]] - joint for k in range(3))
            la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
            triple = (a * np.cross(b, c)).sum(1)
            denominator = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
            assert np.arctan2(triple, denominator).sum() / (2 * np.pi) > 0.9


def test_keypoints_are_convex_and_near_their_joints(body: BodyData) -> None:
    assert (body.coco_regressor >= 0).all()
    np.testing.assert_allclose(body.coco_regressor.sum(1), 1, atol=1e-5)
    keypoints = body.coco_regressor @ body.v_template
    joints = body.J_regressor @ body.v_template
    away = np.linalg.norm(keypoints[[5, 7, 9, 11, 13, 15]] - joints[[16, 18, 20, 1, 4, 7]], axis=1)
    assert away.max() < 0.015
    assert keypoints[1, 0] == pytest.approx(-keypoints[2, 0])
    assert keypoints[3, 0] > 0.06


def test_keypoints_follow_the_pose() -> None:
    model = BodyModel.load()
    theta = 0.4 * torch.randn(6, 24, 3, generator=torch.Generator().manual_seed(0))
    posed = model(theta, torch.zeros(6, 10))
    away = model.coco_keypoints(posed.vertices)[:, 5:] - posed.joints[:, [16, 17, 18, 19, 20, 21, 1, 2, 4, 5, 7, 8]]
    limbs = away.norm(dim=-1)[:, [0, 1, 2, 3, 4, 5, 8, 9, 10, 11]]
    assert limbs.mean() < 0.015  # metres
    assert limbs.max() < 0.05


def test_regions_part_the_surface(body: BodyData, mirror: np.ndarray) -> None:
    wanted = {"hair", "face", "neck", "torso"} | {
        f"{side}_{part}" for side in ("left", "right")
        for part in ("upper_arm", "forearm", "hand", "thigh", "calf", "foot")
    }  # fmt: skip
    assert set(body.regions) == wanted
    counts = np.bincount(body.face_region, minlength=len(body.regions))
    assert (counts > 50).all()
    centres = body.v_template[body.faces].mean(1)
    for region, name in enumerate(body.regions):
        mean = centres[body.face_region == region].mean(0)
        if name.startswith("left"):
            other = body.regions.index(name.replace("left", "right"))
            assert counts[region] == counts[other]
            assert mean[0] > 0.05
        elif not name.startswith("right"):
            assert abs(mean[0]) < 1e-6
    height = {name: centres[body.face_region == k, 1].mean() for k, name in enumerate(body.regions)}
    assert height["hair"] > height["face"] > height["neck"] > height["torso"] > height["left_thigh"]
    assert height["left_thigh"] > height["left_calf"] > height["left_foot"]


def test_each_region_is_nearly_one_piece(body: BodyData) -> None:
    for region in range(len(body.regions)):
        faces = body.faces[body.face_region == region]
        parent = {int(v): int(v) for v in np.unique(faces)}

        def root(v: int, parent: dict[int, int] = parent) -> int:
            while parent[v] != v:
                parent[v] = v = parent[parent[v]]
            return v

        for a, b, c in faces.tolist():
            parent[root(a)] = parent[root(b)] = root(c)
        sizes = np.unique([root(int(v)) for v in faces[:, 0]], return_counts=True)[1]
        assert sizes.max() > 0.97 * len(faces), body.regions[region]


def test_people_are_as_tall_as_people_are(body: BodyData) -> None:
    rng = np.random.default_rng(0)
    betas = rng.normal(size=(400, 10)).astype(np.float32)
    heights = np.ptp(body.v_template[:, 1] + betas @ body.shapedirs[:, 1].T, axis=1)
    assert heights.mean() == pytest.approx(1.74, abs=0.03)
    assert heights.std() == pytest.approx(0.09, abs=0.02)
    volumes = [volume(body.v_template + body.shapedirs @ beta, body.faces) for beta in betas[:100]]
    litres = 1000 * np.quantile(volumes, [0.05, 0.5, 0.95])
    assert 40 < litres[0] < 60 < litres[1] < 85 < litres[2] < 130


@pytest.mark.parametrize("sigma", [-2, 2])
def test_no_face_turns_over_at_two_sigma(sigma: int, body: BodyData) -> None:
    def normals(vertices: np.ndarray) -> np.ndarray:
        a, b, c = (vertices[body.faces[:, k]] for k in range(3))
        return np.cross(b - a, c - a)

    here = normals(body.v_template)
    for k in range(10):
        there = normals(body.v_template + sigma * body.shapedirs[..., k])
        cosine = (here * there).sum(1) / np.maximum(np.linalg.norm(here, axis=1) * np.linalg.norm(there, axis=1), 1e-12)
        assert (cosine < 0).mean() < 2e-3  # crevices of ears, nostrils and lips


def test_hanging_arms_keep_their_girth(body: BodyData) -> None:
    model = BodyModel.load()
    theta = torch.zeros(2, 24, 3)
    theta[1, 16, 2], theta[1, 17, 2] = -1.25, 1.25
    posed = model(theta, torch.zeros(2, 10)).vertices
    corners = posed[:, model.faces]
    area = torch.linalg.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0]).norm(dim=-1)
    arm = model.face_region == model.regions.index("left_upper_arm")
    before, after = area[:, arm].sum(1).tolist()
    assert after == pytest.approx(before, rel=0.12)
