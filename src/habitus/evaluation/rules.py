"""Which photos of the gallery count for a query: the rule of Market-1501, and CAL's rules for changed and same clothes.

Of the gallery's photos of the query's person a rule takes some as good (to be found) and the others as junk (as if they
were not in the gallery). Photos of other people are never junk.

| mode | good: same person, another camera, and | source |
|---|---|---|
| general | - | Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015 |
| cc | other clothes | Gu et al., "Clothes-Changing Person Re-identification with RGB Modality Only", CVPR 2022 |
| sc | the same clothes | as cc |
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64

from habitus.data.records import Mode
from habitus.errors import InputError
from habitus.evaluation.closeness import Rows

Rule = Callable[[Bool[np.ndarray, "n"], Bool[np.ndarray, "n"]], Bool[np.ndarray, "n"]]
"""Of pairs of photos of one person, (same camera, same clothes) -> good."""

RULES: dict[Mode, Rule] = {
    "general": lambda same_camera, _: ~same_camera,
    "cc": lambda same_camera, same_clothes: ~same_camera & ~same_clothes,
    "sc": lambda same_camera, same_clothes: ~same_camera & same_clothes,
}
"""What is not good is junk: each rule's junk is exactly the rest of the person's photos."""
GOOD_WORDS: dict[Mode, str] = {
    "general": "another camera",
    "cc": "another camera in other clothes",
    "sc": "another camera in the same clothes",
}
"""Where the rule looks for matches, in words."""
_PAIR_BYTES = 40
"""That looking up a pair takes; there are few, but where the whole gallery shows one person."""
_NEEDS_CLOTHES = ("cc", "sc")

Ids = Any
"""Whole numbers, one a photo: a list, an array or a tensor."""
IdsOfSide = tuple[Ids, Ids, Ids | None]
"""(people, cameras, clothes)."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Who is on each of M photos, by which camera, in which clothes."""

    pids: Int64[np.ndarray, "M"]
    camids: Int64[np.ndarray, "M"]
    clothes: Int64[np.ndarray, "M"] | None = None

    def __len__(self) -> int:
        return len(self.pids)


@dataclass(frozen=True, eq=False)
class SamePerson:
    """The gallery's photos of the people of B queries, as rows of a ragged table."""

    starts: Int64[np.ndarray, "B+1"]
    """Entries starts[b] to starts[b + 1] belong to query b."""
    items: Int64[np.ndarray, "n"]
    """Rows of the gallery, ascending for each query."""
    good: Bool[np.ndarray, "n"]
    """True: to be found. False: junk."""


class Matching:
    """Looks up, for some queries at a time, what is good and what is junk."""

    def __init__(self, query: Labels, gallery: Labels, mode: Mode) -> None:
        """Sort the gallery by person.

        Raises:
            InputError: there is no such mode, or it needs clothes and they are not given.
        """
        if mode not in RULES:
            raise InputError(f"mode: {mode!r} is no rule; choose one of {', '.join(RULES)}")
        if mode in _NEEDS_CLOTHES:
            for side, labels in (("query", query), ("gallery", gallery)):
                if labels.clothes is None:
                    raise InputError(
                        f"{side}_clothes: the rule {mode!r} compares clothes; give clothes ids, or use mode 'general'"
                    )
        self.query, self.gallery = query, gallery
        self.mode: Mode = mode
        self._by_person = np.argsort(gallery.pids, kind="stable")
        people = gallery.pids[self._by_person]
        self._first = np.searchsorted(people, query.pids, "left")
        self._count = np.searchsorted(people, query.pids, "right") - self._first

    @property
    def bytes_a_query(self) -> int:
        """That a query takes while it is scored: how close the gallery is, and the pairs of one person."""
        return max(4 * len(self.gallery), _PAIR_BYTES * int(self._count.max(initial=0)))

    def of(self, rows: Rows) -> SamePerson:
        """What is good and what is junk for some queries."""
        counts = self._count[rows]
        starts = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(starts[-1]) + np.repeat(self._first[rows] - starts[:-1], counts)
        items = self._by_person[places]
        queries = np.repeat(np.arange(len(self.query))[rows], counts)
        same_camera = self.gallery.camids[items] == self.query.camids[queries]
        if self.gallery.clothes is None or self.query.clothes is None:
            same_clothes = np.ones_like(same_camera)  # not asked for: the rule is "general"
        else:
            same_clothes = self.gallery.clothes[items] == self.query.clothes[queries]
        return SamePerson(starts, items, RULES[self.mode](same_camera, same_clothes))

    def nothing_to_find(self) -> str:
        """Why no query can be scored, in words."""
        unknown = int((self._count == 0).sum())
        return (
            f"no query can be scored by the rule {self.mode!r}: none of {len(self.query)} has a photo of its person "
            f"from {GOOD_WORDS[self.mode]} in the gallery, and {unknown} have no photo of their person in it at all; "
            "check the ids of people, cameras and clothes"
        )


def matching_of(shape: tuple[int, int], query: IdsOfSide, gallery: IdsOfSide, mode: Mode) -> Matching:
    """Check the ids of both sides and match them.

    Args:
        shape: (queries, photos of the gallery).
        query: people, cameras and clothes, a number each a query; clothes may be None.
        gallery: the same of the gallery's photos.
        mode: the rule.

    Raises:
        InputError: ids are not whole numbers, there are more or fewer of them than photos, or clothes are missing.
    """
    sides = []
    for side, length, ids in (("query", shape[0], query), ("gallery", shape[1], gallery)):
        pids, camids, clothes = ids
        sides.append(
            Labels(
                _whole_numbers(f"{side}_pids", pids, length),
                _whole_numbers(f"{side}_camids", camids, length),
                None if clothes is None else _whole_numbers(f"{side}_clothes", clothes, length),
            )
        )
    return Matching(sides[0], sides[1], mode)


def _whole_numbers(name: str, ids: Ids, length: int) -> Int64[np.ndarray, "M"]:
    if hasattr(ids, "detach"):  # a tensor, perhaps on a GPU
        ids = ids.detach().cpu().numpy()
    array = np.asarray(ids)
    if array.shape != (length,):
        raise InputError(f"{name}: shape {array.shape} does not fit {length} photos; give one number a photo")
    if not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"{name}: {array.dtype} is no type of ids; give whole numbers")
    return array.astype(np.int64, copy=False)
