"""Scores of weights on the held-out street world, in every mode: the table of the docs.

    python benchmarks/evaluate_street.py street-held-out --weights baseline pcb
    python benchmarks/evaluate_street.py small-street --people 100 --size 128x64 --weights run/model --rerank

The folder is made when it is not there: the preset street with seed 900000, which no training takes, in the layout
csv, with nothing but the options below changed. What is there is taken as it is, if its seed is held out.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from arms import markdown
from habitus.data.opening import open_data
from habitus.data.records import MODE_WORDS, ReidData
from habitus.errors import InputError
from habitus.evaluation.features import embed_photos, photos_of
from habitus.evaluation.protocols import Scoring
from habitus.evaluation.reid import evaluate_reid, trials_of
from habitus.evaluation.results import ReidReport, percent
from habitus.reid.embedder import Embedder
from habitus.sizes import parse_size
from habitus.synthetic.worlds.world import PRESETS, World
from habitus.synthetic.worlds.writing import DESCRIPTION, read_world, write_world

SEED = 900_000
HEADS = ("weights", "mode", "mAP", "rank-1", "rank-5", "rank-10", "mINP", "queries", "skipped", "gallery", "photos/s")


def held_out_world(folder: Path, options: argparse.Namespace) -> World:
    """The world in a folder, made if there is none.

    Raises:
        InputError: another world is there, whose seed is not held out, or the folder cannot be written.
    """
    world, layout = replace(PRESETS["street"], seed=SEED, people=options.people, size=parse_size(options.size)), "csv"
    if (folder / DESCRIPTION).exists():
        written = read_world(folder)
        world, layout = written.world, written.layout
        if not world.held_out:
            raise InputError(f"{folder}: its seed {world.seed} is not held out; choose another folder")
    with tqdm(total=world.photos, unit="photo", desc="making the world", smoothing=0.05) as bar:

        def progress(done: int, _: int) -> None:
            bar.update(done - bar.n)

        write_world(world, folder, layout=layout, workers=options.workers, resume=folder.exists(), progress=progress)
    return world


def scored(data: ReidData, weights: str, options: argparse.Namespace) -> ReidReport:
    """Weights in all modes."""
    trials = trials_of(data)
    photos = photos_of(trials.values())
    embedder = Embedder(weights, device=options.device, batch=options.batch)
    with tqdm(total=len(photos), unit="photo", desc=weights, smoothing=0.05) as bar:
        features = embed_photos(photos, embedder, weights=weights, strict=True, progress=bar.update)
    return evaluate_reid(data, trials, features, Scoring(rerank=options.rerank)).report


def rows_of(report: ReidReport) -> list[tuple[str, ...]]:
    """The lines of a table, in percent."""
    speed = f"{report.images / report.seconds['embedding']:.0f}"
    return [
        (
            report.weights, MODE_WORDS[result.mode],
            *(percent(score) for score in (result.mAP, result.rank1, result.rank5, result.rank10, result.mINP)),
            f"{result.queries}", f"{result.skipped:g}", f"{result.gallery}", speed,
        )
        for result in report.results
    ]  # fmt: skip


def main() -> None:
    """Make, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", nargs="+", default=["baseline", "pcb"])
    parser.add_argument("--people", type=int, default=PRESETS["street"].people)
    parser.add_argument("--size", default="256x128")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rerank", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        world = held_out_world(options.folder, options)
        made = time.perf_counter()
        data = open_data(options.folder)
        reports = [scored(data, weights, options) for weights in options.weights]
    except InputError as error:
        sys.exit(str(error))
    end = time.perf_counter()
    people = data.trials["general"].query.people
    print(
        f"`python {' '.join(sys.argv)}`: {world.people} people ({people} of them tested), {world.outfits} outfits, "
        f"{world.cameras} cameras, {world.size[0]}x{world.size[1]} pixels, seed {world.seed} (held out), multi-shot, "
        f"cosine distance, flip {reports[0].flip}, re-ranking {reports[0].reranking}; percent; made in "
        f"{made - start:.0f} s, scored in {end - made:.0f} s.\n"
    )
    print(markdown(HEADS, [row for report in reports for row in rows_of(report)], words=2))


if __name__ == "__main__":
    main()
