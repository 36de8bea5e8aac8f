"""Folder layouts of the real re-ID sets, names and all, and a plain table. Facts: each function's docstring.

A layout places every photo by who, what and where it shows; `lists` are the files that come beside the photos.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from habitus.errors import InputError
from habitus.synthetic.worlds.world import Shot, World, shots_of, split_of

Role = Literal["train", "val", "query", "gallery"]


@dataclass(frozen=True)
class Placed:
    """Where a photo goes."""

    shot: Shot
    role: Role
    path: PurePosixPath
    """Relative to the world's folder."""


@dataclass(frozen=True)
class Layout:
    """How a data set lies on disk."""

    root: str
    """The folder that readers of the real set are pointed at, or into."""
    place: Callable[[World, Shot, Role], PurePosixPath]
    """Path of a photo below `root`."""
    lists: Callable[[World, Iterable[Placed]], dict[str, str]]
    """Text files beside the photos: name below `root` -> contents."""
    check: Callable[[World], None]
    """Raises InputError when the real set's names cannot hold the world."""


def placed(layout: Layout, world: World, person: int) -> list[Placed]:
    """All photos of one person, each with its place."""
    shots = shots_of(world, person)
    return [
        Placed(shot, role, PurePosixPath(layout.root) / layout.place(world, shot, role))
        for shot, role in zip(shots, _roles(world, shots), strict=True)
    ]


def _roles(world: World, shots: list[Shot]) -> list[Role]:
    """Train, or query and gallery: of each outfit a quarter of the views are queries, no two by one camera.

    With PRCC's cameras those roles are: A the gallery; B and C the queries; of the training people one photo in five
    is for validation, as there.
    """
    if split_of(world, shots[0].person) == "train":
        if world.schedule == "prcc":
            return ["val" if shot.index % 5 == 4 else "train" for shot in shots]
        return ["train"] * len(shots)
    if world.schedule == "prcc":
        return ["gallery" if shot.camera == 0 else "query" for shot in shots]
    queries = max(1, world.views // 4) if world.views > 1 or world.outfits > 1 else 0
    taken: set[tuple[int, int]] = set()
    roles: list[Role] = []
    for shot in shots:
        first = (shot.outfit, shot.camera) not in taken and shot.view < queries
        if world.views == 1:
            first = shot.outfit == 0
        if first:
            taken.add((shot.outfit, shot.camera))
        roles.append("query" if first else "gallery")
    return roles


def _market(_: World, shot: Shot, role: Role) -> PurePosixPath:
    """`bounding_box_train/0002_c1s1_000451_03.jpg`: person, camera, sequence, frame, box; boxes of queries are 00."""
    folder = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}[role]
    frame = 1000 * shot.outfit + 25 * shot.view + 1
    box = 0 if role == "query" else 1
    name = f"{shot.person + 1:04d}_c{shot.camera + 1}s{shot.outfit + 1}_{frame:06d}_{box:02d}.jpg"
    return PurePosixPath(folder, name)


def _check_market(world: World) -> None:
    if world.cameras > 9:
        raise InputError(f"cameras {world.cameras}: Market-1501 has one digit for it; use at most 9, or --layout csv")
    if world.people > 9999:
        raise InputError(f"people {world.people}: Market-1501 names four digits; use at most 9999, or --layout csv")
    _check_free(world)


def _ltcc(world: World, shot: Shot, role: Role) -> PurePosixPath:
    """`train/094_1_c9_004554.png`: person, outfit, camera, frame."""
    folder = {"train": "train", "query": "query", "gallery": "test"}[role]
    frame = shot.index - shot.person * world.outfits * world.views + 1
    name = f"{shot.person + 1:03d}_{shot.outfit + 1}_c{shot.camera + 1}_{frame:06d}.png"
    return PurePosixPath(folder, name)


def _ltcc_lists(world: World, photos: Iterable[Placed]) -> dict[str, str]:
    """The people of each part, those who change clothes and those who do not, one number a line."""
    people: dict[str, set[int]] = {"train": set(), "test": set()}
    for photo in photos:
        people["train" if photo.role == "train" else "test"].add(photo.shot.person + 1)
    kept, empty = ("change", "unchange") if world.outfits > 1 else ("unchange", "change")
    lists = {f"info/cloth-{kept}_id_{part}.txt": "".join(f"{p}\n" for p in sorted(ids)) for part, ids in people.items()}
    return lists | {f"info/cloth-{empty}_id_{part}.txt": "" for part in people}


def _check_free(world: World) -> None:
    if world.schedule != "free":
        raise InputError("schedule prcc: belongs to --layout prcc; leave it away for other layouts")


def _prcc(world: World, shot: Shot, role: Role) -> PurePosixPath:
    """`train/001/A_cropped_rgb001.jpg`, but `test/A/001/cropped_rgb001.jpg`."""
    camera, pid = "ABC"[shot.camera], f"{shot.person + 1:03d}"
    number = shot.outfit * world.views + shot.view + 1
    if role in ("train", "val"):
        return PurePosixPath(role, pid, f"{camera}_cropped_rgb{number:03d}.jpg")
    return PurePosixPath("test", camera, pid, f"cropped_rgb{number:03d}.jpg")


def _check_prcc(world: World) -> None:
    if world.schedule != "prcc":
        raise InputError("layout prcc: needs the world's schedule prcc, three cameras and two outfits")


def _table(_: World, shot: Shot, _role: Role) -> PurePosixPath:
    """`images/00042/1_3_c5.png`: person, outfit, view, camera."""
    name = f"{shot.outfit + 1}_{shot.view + 1}_c{shot.camera + 1}.png"
    return PurePosixPath("images", f"{shot.person + 1:05d}", name)


def _table_lists(world: World, photos: Iterable[Placed]) -> dict[str, str]:
    """One row a photo; clothes ids are unique over people and outfits."""
    lines = ["path,pid,camid,clothes_id,split"]
    for photo in photos:
        shot = photo.shot
        lines.append(f"{photo.path},{shot.person + 1},{shot.camera + 1},{shot.clothes_id(world) + 1},{photo.role}")
    return {"images.csv": "\n".join(lines) + "\n"}


def _no_lists(_: World, _photos: Iterable[Placed]) -> dict[str, str]:
    return {}


LAYOUTS: dict[str, Layout] = {
    "market1501": Layout("Market-1501-v15.09.15", _market, _no_lists, _check_market),
    "ltcc": Layout("LTCC_ReID", _ltcc, _ltcc_lists, _check_free),
    "prcc": Layout("prcc/rgb", _prcc, _no_lists, _check_prcc),
    "csv": Layout("", _table, _table_lists, _check_free),
}
