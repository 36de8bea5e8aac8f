"""`habitus synth`: a made world on disk, or a look at one."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.export.folder import check_output_folder
from habitus.export.pictures import contact_sheet, save_picture, to_picture
from habitus.sizes import parse_size
from habitus.synthetic.worlds.taking import dressed, take
from habitus.synthetic.worlds.world import PRESETS, World, shots_of
from habitus.synthetic.worlds.writing import write_world

if TYPE_CHECKING:
    from habitus.cli import SynthCommand

SHEET = "sheet.png"
_SHEET_PEOPLE, _SHEET_COLUMNS = 8, 12


def make_world(command: "SynthCommand") -> Path:
    """Run the command.

    Returns:
        What to open: the sheet.

    Raises:
        InputError: of whatever the user gave that cannot be used.
    """
    world = world_of(command)
    sheet = command.output / SHEET
    check_output_folder(command.output)
    if command.show:
        if sheet.exists():
            raise InputError(f"{sheet}: is there already; move it away or choose another folder")
        save_picture(sheet, draw_sheet(world))
        return sheet
    _write(world, command)
    save_picture(sheet, draw_sheet(world))
    return sheet


def _write(world: World, command: "SynthCommand") -> None:
    bars: list[tqdm] = []  # shown once nothing is left to refuse

    def progress(done: int, photos: int) -> None:
        if not bars:
            bars.append(tqdm(total=photos, initial=done, unit="photo", smoothing=0.05))
        bars[0].update(done - bars[0].n)

    try:
        write_world(
            world, command.output, layout=command.layout, workers=command.workers, resume=command.resume,
            progress=progress,
        )  # fmt: skip
    finally:
        for bar in bars:
            bar.close()


def world_of(command: "SynthCommand") -> World:
    """The preset with what the options change.

    Raises:
        InputError: numbers that make no sense.
    """
    changes = {
        name: value
        for name in ("people", "outfits", "views", "cameras", "seed", "similar", "occluded", "truncated")
        if (value := getattr(command, name)) is not None
    }
    if command.size is not None:
        changes["size"] = parse_size(command.size)
    if command.backgrounds is not None:
        changes["backgrounds"] = str(command.backgrounds)
    if command.layout == "prcc":
        changes = {"schedule": "prcc", "cameras": 3, "outfits": 2} | changes
    return replace(PRESETS[command.preset], **changes)


def draw_sheet(world: World) -> UInt8[np.ndarray, "H W 3"]:
    """A contact sheet: some people of the world, a row each (two where it has many photos of them)."""
    body = BodyModel.load()
    pictures, labels = [], []
    per_outfit = max(1, min(world.views, _SHEET_COLUMNS // world.outfits))
    outfits = min(world.outfits, _SHEET_COLUMNS)
    for person in np.linspace(0, world.people - 1, min(world.people, _SHEET_PEOPLE)).round().astype(int).tolist():
        for outfit in range(outfits):
            shots = [s for s in shots_of(world, person) if s.outfit == outfit][:per_outfit]
            for shot, photo in zip(shots, take(body, world, dressed(body, world, person, outfit), shots), strict=True):
                pictures.append(to_picture(photo.image))
                labels.append(f"{person + 1:04d} outfit {outfit + 1}\ncamera {shot.camera + 1}")
    title = f"{world.people} people, {world.outfits} outfits, {world.cameras} cameras, seed {world.seed}"
    return contact_sheet(pictures, labels, columns=per_outfit * outfits, title=title, text_size=11)
