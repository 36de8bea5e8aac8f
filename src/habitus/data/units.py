"""Units of K photos of one person, dealt from all their photos, and batches of P units of different people."""

import numpy as np
from jaxtyping import Int64

Rows = Int64[np.ndarray, "U K"]


def unit_count(photos: int, images: int) -> int:
    """Units of so many photos that some photos are dealt into: each photo is in one."""
    return -(-photos // images)


def changing_unit_count(outfits: Int64[np.ndarray, "n"], images: int) -> int:
    """Units that photos of a person are dealt into so that the most frequent outfit never fills one alone."""
    most = int(np.unique(outfits, return_counts=True)[1].max())
    return max(unit_count(len(outfits), images), unit_count(most, images - 1))


def deal(rows: Int64[np.ndarray, "n"], images: int, generator: np.random.Generator) -> Rows:
    """Photos in random order, cut into units; the last is filled with photos of the others, or repeats."""
    order = generator.permutation(rows)
    missing = unit_count(len(rows), images) * images - len(rows)
    earlier = generator.permutation(order[: len(rows) // images * images])
    return np.concatenate([order, np.resize(earlier if len(earlier) else order, missing)]).reshape(-1, images)


def deal_changing(
    rows: Int64[np.ndarray, "n"], outfits: Int64[np.ndarray, "n"], images: int, generator: np.random.Generator
) -> Rows:
    """Photos dealt into units that each hold two outfits at least, mixed as evenly as the photos are.

    Outfit by outfit the photos go round the units, so that no unit gets more of an outfit than its share; what is
    missing is filled with photos of other outfits than the unit's first.

    Args:
        rows: photos of one person.
        outfits: of each; at least two different ones.
        images: K, at least 2.
    """
    units = changing_unit_count(outfits, images)
    shuffled = generator.permutation(len(rows))
    order = shuffled[np.argsort(outfits[shuffled], kind="stable")]
    dealt = np.full((images, units), -1)
    dealt.reshape(-1)[: len(rows)] = order
    seats = dealt.T[generator.permutation(units)]
    for seat in seats:
        present = seat[seat >= 0]
        others = generator.permutation(np.flatnonzero(outfits != outfits[present[0]]))
        fresh = np.concatenate([others[~np.isin(others, present)], others])
        seat[len(present) :] = np.resize(fresh, images - len(present))
    return rows[seats]


def rounds(units: Int64[np.ndarray, "N"], people: int) -> int:
    """Batches of P different people that use up the units of N people (N >= P); a few places may be left.

    When one person has more units than that, the rest of theirs stays unused.
    """
    count = int(np.minimum(units, -(-units.sum() // people)).sum() // people)
    while np.minimum(units, count).sum() < count * people:
        count -= 1
    return count + int(np.minimum(units, count).sum() > count * people)


def mixed_batches(
    persons: Int64[np.ndarray, "U"], batches: int, people: int, generator: np.random.Generator
) -> Int64[np.ndarray, "B P"]:
    """Batches of units of different people, drawn by how many units each has left.

    Args:
        persons: each unit's person, 0..N-1, all of which have units.
        batches: `rounds` of them.
    """
    order = generator.permutation(len(persons))
    by_person = order[np.argsort(persons[order], kind="stable")]
    first = np.searchsorted(persons[by_person], np.arange(persons.max() + 1))
    units = np.bincount(persons)
    used = np.zeros_like(units)
    result = np.empty((batches, people), np.int64)
    for batch in range(batches):
        left = np.minimum(units, batches) - used
        # The smallest of exponentials over weights are a weighted draw without replacement (Efraimidis, Spirakis 2006).
        keys = generator.exponential(size=len(units)) / np.maximum(left, 1e-12)
        keys[left >= batches - batch] = -1.0  # later batches would not suffice for these
        chosen = np.argpartition(keys, people - 1)[:people]
        result[batch] = by_person[first[chosen] + used[chosen] % units[chosen]]
        used[chosen] += 1
    return result


def alike_batches(
    persons: Int64[np.ndarray, "U"], kinds: Int64[np.ndarray, "U"], batches: int, people: int,
    generator: np.random.Generator,
) -> Int64[np.ndarray, "B P"]:  # fmt: skip
    """Batches of units of different people, most of which are dressed like another of their batch.

    A batch takes people from one kind of clothes until it has no more, then from the next: never one person alone,
    unless nobody else wears that kind, those who do are in the batch in other clothes, or the last place is left for
    one alone. To keep that, units come again when those not yet used do not suffice; as many others remain unused.

    Args:
        persons: each unit's person.
        kinds: of clothes, each unit's.
        batches: how many.
    """
    wardrobe = _Wardrobe(persons, kinds, generator)
    return np.array([_alike_batch(wardrobe, people) for _ in range(batches)])


class _Wardrobe:
    """Units by kind of clothes and person, and which are used."""

    def __init__(self, persons: np.ndarray, kinds: np.ndarray, generator: np.random.Generator) -> None:
        self.generator = generator
        self.units: dict[int, dict[int, list[int]]] = {}
        for unit in generator.permutation(len(persons)).tolist():
            self.units.setdefault(int(kinds[unit]), {}).setdefault(int(persons[unit]), []).append(unit)
        self.used = {(kind, person): 0 for kind, worn in self.units.items() for person in worn}
        self.names = np.array(list(self.units))
        self.unused = np.array([sum(map(len, worn.values())) for worn in self.units.values()])
        self.places = {kind: place for place, kind in enumerate(self.units)}

    def left(self, kind: int, person: int) -> int:
        """Unused units."""
        return max(0, len(self.units[kind][person]) - self.used[kind, person])

    def free(self, kind: int, batch: dict[int, int]) -> list[int]:
        """Who wears a kind and is not in the batch: those with most unused units first, ties in random order."""
        wearers = [person for person in self.units[kind] if person not in batch]
        order = self.generator.permutation(len(wearers)).tolist()
        return sorted((wearers[i] for i in order), key=lambda person: -self.left(kind, person))

    def take(self, kind: int, person: int) -> int:
        """The next unit."""
        units = self.units[kind][person]
        self.unused[self.places[kind]] -= self.left(kind, person) > 0
        self.used[kind, person] += 1
        return units[(self.used[kind, person] - 1) % len(units)]

    def kinds(self) -> list[int]:
        """Kinds in random order, those with many unused units sooner."""
        keys = self.generator.exponential(size=len(self.names)) / np.maximum(self.unused, 1e-12)
        return self.names[np.argsort(keys)].tolist()


def _alike_batch(wardrobe: _Wardrobe, people: int) -> list[int]:
    batch: dict[int, int] = {}  # person: kind
    units: list[int] = []
    while len(batch) < people:
        kind, wearers = _next_kind(wardrobe, batch, people - len(batch))
        for person in wearers:
            batch[person] = kind
            units.append(wardrobe.take(kind, person))
    return units


def _next_kind(wardrobe: _Wardrobe, batch: dict[int, int], places: int) -> tuple[int, list[int]]:
    """A kind, and who of its wearers joins the batch."""
    fallback = None
    for kind in wardrobe.kinds():
        wearers = wardrobe.free(kind, batch)
        least = 1 if kind in batch.values() or len(wardrobe.units[kind]) == 1 else 2
        if least <= len(wearers) and least <= places:
            unused = sum(wardrobe.left(kind, person) > 0 for person in wearers)
            return kind, wearers[: min(places, max(least, unused))]
        if wearers and fallback is None:
            fallback = kind, wearers[:1]
    if fallback is None:
        raise RuntimeError("fewer people than places")  # the sampler has counted them
    return fallback
