"""The parts of a body that have a local shape feature of their own, overlapping smoothly (3DSL's MGS).

The paper's groups of vertices are not published: head, upper body and legs, from the body's regions, are our reading.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.neighbours import neighbour_average

PARTS: dict[str, tuple[str, ...]] = {
    "head": ("hair", "face", "neck"),
    "upper body": ("torso", "upper_arm", "forearm", "hand"),
    "legs": ("thigh", "calf", "foot"),
}
"""From the top down, as the stripes of a picture; kinds of regions, left and right alike."""
OVERLAP = 12
"""Rounds of averaging with the neighbouring vertices: parts blend into each other over some 10 cm."""


def part_weights(body: BodyModel) -> Float[Tensor, "parts N"]:
    """How much each part has to say about each vertex; of every vertex they sum to one."""
    of_face = np.array([_part_of(name) for name in body.regions])[body.face_region.cpu().numpy()]
    faces = body.faces.cpu().numpy()
    members = np.zeros((body.num_vertices, len(PARTS)))
    np.add.at(members, (faces.ravel(), np.repeat(of_face, 3)), 1)
    # A vertex that no face touches belongs to the last part; skinning has it nowhere.
    members[members.sum(1) == 0, -1] = 1
    weights = members / members.sum(1, keepdims=True)
    average = neighbour_average(faces, body.num_vertices)
    for _ in range(OVERLAP):
        weights = average @ weights
    return torch.as_tensor((weights / weights.sum(1, keepdims=True)).T, dtype=torch.float32, device=body.faces.device)


def _part_of(region: str) -> int:
    kind = region.removeprefix("left_").removeprefix("right_")
    return next(number for number, kinds in enumerate(PARTS.values()) if kind in kinds)
