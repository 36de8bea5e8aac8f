"""Meshes for the renderer's tests and benchmark: spheres, and a person of capsules with a body's number of faces."""

import math

import numpy as np
import torch


def sphere(rings: int = 84, segments: int = 82) -> tuple[torch.Tensor, torch.Tensor]:
    """A closed UV sphere of radius 1: vertices (N, 3), faces (F, 3) counter-clockwise seen from outside."""
    points, quads = [(0.0, 1.0, 0.0)], []
    for i in range(1, rings):
        for j in range(segments):
            polar, turn = math.pi * i / rings, 2 * math.pi * j / segments
            points.append((math.sin(polar) * math.sin(turn), math.cos(polar), math.sin(polar) * math.cos(turn)))
    points.append((0.0, -1.0, 0.0))
    last = len(points) - 1

    def at(i: int, j: int) -> int:
        return 1 + (i - 1) * segments + j % segments

    for j in range(segments):
        quads.append((0, at(1, j), at(1, j + 1)))
        quads.append((last, at(rings - 1, j + 1), at(rings - 1, j)))
        for i in range(1, rings - 1):
            quads.append((at(i, j), at(i + 1, j), at(i + 1, j + 1)))
            quads.append((at(i, j), at(i + 1, j + 1), at(i, j + 1)))
    return torch.tensor(points), torch.tensor(quads)


def capsule(start, end, radius: float, rings: int, segments: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A closed capsule from `start` to `end`."""
    start, end = torch.tensor(start), torch.tensor(end)
    points, faces = sphere(rings, segments)
    length = torch.linalg.norm(end - start)
    axis = (end - start) / length
    points = points * radius
    # Spread the middle rings along the shaft: the upper half goes up by the length, smoothly over two rings.
    points[:, 1] += length * (0.5 + 0.5 * torch.tanh(points[:, 1] / radius * 1.6) / math.tanh(1.6))
    up = axis
    helper = torch.tensor([1.0, 0.0, 0.0]) if abs(float(axis[0])) < 0.9 else torch.tensor([0.0, 0.0, 1.0])
    front = torch.linalg.cross(helper, up)
    front = front / torch.linalg.norm(front)
    right = torch.linalg.cross(up, front)
    return points @ torch.stack((right, up, front)) + start, faces


def capsule_person(fineness: int = 1) -> tuple[torch.Tensor, torch.Tensor, dict[str, slice]]:
    """A person 1.75 m tall of capsules, with about the 6,890 vertices and 13,776 faces of a body at fineness 1.

    Returns vertices (N, 3), centred on the pelvis, faces (F, 3), and the vertices of each part.
    """
    parts = {
        "torso": capsule((0.0, -0.05, 0.0), (0.0, 0.42, 0.0), 0.17, 40, 48),
        "head": capsule((0.0, 0.62, 0.02), (0.0, 0.72, 0.02), 0.10, 26, 30),
        "left_arm": capsule((0.2, 0.45, 0.0), (0.62, 0.05, 0.05), 0.05, 44, 18),
        "right_arm": capsule((-0.2, 0.45, 0.0), (-0.62, 0.05, 0.05), 0.05, 44, 18),
        "left_leg": capsule((0.1, -0.1, 0.0), (0.16, -0.85, 0.03), 0.075, 50, 26),
        "right_leg": capsule((-0.1, -0.1, 0.0), (-0.16, -0.85, -0.03), 0.075, 50, 26),
    }
    vertices, faces, where, count = [], [], {}, 0
    for name, (points, triangles) in parts.items():
        where[name] = slice(count, count + len(points))
        vertices.append(points)
        faces.append(triangles + count)
        count += len(points)
    return torch.cat(vertices), torch.cat(faces), where


def cylinder_uv(vertices: torch.Tensor) -> torch.Tensor:
    """Some smooth UV in [0, 1] without a seam in front: x and y, scaled."""
    low, high = vertices.amin(0), vertices.amax(0)
    flat = (vertices - low) / (high - low)
    return flat[:, :2].clamp(0.02, 0.98)


def turned(vertices: torch.Tensor, angles) -> torch.Tensor:
    """The mesh turned about the vertical by each angle: (B, N, 3)."""
    c, s = np.cos(angles), np.sin(angles)
    zero, one = np.zeros_like(c), np.ones_like(c)
    turn = np.stack([np.stack([c, zero, s], -1), np.stack([zero, one, zero], -1), np.stack([-s, zero, c], -1)], -2)
    return torch.einsum("bij,nj->bni", torch.from_numpy(turn).to(vertices.dtype), vertices)
