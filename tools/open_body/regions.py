"""Named regions of the body as labels of its faces."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

REGIONS = (
    "hair", "face", "neck", "torso", "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand",
    "right_hand", "left_thigh", "right_thigh", "left_calf", "right_calf", "left_foot", "right_foot",
)  # fmt: skip
OF_JOINT = (
    "torso", "left_thigh", "right_thigh", "torso", "left_calf", "right_calf", "torso", "left_foot", "right_foot",
    "torso", "left_foot", "right_foot", "neck", "torso", "torso", "face", "left_upper_arm", "right_upper_arm",
    "left_forearm", "right_forearm", "left_hand", "right_hand", "left_hand", "right_hand",
)  # fmt: skip
"""Region of what each joint moves; the head is then split into face and hair."""

HAIRLINE = (
    (-0.12, 0.14), (-0.045, 0.2), (-0.03, 0.3), (-0.018, 0.5), (0.0, 0.6), (0.02, 0.6), (0.035, 0.66), (0.055, 0.8),
    (0.075, 0.84), (0.2, 0.86),
)  # fmt: skip
"""The lower border of the hair seen from the side: (z - ear z in metres at a head 0.23 m high, fraction of the head's
height above the chin), from the nape to the forehead."""


BAND, HAIR_BAND = 3, 4
"""How many rings of faces a border may move to become straighter; faces of the head are finer, so its hairline more."""
STAY = 0.01
"""Cost of relabelling a face, in parts of its perimeter, beside the length of the border."""


def label_faces(vertices: np.ndarray, faces: np.ndarray, weights: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Region (F,) of each face of the average body, left-right symmetric.

    Args:
        vertices: (N, 3) average body in the T-pose.
        weights: (N, 24) skinning weights.
    """
    belongs = np.zeros((24, len(REGIONS)))
    belongs[np.arange(24), [REGIONS.index(name) for name in OF_JOINT]] = 1
    label = (weights @ belongs)[faces].sum(1).argmax(1)
    head = label == REGIONS.index("face")
    label[head & _hairy(vertices, faces, head)] = REGIONS.index("hair")
    label = _symmetric(label, vertices, faces, mirror)
    return _symmetric(straighten(label, vertices, faces), vertices, faces, mirror)


def ear_vertices(vertices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The left ear: what stands out sideways from the head."""
    head = weights.argmax(1) == 15
    x = np.where(head, vertices[:, 0], 0)
    level = vertices[x.argmax(), 1]
    # The ear's shell is the only part of the head within a millimetre or so of its greatest width.
    return np.flatnonzero((x > 0.93 * x.max()) & (np.abs(vertices[:, 1] - level) < 0.05))


def _hairy(vertices: np.ndarray, faces: np.ndarray, head: np.ndarray) -> np.ndarray:
    points = vertices[np.unique(faces[head])]
    front = points[points[:, 2] > np.quantile(points[:, 2], 0.6)]
    top, chin = points[:, 1].max(), front[:, 1].min()
    height = top - chin
    ear = points[points[:, 0].argmax()]
    centre = vertices[faces].mean(1)
    z = (centre[:, 2] - ear[2]) * 0.23 / height
    border = np.interp(z, *np.array(HAIRLINE).T)
    level = (centre[:, 1] - chin) / height
    shell = (np.abs(centre[:, 0]) > 0.86 * ear[0]) & (np.abs(centre[:, 1] - ear[1]) < 0.2 * height)
    return (level > border) & ~(shell & (np.abs(z) < 0.032))


def straighten(label: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Labels (F,) whose borders follow the triangles' edges on short ways instead of in teeth.

    For two neighbouring regions at a time, the border within some rings is the minimum cut of the faces' dual graph,
    an edge of the mesh costing its length (the swap move of Boykov, Veksler and Zabih 2001).
    """
    one, two, length = _dual_edges(vertices, faces)
    around = np.bincount(np.r_[one, two], np.r_[length, length], len(faces))
    label = label.copy()
    pairs = np.unique(np.sort(np.stack([label[one], label[two]], 1), 1), axis=0)
    for a, b in pairs[pairs[:, 0] != pairs[:, 1]].tolist():
        band = HAIR_BAND if {REGIONS[a], REGIONS[b]} == {"hair", "face"} else BAND
        label = _cut_anew(label, (a, b), (one, two, length), stay=STAY * around, band=band)
    return label


def _dual_edges(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two faces at each edge of a closed surface, and its length."""
    ends = np.sort(np.stack([faces, np.roll(faces, -1, 1)], -1).reshape(-1, 2), 1)
    order = np.lexsort(ends.T)
    owner = np.repeat(np.arange(len(faces)), 3)[order]
    edge = ends[order[::2]]
    return owner[::2], owner[1::2], np.linalg.norm(vertices[edge[:, 0]] - vertices[edge[:, 1]], axis=1)


def _cut_anew(
    label: np.ndarray,
    pair: tuple[int, int],
    edges: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    stay: np.ndarray,
    band: int,
) -> np.ndarray:
    """The shortest border between two regions, which else stay as they are."""
    one, two, length = edges
    count = len(label)
    free = np.zeros(count, bool)
    border = np.isin(label[one], pair) & np.isin(label[two], pair) & (label[one] != label[two])
    free[one[border]] = free[two[border]] = True
    for _ in range(band - 1):
        touches = free[one] | free[two]
        free[one[touches]] = free[two[touches]] = True
    free &= np.isin(label, pair)
    source, sink = count, count + 1
    within = np.isin(label[one], pair) & np.isin(label[two], pair)
    first, last = np.flatnonzero(label == pair[0]), np.flatnonzero(label == pair[1])
    bound = np.where(free, stay, length.sum())
    rows = np.r_[one[within], two[within], np.full(len(first), source), last]
    columns = np.r_[two[within], one[within], first, np.full(len(last), sink)]
    cost = np.r_[length[within], length[within], bound[first], bound[last]]
    capacity = sparse.csr_array((np.round(1e6 * cost).astype(np.int32), (rows, columns)), (count + 2, count + 2))
    flow = csgraph.maximum_flow(sparse.csr_matrix(capacity), source, sink).flow
    residual = sparse.csr_matrix(capacity - flow)
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = np.zeros(count + 2, bool)
    reached[csgraph.breadth_first_order(residual, source, return_predecessors=False)] = True
    result = label.copy()
    result[free] = np.where(reached[:count], pair[0], pair[1])[free]
    return result


def _symmetric(label: np.ndarray, vertices: np.ndarray, faces: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Copy the labels of the left half to the right half."""
    swap = np.array([
        REGIONS.index(n.replace("left", "right") if "left" in n else n.replace("right", "left")) for n in REGIONS
    ])  # fmt: skip
    index = {tuple(sorted(face)): k for k, face in enumerate(faces.tolist())}
    mate = np.array([index[tuple(sorted(face))] for face in mirror[faces].tolist()])
    right = vertices[faces, 0].sum(1) < 0
    return np.where(right, swap[label[mate]], label)
