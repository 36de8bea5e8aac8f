"""What the renderer needs to know of a mesh's faces, worked out once per tensor of faces."""

import weakref
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Topology:
    """Faces and the edges between them."""

    faces: Int[Tensor, "F 3"]
    """int32, contiguous, all indices >= 0."""
    edges: Int[Tensor, "E 2"]
    """int32, lower vertex first, sorted."""
    edge_faces: Int[Tensor, "E 2"]
    """int32, the two faces of an edge; -1 as the second marks a border, or a further face of an edge that more than
    two share."""
    edge_turns: Int[Tensor, "E 2"]
    """int32, 1 where that face walks the edge from its lower vertex to the higher, -1 the other way, 0 for no face."""
    num_vertices: int
    """The highest index + 1."""


_known: dict[int, tuple["weakref.ref[Tensor]", int, Topology]] = {}


def topology_of(faces: Int[Tensor, "F 3"]) -> Topology:
    """The topology of `faces`; the same tensor, unchanged, is looked at once.

    Raises:
        ValueError: not integers shaped (F, 3), or a negative index.
    """
    key = id(faces)
    entry = _known.get(key)
    if entry is not None and entry[0]() is faces and entry[1] == faces._version:
        return entry[2]
    topology = _build(faces.detach())
    reference = weakref.ref(faces, lambda _: _known.pop(key, None))
    _known[key] = (reference, faces._version, topology)
    return topology


def _build(faces: Tensor) -> Topology:
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.is_floating_point():
        raise ValueError(f"faces must be integers shaped (F, 3), not {faces.dtype} {tuple(faces.shape)}")
    if len(faces) and int(faces.min()) < 0:
        raise ValueError("faces must not contain negative vertex indices")
    count = int(faces.max()) + 1 if len(faces) else 0
    wide = faces.long()
    pairs = torch.stack((wide, wide.roll(-1, dims=1)), dim=-1).reshape(-1, 2)
    code = pairs.amin(dim=1) * count + pairs.amax(dim=1)
    code, order = torch.sort(code, stable=True)
    owner = order // 3
    turn = torch.where(pairs[:, 0] < pairs[:, 1], 1, -1)[order]
    # Runs of equal codes are the faces round one edge: pair them two by two, the odd one out meets -1.
    starts = torch.ones_like(code, dtype=torch.bool)
    starts[1:] = code[1:] != code[:-1]
    position = torch.arange(len(code), device=code.device)
    run_start = torch.cummax(torch.where(starts, position, torch.zeros_like(position)), dim=0).values
    first = (position - run_start) % 2 == 0
    partner, partner_turn = torch.full_like(owner, -1), torch.zeros_like(turn)
    partner[:-1] = torch.where(code[1:] == code[:-1], owner[1:], partner[:-1])
    partner_turn[:-1] = torch.where(code[1:] == code[:-1], turn[1:], partner_turn[:-1])
    edge_faces = torch.stack((owner, partner), dim=1)[first]
    edge_turns = torch.stack((turn, partner_turn), dim=1)[first]
    edges = torch.stack((code[first] // max(count, 1), code[first] % max(count, 1)), dim=1)
    return Topology(
        faces=faces.to(torch.int32).contiguous(),
        edges=edges.to(torch.int32).contiguous(),
        edge_faces=edge_faces.to(torch.int32).contiguous(),
        edge_turns=edge_turns.to(torch.int32).contiguous(),
        num_vertices=count,
    )
