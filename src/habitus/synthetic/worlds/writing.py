"""A made world on disk: photos in the layout of a real set, the truth beside them, person by person.

A person is complete when their `truth/people/NNNN.npz` is there, which is written last; each file appears by a rename.
So the writing can be killed at any moment and resumed, and ends in the same bytes, however many workers share it.
"""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.files import writing
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.scenes.backdrops import check_picture
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.taking import camera_of, dressed, take
from habitus.synthetic.worlds.truth_files import FOLDER, is_written, plain, write_maps, write_person
from habitus.synthetic.worlds.world import World, from_json, to_json
from habitus.workers import end_with_parent

DESCRIPTION = "world.json"
_QUALITY = {".jpg": (cv2.IMWRITE_JPEG_QUALITY, 95), ".png": (cv2.IMWRITE_PNG_COMPRESSION, 3)}
"""Of the files; the faults of the made camera are in the pixels already."""
_CURE = "choose a folder that `habitus synth` wrote"
_LEFTOVER = ".writing-*"
_DEEPEST = 2  # folders between a world and what readers are pointed at: prcc/rgb


@dataclass(frozen=True)
class WrittenWorld:
    """A world on disk."""

    folder: Path
    world: World
    layout: str


def write_world(
    world: World,
    folder: str | Path,
    *,
    layout: str = "csv",
    workers: int = 1,
    resume: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> WrittenWorld:
    """Write a world to disk.

    Args:
        world: what to write.
        folder: to write to; made when it is not there.
        layout: one of `LAYOUTS`.
        workers: processes.
        resume: go on in a folder that an earlier call began.
        progress: called with the photos that are done and how many there are.

    Raises:
        InputError: the folder is not empty (or with `resume`, holds another world), cannot be written, or its disk
            is full; the layout cannot hold the world. What was complete stays, and can be resumed.
    """
    folder = Path(folder)
    if layout not in LAYOUTS:
        raise InputError(f"layout {layout}: is not known; choose {', '.join(LAYOUTS)}")
    if not 1 <= workers <= 1024:
        raise InputError(f"workers {workers}: must be from 1 to 1024")
    LAYOUTS[layout].check(world)
    if world.backgrounds is not None:
        for camera in range(world.cameras):
            check_picture(camera_of(world, camera))
    _begin(folder, world, layout, resume=resume)
    missing = [person for person in range(world.people) if not is_written(folder, person)]
    each = world.outfits * world.views
    done = (world.people - len(missing)) * each
    progress(done, world.photos)
    for _ in _persons(folder, world, layout, missing, workers):
        done += each
        progress(done, world.photos)
    everything = (photo for person in range(world.people) for photo in placed(LAYOUTS[layout], world, person))
    for name, text in LAYOUTS[layout].lists(world, everything).items():
        with writing(folder / LAYOUTS[layout].root / name) as temporary:
            temporary.write_text(text)
    cameras = [plain(camera_of(world, camera)) for camera in range(world.cameras)]
    with writing(folder / FOLDER / "cameras.json") as temporary:
        temporary.write_text(json.dumps(cameras, indent=1) + "\n")
    return WrittenWorld(folder, world, layout)


def read_world(folder: str | Path) -> WrittenWorld:
    """What `write_world` wrote or began in a folder.

    Raises:
        InputError: the folder holds no made world.
    """
    path = Path(folder) / DESCRIPTION
    try:
        values = json.loads(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {_CURE}") from error
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); {_CURE}") from error
    if not isinstance(values, dict) or values.get("layout") not in LAYOUTS:
        raise InputError(f"{path}: is no made world's description; {_CURE}")
    return WrittenWorld(Path(folder), from_json(values.get("world"), where=str(path)), values["layout"])


def world_around(path: str | Path) -> WrittenWorld | None:
    """The made world that photos belong to, None for any others.

    Args:
        path: the world's folder, or what a reader of its layout is pointed at: a folder at most two below, or a table.

    Raises:
        InputError: there is a description, but of no made world.
    """
    below = Path(path).absolute()
    folders = (below, *below.parents[:_DEEPEST])
    return next((read_world(folder) for folder in folders if (folder / DESCRIPTION).is_file()), None)


def write_one(body: BodyModel, folder: Path, world: World, layout: str, person: int) -> None:
    """Write all photos and the truth of one person, counted from 0.

    Raises:
        InputError: the disk is full or not writable.
    """
    places = placed(LAYOUTS[layout], world, person)
    people = [dressed(body, world, person, outfit) for outfit in range(world.outfits)]
    photos: list[MadePhoto] = []
    for outfit, worn in enumerate(people):
        photos += take(body, world, worn, [p.shot for p in places if p.shot.outfit == outfit])
    for place, photo in zip(places, photos, strict=True):
        _write_photo(folder / place.path, photo)
        write_maps(folder, place, photo)
    write_person(folder, places, people, photos)


def _write_photo(path: Path, photo: MadePhoto) -> None:
    pixels = (photo.image.numpy().transpose(1, 2, 0)[..., ::-1] * 255).round().astype(np.uint8)
    coded, stream = cv2.imencode(path.suffix, pixels, _QUALITY[path.suffix])
    if not coded:
        raise RuntimeError(f"OpenCV could not encode {path.name}")
    with writing(path) as temporary:
        temporary.write_bytes(stream.tobytes())


def _begin(folder: Path, world: World, layout: str, *, resume: bool) -> None:
    """See that the folder is free, or holds the begun world; then describe the world in it."""
    try:
        found = sorted(p.name for p in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise InputError(f"{folder}: cannot be used as a folder ({error.strerror}); choose another") from error
    if found and not resume:
        raise InputError(
            f"{folder}: is not empty; choose another folder, or go on with a world begun there with --resume"
        )
    if found:
        begun = read_world(folder)
        if (begun.world, begun.layout) != (world, layout):
            raise InputError(f"{folder}: holds another world; repeat its options to resume it")
        for leftover in folder.rglob(_LEFTOVER):  # of a killed run
            leftover.unlink(missing_ok=True)
    else:
        with writing(folder / DESCRIPTION) as temporary:
            temporary.write_text(json.dumps({"layout": layout, "world": to_json(world)}, indent=1) + "\n")


def _persons(folder: Path, world: World, layout: str, people: list[int], workers: int) -> Iterator[int]:
    """Write people and yield each one written, in the order in which they end."""
    if workers == 1 or len(people) < 2:
        body = BodyModel.load()
        for person in people:
            write_one(body, folder, world, layout, person)
            yield person
        return
    # Fresh processes: threads of this one (numba's, torch's) would not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (folder, world, layout)) as pool:
        queue, running = iter(people), set[Future[int]]()
        try:
            for person in queue:
                running.add(pool.submit(_work, person))
                if len(running) < 2 * workers:
                    continue
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        except BrokenProcessPool as error:
            raise InputError(
                f"{folder}: a worker was killed, perhaps for want of memory; go on with --resume and fewer --workers"
            ) from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@dataclass(frozen=True)
class _Job:
    body: BodyModel
    folder: Path
    world: World
    layout: str


_job: list[_Job] = []


def _start_worker(folder: Path, world: World, layout: str) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    end_with_parent()
    _job[:] = [_Job(BodyModel.load(), folder, world, layout)]


def _work(person: int) -> int:
    job = _job[0]
    write_one(job.body, job.folder, job.world, job.layout, person)
    return person
