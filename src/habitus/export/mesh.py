"""The mesh as real-time formats want it: one UV per vertex, at most four joints per vertex, feet on the ground."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.rotations import axis_angle_to_matrix
from habitus.rendering.shading import vertex_normals
from habitus.types import BodyParams

INFLUENCES = 4
"""Joints that move a vertex in glTF's first set, the only one that every reader has."""


@dataclass(frozen=True)
class SkinnedMesh:
    """One person in the rest pose, standing on y = 0, bound to the skeleton. Metres; V >= N because of UV seams."""

    positions: Float[np.ndarray, "V 3"]
    normals: Float[np.ndarray, "V 3"]
    uv: Float[np.ndarray, "V 2"]
    """(0, 0) is the lower left corner of the texture."""
    faces: Int[np.ndarray, "F 3"]
    joints: UInt8[np.ndarray, "V 4"]
    weights: Float[np.ndarray, "V 4"]
    rest_joints: Float[np.ndarray, "J 3"]
    parents: tuple[int, ...]
    source: Int[np.ndarray, "V"]
    """The body's vertex that each vertex is a copy of."""


def skinned_mesh(body: BodyModel, params: BodyParams) -> SkinnedMesh:
    """The shaped and dressed body (beta, delta) of one person, in the rest pose.

    A body with pose blend shapes loses them here: linear blend skinning is all that the formats have.
    """
    with torch.no_grad():
        rest = body.rest(params.beta, params.delta)[0]
        normals = unit_normals(rest, body.faces)
        rest_joints = body.rest_joints(params.beta)[0].cpu().numpy()
    vertices = rest.cpu().numpy()
    faces, uv_faces = body.faces.cpu().numpy(), body.uv_faces.cpu().numpy()
    source, uv_index, split_faces = split_seams(faces, uv_faces)
    joints, weights = strongest_joints(body.lbs_weights.cpu().numpy())
    ground = np.array([0, vertices[:, 1].min(), 0], np.float32)
    return SkinnedMesh(
        positions=(vertices - ground)[source],
        normals=normals[source],
        uv=body.uv.cpu().numpy()[uv_index],
        faces=split_faces,
        joints=joints[source],
        weights=weights[source],
        rest_joints=rest_joints - ground,
        parents=body.parents,
        source=source,
    )


def pose_mesh(
    mesh: SkinnedMesh, theta: Float[np.ndarray, "J 3"], root_offset: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "V 3"]:
    """Linear blend skinning as a reader of the file does it, with its four joints a vertex."""
    with torch.no_grad():
        turns = axis_angle_to_matrix(torch.as_tensor(theta)).double().numpy()
    rest = mesh.rest_joints.astype(np.float64)
    frames = np.tile(np.eye(4), (len(rest), 1, 1))
    for joint, parent in enumerate(mesh.parents):
        frames[joint, :3, :3] = turns[joint]
        frames[joint, :3, 3] = rest[joint] + root_offset if parent < 0 else rest[joint] - rest[parent]
        if parent >= 0:
            frames[joint] = frames[parent] @ frames[joint]
    frames[:, :3, 3] -= (frames[:, :3, :3] @ rest[..., None])[..., 0]
    blended = np.einsum("vk,vkij->vij", mesh.weights, frames[mesh.joints])
    return np.einsum("vij,vj->vi", blended[:, :3, :3], mesh.positions) + blended[:, :3, 3]


def split_seams(
    faces: Int[np.ndarray, "F 3"], uv_faces: Int[np.ndarray, "F 3"]
) -> tuple[Int[np.ndarray, "V"], Int[np.ndarray, "V"], Int[np.ndarray, "F 3"]]:
    """Copy the vertices on UV seams, so that every vertex has one UV.

    Returns:
        For each new vertex its old vertex and its UV, and the faces over the new vertices.
    """
    pairs = np.stack([faces.reshape(-1), uv_faces.reshape(-1)], 1).astype(np.int64)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    return unique[:, 0], unique[:, 1], inverse.reshape(faces.shape)


def strongest_joints(
    lbs_weights: Float[np.ndarray, "N J"],
) -> tuple[UInt8[np.ndarray, "N 4"], Float[np.ndarray, "N 4"]]:
    """The four strongest joints of each vertex and their weights, which sum to one; an unused place is joint 0."""
    order = np.argsort(-lbs_weights, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(lbs_weights, order, 1).astype(np.float64)
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return np.where(weights > 0, order, 0).astype(np.uint8), weights


def unit_normals(vertices: Float[Tensor, "N 3"], faces: Int[Tensor, "F 3"]) -> Float[np.ndarray, "N 3"]:
    """Vertex normals of length 1, as file formats demand: straight up where the faces around have no area."""
    normals = vertex_normals(vertices[None], faces)[0].cpu().numpy()
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0.5, normals, np.array([0, 1, 0], np.float32))
