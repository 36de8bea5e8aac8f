"""How well people dressed alike are found by the colours of their clothes, in a made world where designs are known.

habitus synth uniforms/ --preset uniform --people 80 --views 4 --similar 8 --size 128x64
python benchmarks/alike_in_uniforms.py uniforms/
"""

# ruff: noqa: I001 - habitus is imported before torch: it sets how OpenMP waits
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import habitus  # noqa: F401
import cv2
import numpy as np

from habitus.data.clothes_alike import alike_groups, clothes_colours
from habitus.data.decoding import decode
from habitus.data.opening import open_data
from habitus.data.records import Records, stacked
from habitus.synthetic.worlds.writing import read_world

PEOPLE = 8


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    folder = Path(sys.argv[1])
    data, world = open_data(folder), read_world(folder).world
    trial = data.trial("general")
    records = stacked([data.train, trial.query, trial.gallery])
    outfits = records.clothes_labels()
    first = np.unique(outfits, return_index=True)[1]
    persons = records.pids[first]
    designs = _designs(persons, world.similar)
    start = time.process_time()
    groups = alike_groups(records, people=PEOPLE)[first]
    seconds = time.process_time() - start
    others = persons[:, None] != persons
    same, alike = designs[:, None] == designs, groups[:, None] == groups
    nearest = np.where(others, _gaps(records, outfits), np.inf).argmin(1)
    print(
        f"{len(records)} photos, {len(first)} outfits of {len(np.unique(persons))} people, {world.similar} to a design,"
        f" {world.cameras} cameras; {groups.max() + 1} groups in {seconds:.1f} s of CPU\n"
        f"nearest outfit of somebody else is of the same design: {same[np.arange(len(first)), nearest].mean():.3f}\n"
        f"pairs of different people in a group that wear one design: {same[alike & others].mean():.3f}"
        f" (by chance {same[others].mean():.3f})\n"
        f"outfits with one of the same design in their group: {(same & alike & others).any(1).mean():.3f}"
    )


def _designs(persons: np.ndarray, similar: int) -> np.ndarray:
    """Of outfits, sorted by person: so many people in a row wear one design as their first, another as their second."""
    rank = np.arange(len(persons)) - np.searchsorted(persons, persons)
    return (persons - 1) // similar * 1000 + rank


def _gaps(records: Records, outfits: np.ndarray) -> np.ndarray:
    """(O, O) squared distances of the outfits' mean colours."""
    colours = np.array([clothes_colours(decode(path)) for path in records.paths])
    means = np.array([colours[outfits == outfit].mean(0) for outfit in range(outfits.max() + 1)])
    return ((means[:, None] - means) ** 2).sum(-1)


if __name__ == "__main__":
    main()
