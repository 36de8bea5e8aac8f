"""Real body parameters, which a discriminator tells a network's from (3DSL, section 3.3): of motion capture, of files
of SMPL's parameters, or of the people of made worlds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from habitus.body.archives import read_shapes
from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.mocap_files import Motion, is_subject, open_motion, read_motion
from habitus.recovery.parameter_files import load_poses
from habitus.synthetic.people.look import draw_beta
from habitus.synthetic.photos.making import look_of, style_of
from habitus.synthetic.photos.mesh import mesh_of
from habitus.synthetic.photos.posing import build_of
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.poses.clearance import cleared, girth_of
from habitus.synthetic.poses.turning import turned
from habitus.synthetic.worlds.world import World, refuse_held_out

log = logging.getLogger("habitus")

MADE = "made"
"""The source that needs no files."""
_RATE = 10.0
"""Frames a second: poses nearer in time hardly differ."""
_POSES_EACH = 8
"""Of a made person: one who is looked at in fewer costs as much."""
_DRAW, _POSE = 61, 62
"""Streams of random numbers that never meet."""


@dataclass(frozen=True, eq=False)
class RealBodies:
    """Poses and builds of people."""

    theta: Float32[np.ndarray, "M 24 3"]
    """Axis-angle, radians."""
    beta: Float32[np.ndarray, "M 10"]
    """Standard deviations of the body's population."""

    def __len__(self) -> int:
        return len(self.theta)


def real_bodies(source: str | Path, body: BodyModel, *, seed: int, most: int = 50_000) -> RealBodies:
    """Bodies of real people, or of such as are made.

    - A folder (or file) of AMASS: frames, about ten a second, of all its files; people stand upright in our axes (+Y
      up) before a level camera, at headings drawn evenly (`mocap_files.read_motion`).
    - A folder (or file) of SMPL's parameters that `parameter_files` reads, .npz or .pkl, HMR's among them: all people,
      as the files have them. A folder may hold both kinds.
    - "made": `most` poses of people as made worlds draw them, at headings drawn evenly. They are the first people of
      the world of this seed, naked, so their arms hang a little nearer to the trunk than in clothes.

    Betas mean something to one topology only. Those of SMPL-H's files are taken for SMPL's (they share the body, and
    AMASS tells them of the model of the subject's sex, as everybody does). For another body than the files' (the open
    body; SMPL-X's files for SMPL) poses are taken and every build is drawn from the body's own population; the log
    says so.

    Args:
        source: "made", or where the files are.
        body: that the parameters are for.
        seed: of what is drawn; of "made" the world's.
        most: how many, at most; of more a part is drawn evenly, and no more than that is ever held in memory, but for
            one file at a time.

    Raises:
        InputError: no such files, one that is damaged or of another layout, or "made" of a seed that is held out.
    """
    if most < 1:
        raise ValueError(f"most {most}: must be at least 1")
    if source == MADE:
        return _made(body, seed, most)
    files = [_opened(path, body) for path in _files(Path(source))]
    ends = np.cumsum([file.count for file in files])
    rng = np.random.default_rng((_DRAW, seed))
    total = int(ends[-1])
    chosen = np.arange(total) if total <= most else np.sort(rng.choice(total, most, replace=False))
    theta, beta = np.empty((len(chosen), 24, 3), np.float32), np.empty((len(chosen), 10), np.float32)
    starts = np.searchsorted(chosen, ends - [file.count for file in files])
    stops = np.searchsorted(chosen, ends)
    for file, end, start, stop in zip(files, ends.tolist(), starts.tolist(), stops.tolist(), strict=True):
        if start < stop:
            theta[start:stop], beta[start:stop] = file.read(chosen[start:stop] - (end - file.count), rng)
    strange = sorted({file.topology for file in files} - {body.topology})
    if strange:
        log.warning(
            "%s: holds builds of %s, not of %r; its poses are taken, and builds are drawn from the body's population",
            source, " and ".join(strange), body.topology,
        )  # fmt: skip
    return RealBodies(theta, beta)


@dataclass(frozen=True)
class _File:
    """Some bodies on disk."""

    count: int
    topology: str
    read: Callable[
        [Int64[np.ndarray, "M"], np.random.Generator],
        tuple[Float32[np.ndarray, "M 24 3"], Float32[np.ndarray, "M 10"]],
    ]
    """Those of some rows; with whatever must be drawn."""


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"{source}: there is no such folder or file; give AMASS's, SMPL parameters, or {MADE!r}")
    found = sorted(p for p in source.rglob("*") if p.suffix.lower() in {".npz", ".pkl"} and not p.name.startswith("."))
    found = [path for path in found if not is_subject(path)]
    if not found:
        raise InputError(f"{source}: holds no .npz or .pkl; give a folder of AMASS or of SMPL parameters, or {MADE!r}")
    return found


def _opened(path: Path, body: BodyModel) -> _File:
    """A file of either kind: SMPL's parameters bear SMPL's own names, or have 72 numbers a pose."""
    if path.suffix.lower() == ".npz":
        shapes = read_shapes(path, ("poses", "body_pose", "global_orient"))
        if "poses" in shapes and shapes["poses"][-1:] != (72,):
            return _of_motion(open_motion(path, rate=_RATE), body)
        if not shapes:
            raise InputError(
                f"{path}: has no poses; give AMASS's own .npz, or SMPL parameters (global_orient, body_pose)"
            )
    return _of_parameters(path, body)


def _of_motion(motion: Motion, body: BodyModel) -> _File:
    def read(rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        theta, beta = read_motion(motion, rows, rng.uniform(-np.pi, np.pi, len(rows)))
        known = motion.topology == body.topology
        return theta, np.broadcast_to(beta, (len(rows), 10)) if known else _builds(rng, len(rows))

    return _File(motion.frames, motion.topology, read)


def _of_parameters(path: Path, body: BodyModel) -> _File:
    theta, _, topology = load_poses(path)

    def read(rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        theta, beta, _ = load_poses(path)  # again: all files together may be more than memory holds
        return theta[rows], beta[rows] if topology == body.topology else _builds(rng, len(rows))

    return _File(len(theta), topology, read)


def _builds(rng: np.random.Generator, count: int) -> Float32[np.ndarray, "M 10"]:
    return np.stack([draw_beta(rng) for _ in range(count)])


def _made(body: BodyModel, seed: int, most: int) -> RealBodies:
    world = World(seed=seed)
    refuse_held_out(world, where=f"{MADE!r} bodies")
    people = [_person(body, world.person_seed(number)) for number in range(-(-most // _POSES_EACH))]
    theta, beta = (np.concatenate([getattr(person, name) for person in people]) for name in ("theta", "beta"))
    return RealBodies(theta[:most], beta[:most])


def _person(body: BodyModel, seed: int) -> RealBodies:
    """Some poses of one made person."""
    beta, style = look_of(seed).beta, style_of(seed)
    build = build_of(mesh_of(body), beta, np.zeros((body.num_vertices, 3), np.float32))
    rng = np.random.default_rng((_POSE, seed))
    poses = [draw_pose(rng, style) for _ in range(_POSES_EACH)]
    thetas = cleared(poses, girth_of(body, build.vertices, build.joints))
    seen = [turned(theta, yaw=rng.uniform(-np.pi, np.pi)) for theta in thetas]
    return RealBodies(np.stack(seen).astype(np.float32), np.repeat(beta[None], len(seen), 0))
