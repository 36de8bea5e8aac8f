"""M(beta, theta, delta): a body of given build, in given clothes, in a given pose (3DSL section 3.1; SMPL, 2015)."""

import itertools
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from habitus.body.assets import BodyData, load_body_data
from habitus.body.rotations import axis_angle_to_matrix


class Frames(NamedTuple):
    """Where the joints of a batch of bodies are and how they are turned."""

    rotations: Float[Tensor, "B J 3 3"]
    """Each joint relative to its parent."""
    transforms: Float[Tensor, "B J 4 4"]
    """Joint frames in the posed space, metres."""
    rest_joints: Float[Tensor, "B J 3"]
    """Metres."""


class Posed(NamedTuple):
    """A batch of posed bodies, metres."""

    vertices: Float[Tensor, "B N 3"]
    joints: Float[Tensor, "B J 3"]
    transforms: Float[Tensor, "B J 4 4"]
    """Joint frames in the posed space."""
    rest_joints: Float[Tensor, "B J 3"]


class BodyModel(nn.Module):
    """A parametric body of one topology: the open body that ships with Habitus, or the user's SMPL file.

    Everything is a buffer: the module follows `.to(device)` and has nothing to train. N, F, J and the regions are
    those of the file; ask the body, never write them down.

    >>> body = BodyModel.load()
    >>> posed = body(torch.zeros(2, body.num_joints, 3), torch.zeros(2, body.num_betas))
    >>> posed.vertices.shape == (2, body.num_vertices, 3)
    True
    """

    v_template: Tensor
    faces: Tensor
    shapedirs: Tensor
    posedirs: Tensor | None
    J_regressor: Tensor
    lbs_weights: Tensor
    uv: Tensor
    uv_faces: Tensor
    face_region: Tensor
    coco_regressor: Tensor

    def __init__(self, data: BodyData):
        super().__init__()
        self.topology = data.topology
        self.regions = tuple(data.regions)
        self.parents = tuple(int(p) for p in data.parents)
        self._levels, self._from_levels = _levels(self.parents)
        for name in ("v_template", "shapedirs", "J_regressor", "lbs_weights", "uv", "coco_regressor"):
            self.register_buffer(name, torch.as_tensor(getattr(data, name), dtype=torch.float32), persistent=False)
        for name in ("faces", "uv_faces", "face_region"):
            self.register_buffer(name, torch.as_tensor(getattr(data, name), dtype=torch.int64), persistent=False)
        has_correctives = data.posedirs is not None and bool((data.posedirs != 0).any())
        correctives = torch.as_tensor(data.posedirs, dtype=torch.float32) if has_correctives else None
        self.register_buffer("posedirs", correctives, persistent=False)
        # Joints and keypoints are linear in (beta, delta): regress template and basis once, not N vertices per call.
        self.register_buffer("_rest_joints", self.J_regressor @ self.v_template, persistent=False)
        directions = torch.einsum("jn,nck->jck", self.J_regressor, self.shapedirs)
        self.register_buffer("_joint_directions", directions, persistent=False)

    @classmethod
    def load(cls, path: str | Path | None = None) -> "BodyModel":
        """The open body, or the SMPL file at `path` (.npz or .pkl).

        Raises:
            InputError: the file is missing, broken, or holds arrays of other shapes than a body needs.
        """
        return cls(load_body_data(path))

    @property
    def num_vertices(self) -> int:
        """N."""
        return self.v_template.shape[0]

    @property
    def num_faces(self) -> int:
        """F."""
        return self.faces.shape[0]

    @property
    def num_joints(self) -> int:
        """J, 24."""
        return len(self.parents)

    @property
    def num_betas(self) -> int:
        """Shape coefficients, 10."""
        return self.shapedirs.shape[-1]

    def rest(self, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"] | None = None) -> Float[Tensor, "B N 3"]:
        """T(beta, delta): the unposed surface, metres."""
        vertices = self.v_template + (beta @ self.shapedirs.flatten(0, 1).T).unflatten(1, (-1, 3))
        return vertices if delta is None else vertices + delta

    def rest_joints(self, beta: Float[Tensor, "B 10"]) -> Float[Tensor, "B J 3"]:
        """J(beta), metres. Clothes do not move the skeleton, so delta has no part in it."""
        joints: Tensor = self.get_buffer("_rest_joints")
        return joints + torch.einsum("jck,bk->bjc", self.get_buffer("_joint_directions"), beta)

    def forward(
        self,
        theta: Float[Tensor, "B J 3"],
        beta: Float[Tensor, "B 10"],
        delta: Float[Tensor, "B N 3"] | None = None,
    ) -> Posed:
        """Pose a batch of bodies, differentiable in everything.

        The root turns about its own joint and stays where the rest pose has it: translation belongs to the camera.

        Args:
            theta: axis-angle, radians, joint 0 the root.
            beta: shape, standard deviations.
            delta: displacement in the rest pose, metres; None means naked.
        """
        frames = self.frames(theta, beta)
        vertices = self.pose(frames, beta, delta)
        return Posed(vertices, frames.transforms[..., :3, 3], frames.transforms, frames.rest_joints)

    def pose(
        self, frames: Frames, beta: Float[Tensor, "B 10"], delta: Float[Tensor, "B N 3"] | None = None
    ) -> Float[Tensor, "B N 3"]:
        """The surface on a posed skeleton, metres: the second half of `forward`."""
        vertices = self.rest(beta, delta)
        if self.posedirs is not None:
            vertices = vertices + pose_correctives(frames, self.posedirs)
        return skin(frames, vertices, self.lbs_weights)

    def frames(self, theta: Float[Tensor, "B J 3"], beta: Float[Tensor, "B 10"]) -> Frames:
        """Pose the skeleton alone, which is all that joints and keypoints need."""
        return self.turned_frames(axis_angle_to_matrix(theta), beta)

    def turned_frames(self, rotations: Float[Tensor, "B J 3 3"], beta: Float[Tensor, "B 10"]) -> Frames:
        """`frames` of rotation matrices, each joint relative to its parent: what networks say, whose gradients have no
        singular turn."""
        rest_joints = self.rest_joints(beta)
        offsets = torch.cat([rest_joints[:, :1], rest_joints[:, 1:] - rest_joints[:, list(self.parents[1:])]], 1)
        # Level by level down the tree: a few operations on many joints each instead of many on one.
        turns, places = [rotations[:, :1]], [offsets[:, :1]]
        for joints, parents in self._levels:
            above = turns[-1][:, parents]
            turns.append(above @ rotations[:, joints])
            places.append(places[-1][:, parents] + (above @ offsets[:, joints, :, None]).squeeze(-1))
        frames = torch.cat([torch.cat(turns, 1), torch.cat(places, 1)[..., None]], -1)[:, self._from_levels]
        last = torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=frames.dtype, device=frames.device)
        return Frames(rotations, torch.cat([frames, last.expand(*frames.shape[:2], 1, 4)], -2), rest_joints)

    def coco_keypoints(self, vertices: Float[Tensor, "B N 3"]) -> Float[Tensor, "B 17 3"]:
        """The COCO-17 keypoints of posed vertices, metres."""
        return self.coco_regressor @ vertices

    def vertex_region(self, name: str) -> Bool[Tensor, "N"]:
        """Which vertices touch a face of the named region; neighbouring regions share their border.

        Raises:
            KeyError: the body has no region of that name.
        """
        if name not in self.regions:
            raise KeyError(f"{name!r} is no region of this body; it has {', '.join(self.regions)}")
        touched = torch.zeros(self.num_vertices, dtype=torch.bool, device=self.faces.device)
        touched[self.faces[self.face_region == self.regions.index(name)].flatten()] = True
        return touched


