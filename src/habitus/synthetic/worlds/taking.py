"""Taking the photos of a made world: who stands how before which camera, as the world's seed has it."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import dress
from habitus.synthetic.clothes.outfits import Outfit, draw_outfit, vary
from habitus.synthetic.photos.making import look_of, make_person, photograph, posed_in_clothes
from habitus.synthetic.photos.mesh import mesh_of
from habitus.synthetic.photos.posing import build_of
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.scenes.camera import Camera, draw_camera
from habitus.synthetic.scenes.folder import picture_files
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.worlds.world import Shot, World

# Streams of random numbers that never meet; those of people are in `photos.making`.
_CAMERA, _WARDROBE, _VIEW = 21, 22, 23


def camera_of(world: World, camera: int) -> Camera:
    """One of the world's fixed cameras, counted from 0.

    Raises:
        InputError: the folder of backgrounds cannot be used.
    """
    return _camera(world.seed, world.backgrounds, camera)


def wardrobe(world: World, person: int, outfit: int) -> Outfit:
    """What a person wears; in a world of similar clothes others wear the same design in their own way."""
    group = person // world.similar
    female = world.similar == 1 and look_of(world.person_seed(person)).female  # a uniform is for anybody
    drawn = draw_outfit(np.random.default_rng((_WARDROBE, world.seed, group, outfit)), female=female)
    if world.similar == 1:
        return drawn
    return vary(drawn, np.random.default_rng((_WARDROBE, world.seed, group, outfit, person)))


def dressed(body: BodyModel, world: World, person: int, outfit: int) -> MadePerson:
    """A person of the world in one of their outfits."""
    seed = world.person_seed(person)
    return make_person(body, seed, outfit=wardrobe(world, person, outfit), texture_size=world.texture_size)


def hanging_deltas(
    body: BodyModel, world: World, person: int, outfit: int, thetas: Float[np.ndarray, "M 24 3"]
) -> tuple[Float[np.ndarray, "N 3"], Float[np.ndarray, "M N 3"]]:
    """The displacement of an outfit in the rest pose, and in each of some poses: a photo's truth without the photo.

    Args:
        body: the open body, or any of SMPL's layout.
        world: they live in.
        person: counted from 0.
        outfit: counted from 0.
        thetas: poses as photos were taken of them.
    """
    look = look_of(world.person_seed(person))
    worn = dress(body, look, wardrobe(world, person, outfit))
    mesh = mesh_of(body)
    build = build_of(mesh, look.beta, worn.delta)
    return worn.delta, np.stack([posed_in_clothes(mesh, build, worn.delta, worn.hanging, t)[1] for t in thetas])


def take(body: BodyModel, world: World, person: MadePerson, shots: Sequence[Shot]) -> list[MadePhoto]:
    """Photos of one person in one outfit.

    Args:
        body: the open body, or any of SMPL's layout.
        world: they live in.
        person: from `dressed`.
        shots: of that person in that outfit, any of them: a photo does not depend on which others are taken.
    """
    poses, scenes = [], []
    for shot in shots:
        rng = np.random.default_rng((_VIEW, person.seed, shot.outfit, shot.view))
        poses.append(draw_pose(rng, person.style, carrying=person.carries))
        camera = camera_of(world, shot.camera)
        scenes.append(draw_scene(rng, camera, occluded=world.occluded, truncated=world.truncated, jitter=world.jitter))
    return photograph(body, person, poses, scenes, size=world.size)


@lru_cache(maxsize=64)
def _camera(seed: int, backgrounds: str | None, camera: int) -> Camera:
    folder = () if backgrounds is None else picture_files(backgrounds)
    return draw_camera(np.random.default_rng((_CAMERA, seed, camera)), folder=folder)


class Wardrobes:
    """The people dressed last, so that photos of one person do not dress them anew. Memory is bounded."""

    def __init__(self, body: BodyModel, world: World, *, keep: int = 8):
        self.body, self.world, self._keep = body, world, keep
        self._worn: OrderedDict[tuple[int, int], MadePerson] = OrderedDict()

    def __call__(self, person: int, outfit: int) -> MadePerson:
        """A person in an outfit."""
        key = (person, outfit)
        if key not in self._worn:
            self._worn[key] = dressed(self.body, self.world, person, outfit)
            if len(self._worn) > self._keep:
                self._worn.popitem(last=False)
        self._worn.move_to_end(key)
        return self._worn[key]
