"""New people without end as items of training: what a body is learned from.

The number of different builds is what makes a build learnable, and made people cost nothing: nobody comes twice.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.data.dataset import Key
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.worlds.taking import Wardrobes, take
from habitus.synthetic.worlds.world import MOST_PEOPLE, World, refuse_held_out, shot_at


class MadePeople:
    """Photos of made people by `Key`, whose row counts the photos of a million people: person, outfit, view.

    Args:
        world: how to make people; it is taken to have a million of them.
        body: of the people.

    Raises:
        InputError: the world's seed is held out for scoring.
    """

    def __init__(self, world: World, body: BodyModel):
        refuse_held_out(world)
        self.world = replace(world, people=MOST_PEOPLE, test_share=0.0)
        self.body = body
        self.broken: dict[int, str] = {}
        """None: made photos cannot be."""
        self._wardrobes = Wardrobes(body, self.world)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """An item; see `photo_item`."""
        shot = shot_at(self.world, key[0])
        photo = take(self.body, self.world, self._wardrobes(shot.person, shot.outfit), [shot])[0]
        return photo_item(photo) | {"pid": np.int64(shot.person), "clothes_id": np.int64(shot.clothes_id(self.world))}


def photo_item(photo: MadePhoto) -> dict[str, Any]:
    """A made photo and the true body in it.

    Returns:
        image: (3, H, W) uint8.
        mask: (H, W) uint8.
        theta (24, 3), beta (10,), delta (N, 3) float16, psi (3,): of the body, see `BodyParams`.
        keypoints: (17, 2) float32, pixels; visible: (17,) float32, 0 where one is hidden or cut off.
    """
    params = photo.params
    return {
        "image": np.round(photo.image.numpy() * 255).astype(np.uint8),
        "mask": np.round(photo.mask.numpy() * 255).astype(np.uint8),
        "theta": params.theta[0].numpy(),
        "beta": params.beta[0].numpy(),
        "delta": params.delta[0].numpy().astype(np.float16),  # to 0.1 mm; half of what workers have to hand over
        "psi": params.psi[0].numpy(),
        "keypoints": photo.keypoints.numpy(),
        "visible": photo.visible.numpy().astype(np.float32),
    }


def shown(
    people: MadePeople, count: int
) -> tuple[Float[Tensor, "B 3 H W"], tuple[Float[Tensor, "B 10"], Float[Tensor, "B N 3"]]]:
    """A photo each of the first people, RGB in [0, 1], with their build and clothes."""
    items = [people[number * people.world.views, 0, 0] for number in range(count)]
    image, beta, delta = (
        torch.from_numpy(np.stack([item[name] for item in items])).float() for name in ("image", "beta", "delta")
    )
    return image / 255, (beta, delta)


def batch_of_people(batch: int, epoch: int, *, people: int, images: int, batches: int) -> list[Key]:
    """The keys of one batch: `people` that nobody has seen before, in `images` photos each."""
    first = (epoch * batches + batch) * people
    return [(person * images + view, epoch, 0) for person in range(first, first + people) for view in range(images)]
