"""What one standard deviation of each shape component does to a silhouette, once the height is normalised away.

    python benchmarks/bench_body_population.py [--sheet people.png]

Bodies with hanging arms are scaled to 230 pixels of a 256 x 128 crop, as a detector's crop does, and drawn 8 times
larger. Displacement: distance between the outlines of beta = +1 and beta = -1, halved, over the outline, in pixels of
the crop. Area: pixels that change, in percent of the person's.

Then the spread of the bodies themselves beside that of people who were measured.
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import numpy as np
import torch
from PIL import Image
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.spatial import ConvexHull

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.render import render
from habitus.rendering.shading import Lambert

HEIGHT, TALL, FINER = 256, 230, 8
ARMS_DOWN = 1.25
VIEWS = {"front": 0.0, "side": np.pi / 2}
DENSITY = 1000.0
"""Of a body, kg / m3."""
MEASURED = {
    "stature, cm": (9.2, 9.7),
    "body mass index, kg/m2": (3.9, 4.1),
    "waist circumference, cm": (11.3, 13.0),
    "hip circumference, cm": (7.6, 7.5),
    "waist / hip, %": (7.1, 8.0),
    "shoulder breadth, % of mean": (8.0, None),
    "leg / stature, %": (1.5, None),
}
"""Standard deviations over men and women alike: ANSUR II (Gordon et al. 2014, NATICK/TR-15/007: 4,082 men and 1,986
women of the US Army; biacromial breadth and trochanterion height, which our shoulder and hip joints stand for), and
Oxford Biobank (PMC5965665, table 1: 2,119 men and 2,831 women of 30 to 50, from quartiles). Soldiers are leaner and
more alike than adults at large."""


def standing(body: BodyModel, beta: torch.Tensor, turn: float) -> torch.Tensor:
    """Vertices (B, N, 3) of bodies with hanging arms, turned about the vertical, all of the same height."""
    theta = torch.zeros(len(beta), body.num_joints, 3)
    theta[:, 0, 1] = turn
    theta[:, 16, 2], theta[:, 17, 2] = -ARMS_DOWN, ARMS_DOWN
    vertices = body(theta, beta).vertices
    low, high = vertices.amin(1, keepdim=True), vertices.amax(1, keepdim=True)
    return (vertices - (low + high) / 2) / (high - low)[..., 1:2]


def silhouettes(body: BodyModel, beta: torch.Tensor, turn: float) -> np.ndarray:
    """Masks (B, H, W) at `FINER` times the crop's resolution."""
    psi = torch.tensor([[2 * TALL / HEIGHT, 0.0, 0.0]]).expand(len(beta), 3)
    size = (HEIGHT * FINER, HEIGHT // 2 * FINER)
    return rasterize(project(standing(body, beta, turn), psi, size), body.faces, size).mask.numpy()


def compare(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95th percentile of half the distance between outlines, crop pixels; half the changed area, percent."""
    outline, other_outline = (mask & ~np.asarray(binary_erosion(mask), dtype=bool) for mask in (one, other))
    away = np.asarray(distance_transform_edt(~other_outline))[outline] / FINER / 2
    return float(away.mean()), float(np.quantile(away, 0.95)), 100 * (one ^ other).sum() / one.sum() / 2


def table(body: BodyModel) -> None:
    """Print a line per component."""
    print("component   height    front: mean   p95  area     side: mean   p95  area")
    print("                mm           px    px     %            px    px     %")
    beta = torch.eye(body.num_betas)
    tops = [np.ptp(body.rest(sign * beta).numpy()[..., 1], axis=1) for sign in (1, -1)]
    masks = {view: [silhouettes(body, sign * beta, turn) for sign in (1, -1)] for view, turn in VIEWS.items()}
    for k in range(body.num_betas):
        cells = [compare(masks[view][0][k], masks[view][1][k]) for view in VIEWS]
        figures = "".join(f"{mean:13.1f} {p95:5.1f} {area:5.1f} " for mean, p95, area in cells)
        print(f"{k + 1:9d} {1000 * (tops[0][k] - tops[1][k]) / 2:8.0f}{figures}")
    random = torch.randn(200, 2, body.num_betas, generator=torch.Generator().manual_seed(0)).clamp(-2, 2)
    for view, turn in VIEWS.items():
        pairs = [compare(*silhouettes(body, pair, turn))[0] * 2 for pair in random[:40]]
        print(f"two people at random, {view}: outlines {np.mean(pairs):.1f} px apart, least {np.min(pairs):.1f}")


def girth(vertices: np.ndarray, faces: np.ndarray, level: float) -> float:
    """Length of a tape measure held level around a body (N, 3) in the T-pose, metres."""
    ends = vertices[np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2)]
    height = ends[..., 1] - level
    crossing = (height[:, 0] < 0) & (height[:, 1] >= 0)
    part = (height[crossing, 0] / (height[crossing, 0] - height[crossing, 1]))[:, None]
    points = ends[crossing, 0] * (1 - part) + ends[crossing, 1] * part
    return float(ConvexHull(points[:, ::2]).area)


def measures(body: BodyModel, beta: torch.Tensor) -> np.ndarray:
    """What `MEASURED` lists, of each person (B, len(MEASURED))."""
    posed = body(torch.zeros(len(beta), body.num_joints, 3), beta)
    faces = body.faces.numpy()
    rows = []
    for vertices, joints in zip(posed.vertices.double().numpy(), posed.joints.double().numpy(), strict=True):
        low, high = vertices[:, 1].min(), vertices[:, 1].max()
        a, b, c = vertices[faces].swapaxes(0, 1)
        volume = (a * np.cross(b, c)).sum() / 6
        hips, pelvis, chest = joints[1:3, 1].mean(), joints[0, 1], joints[9, 1]
        waist = girth(vertices, faces, pelvis + 0.45 * (chest - pelvis))
        hip = max(girth(vertices, faces, level) for level in np.linspace(hips - 0.08, pelvis, 8))
        stature = high - low
        shoulders = joints[16, 0] - joints[17, 0]
        mass_index = DENSITY * volume / stature**2
        leg = (hips - low) / stature
        rows.append([100 * stature, mass_index, 100 * waist, 100 * hip, 100 * waist / hip, shoulders, 100 * leg])
    result = np.array(rows)
    result[:, 5] *= 100 / result[:, 5].mean()
    return result


def spread(body: BodyModel) -> None:
    """Print how people at random differ beside how measured people do."""
    beta = torch.randn(300, body.num_betas, generator=torch.Generator().manual_seed(2))
    found = measures(body, beta)
    print("over people at random              mean  deviation   ANSUR II   Oxford Biobank")
    for values, (name, (soldiers, citizens)) in zip(found.T, MEASURED.items(), strict=True):
        other = "" if citizens is None else f"{citizens:17.1f}"
        print(f"{name:32s} {values.mean():7.1f} {values.std():10.1f} {soldiers:10.1f}{other}")


def sheet(body: BodyModel, path: Path) -> None:
    """A picture: each component at -2 and +2, then people drawn at random with betas clipped at 2."""
    extremes = torch.cat([torch.stack([-2 * row, 2 * row]) for row in torch.eye(body.num_betas)])
    random = torch.randn(30, body.num_betas, generator=torch.Generator().manual_seed(1)).clamp(-2, 2)
    rows = []
    for beta in torch.cat([extremes, random]).split(10):
        for turn in (0.4, np.pi / 2, np.pi - 0.3):
            psi = torch.tensor([[2 * TALL / HEIGHT, 0.0, 0.0]]).expand(len(beta), 3)
            grey = torch.full((3, 4, 4), 0.75)
            drawn = render(
                standing(body, beta, turn), body.faces, psi, uv=body.uv, uv_faces=body.uv_faces,
                texture=grey.expand(len(beta), 3, 4, 4), size=(384, 192), shading=Lambert(),
            )  # fmt: skip
            rows.append(torch.cat(list(drawn.image), dim=2))
    picture = (torch.cat(rows, dim=1).permute(1, 2, 0).clamp(0, 1).numpy() * 255).astype(np.uint8)
    Image.fromarray(picture).save(path)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--body", type=Path, help="a body file; the open body by default")
    parser.add_argument("--sheet", type=Path, help="draw extremes and random people into this PNG")
    options = parser.parse_args()
    body = BodyModel.load(options.body)
    with torch.inference_mode():
        table(body)
        spread(body)
        if options.sheet:
            sheet(body, options.sheet)


if __name__ == "__main__":
    main()
