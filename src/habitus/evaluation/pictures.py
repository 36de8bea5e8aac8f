"""Ranked lists as pictures: each query with what was found, right ones framed green, wrong ones red."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from jaxtyping import Float, Int64, UInt8

from habitus.data.decoding import decode
from habitus.data.records import Records
from habitus.errors import InputError
from habitus.evaluation.protocols import Found, RankedList
from habitus.export.pictures import INK, PAPER, contact_sheet

GREEN, RED = (46, 139, 87), (205, 58, 52)
TILE = (176, 88)
"""Pixels (H, W) that a photo is fitted into."""
_FRAME, _GAP = 4, 10
_NO_PHOTO = (225, 222, 216)

Bodies = Mapping[Path, UInt8[np.ndarray, "S S 3"]]
"""Square pictures of the bodies in photos."""


def pick_some(precision: Float[np.ndarray, "Q"], people: Int64[np.ndarray, "Q"], count: int, *, seed: int) -> list[int]:
    """Queries at random, no two of one person before every person has one.

    Args:
        precision: average precision of each query, NaN for skipped ones, which are not picked.
        people: who each query shows.
        count: at most so many.
        seed: of the choice.

    Returns:
        Rows of the queries, in the order of the set.
    """
    order = np.random.default_rng(seed).permutation(len(precision))
    return sorted(_one_a_person(order, precision, people, count))


def pick_hardest(precision: Float[np.ndarray, "Q"], people: Int64[np.ndarray, "Q"], count: int) -> list[int]:
    """The queries of the lowest average precision, the worst first, no two of one person before every person has one.

    Args and returned rows as of `pick_some`.
    """
    return _one_a_person(np.argsort(precision, kind="stable"), precision, people, count)


def _one_a_person(
    order: Int64[np.ndarray, "Q"], precision: Float[np.ndarray, "Q"], people: Int64[np.ndarray, "Q"], count: int
) -> list[int]:
    scored = order[~np.isnan(precision[order])]
    turn = np.zeros(len(scored), np.int64)  # the how-manieth query of its person each is
    seen: dict[int, int] = {}
    for place, pid in enumerate(people[scored].tolist()):
        turn[place] = seen[pid] = seen.get(pid, -1) + 1
    return scored[np.argsort(turn, kind="stable")][:count].tolist()


def draw_lists(
    lists: Sequence[RankedList],
    query: Records,
    gallery: Records,
    *,
    columns: int,
    title: str,
    bodies: Bodies = MappingProxyType({}),
) -> UInt8[np.ndarray, "H W 3"]:
    """A sheet: a row for each list.

    Args:
        lists: at least one.
        query: what their query rows refer to.
        gallery: what the rows of what was found refer to.
        columns: gallery photos in a row; a list's first match may follow, wherever it stands.
        title: a line above all.
        bodies: square pictures of the bodies in photos, below these; none: photos alone.
    """
    farther = any(ranked.match is not None for ranked in lists)
    pictures, labels = [], []
    for ranked in lists:
        cells = [query_cell(ranked, query, bodies), *(found_cell(found, gallery, bodies) for found in ranked.first)]
        cells += [_EMPTY] * (1 + columns - len(cells))
        if farther:
            cells.append(_EMPTY if ranked.match is None else found_cell(ranked.match, gallery, bodies))
        pictures += [picture for picture, _ in cells]
        labels += [label for _, label in cells]
    return contact_sheet(pictures, labels, columns=columns + 1 + farther, title=title, text_size=11)


Cell = tuple[UInt8[np.ndarray, "H W 3"], str]
"""A picture and the lines below it."""


def query_cell(ranked: RankedList, query: Records, bodies: Bodies) -> Cell:
    """The query, framed in ink."""
    picture = _framed_photo(query.paths[ranked.query], INK, bodies)
    return picture, "\n".join((f"query, AP {100 * ranked.precision:.0f} %", *facts(query, ranked.query)))


def found_cell(found: Found, gallery: Records, bodies: Bodies) -> Cell:
    """What was found, framed green or red."""
    picture = _framed_photo(gallery.paths[found.row], GREEN if found.hit else RED, bodies)
    return picture, "\n".join((f"{found.rank}: {found.distance:.3f}", *facts(gallery, found.row)))


def facts(records: Records, row: int) -> tuple[str, str]:
    """Who a photo shows by which camera, and in what: two lines, the second empty where clothes are not labelled."""
    clothes = "" if records.clothes_ids is None else f"clothes {records.clothes_ids[row]}"
    return f"id {records.pids[row]}, cam {records.camids[row]}", clothes


def thumbnail(path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """A photo that fits into `TILE`; a blank one where it cannot be read any more."""
    try:
        photo = decode(path)
    except InputError:
        return np.full((*TILE, 3), _NO_PHOTO, np.uint8)
    scale = min(TILE[0] / photo.shape[0], TILE[1] / photo.shape[1])
    height, width = fitted((photo.shape[0], photo.shape[1]), TILE)
    return cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def fitted(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The largest (H, W) of a picture's proportions that fits into a room."""
    scale = min(room[0] / size[0], room[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def placed(picture: UInt8[np.ndarray, "h w 3"], room: tuple[int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """A picture in the middle of paper of (H, W)."""
    paper = np.full((*room, 3), PAPER, np.uint8)
    height, width = picture.shape[:2]
    top, left = (room[0] - height) // 2, (room[1] - width) // 2
    paper[top : top + height, left : left + width] = picture
    return paper


def _framed_photo(path: Path, colour: tuple[int, int, int], bodies: Bodies) -> UInt8[np.ndarray, "H W 3"]:
    """A photo, and where there are bodies its own below it, as wide as the tile; paper where it has none."""
    if not bodies:
        return framed(thumbnail(path), colour)
    body = bodies.get(path, np.full((1, 1, 3), PAPER, np.uint8))
    below = cv2.resize(body, (TILE[1], TILE[1]), interpolation=cv2.INTER_AREA)
    return framed(np.concatenate([placed(thumbnail(path), TILE), below]), colour)


def framed(picture: UInt8[np.ndarray, "h w 3"], colour: tuple[int, int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """A picture in the middle of a tile with a frame; one that is higher has a higher tile."""
    inside = placed(picture, (max(TILE[0], picture.shape[0]), TILE[1]))
    tile = np.full((inside.shape[0] + 2 * _FRAME, inside.shape[1] + 2 * _FRAME, 3), colour, np.uint8)
    tile[_FRAME:-_FRAME, _FRAME:-_FRAME] = inside
    return tile


_EMPTY: Cell = (np.full((1, 1, 3), PAPER, np.uint8), "")