def pose_correctives(frames: Frames, posedirs: Float[Tensor, "N 3 P"]) -> Float[Tensor, "B N 3"]:
    """Pose blend shapes: displacement in the rest pose that is linear in the joints' rotation matrices, metres."""
    identity = torch.eye(3, dtype=frames.rotations.dtype, device=frames.rotations.device)
    feature = (frames.rotations[:, 1:] - identity).flatten(1)
    return (feature @ posedirs.flatten(0, 1).T).unflatten(1, (-1, 3))


def skin(frames: Frames, vertices: Float[Tensor, "B N 3"], weights: Float[Tensor, "N J"]) -> Float[Tensor, "B N 3"]:
    """Linear blend skinning: every vertex of the rest pose follows its joints, metres."""
    transforms = frames.transforms
    # Skinning acts on points of the rest pose, so each frame first takes its rest joint to the origin.
    shift = transforms[..., :3, 3] - (transforms[..., :3, :3] @ frames.rest_joints[..., None]).squeeze(-1)
    per_joint = torch.cat([transforms[..., :3, :3], shift[..., None]], -1).flatten(2)
    blended = (weights @ per_joint).unflatten(-1, (3, 4))
    return (blended[..., :3] @ vertices[..., None]).squeeze(-1) + blended[..., 3]


def _levels(parents: tuple[int, ...]) -> tuple[list[tuple[list[int], list[int]]], list[int]]:
    """The kinematic tree by depth: joints of each level with their parents' places in the level above, and the order
    that puts joints, listed level by level, back by number."""
    depth = [0]
    for parent in parents[1:]:
        depth.append(depth[parent] + 1)
    by_depth = [[j for j, d in enumerate(depth) if d == level] for level in range(max(depth) + 1)]
    levels = [(joints, [above.index(parents[j]) for j in joints]) for above, joints in itertools.pairwise(by_depth)]
    listed = [j for joints in by_depth for j in joints]
    return levels, [listed.index(j) for j in range(len(parents))]
