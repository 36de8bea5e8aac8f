"""The photos that textures are scored on, with the true textures of made people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from habitus.data.readers.photo_lists import PhotoList
from habitus.data.records import ReidData
from habitus.errors import InputError
from habitus.evaluation import chosen_photos
from habitus.evaluation.chosen_photos import ChosenPhotos, image_of
from habitus.evaluation.texture.scoring import ScoredPhoto
from habitus.recovery.body_table import BodyTable
from habitus.synthetic.worlds.layouts import LAYOUTS, placed
from habitus.synthetic.worlds.truth_files import texture_path
from habitus.synthetic.worlds.writing import WrittenWorld, world_around

UNKNOWN_SIZE = 256
"""Texels a side of textures where no truth sets it."""


@dataclass(frozen=True, eq=False)
class PhotoSet(ChosenPhotos):
    """Photos with body parameters, and true textures where they are known."""

    textures: Mapping[Path, Path]
    """The true texture's file of each photo of a made world, by its absolute path."""
    texture_size: int

    def load(self, index: int) -> ScoredPhoto:
        """A photo and all that is known of it.

        Raises:
            InputError: the photo, its parameters or its true texture cannot be read, or it has another size than the
                photo whose parameters these are.
        """
        image, mask = self.seen(index)
        texture = self.textures.get(self.records.paths[index].absolute())
        truth = None if texture is None else image_of(texture)
        if truth is not None and truth.shape != (3, self.texture_size, self.texture_size):
            raise InputError(f"{texture}: is not {self.texture_size} texels a side as its world says; make it again")
        params = self.table.params(int(self.rows[index]))
        return ScoredPhoto(self.name(index), int(self.records.pids[index]), image, mask, params, truth)


def choose_photos(
    data: ReidData,
    table: BodyTable,
    *,
    listed: PhotoList | None = None,
    count: int | None = None,
    seed: int = 0,
) -> PhotoSet:
    """The photos to score, see `chosen_photos.choose_photos`, with their true textures."""
    chosen = chosen_photos.choose_photos(data, table, listed=listed, count=count, seed=seed)
    world = world_around(data.root.resolve())
    size = UNKNOWN_SIZE if world is None else world.world.texture_size
    return PhotoSet(**vars(chosen), textures={} if world is None else true_textures(world), texture_size=size)


def true_textures(world: WrittenWorld) -> dict[Path, Path]:
    """The file of the true texture of each photo of a made world, both absolute."""
    folder = world.folder.absolute()
    return {
        folder / place.path: texture_path(folder, person, place.shot.outfit)
        for person in range(world.world.people)
        for place in placed(LAYOUTS[world.layout], world.world, person)
    }
