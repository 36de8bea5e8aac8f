"""Made worlds for training, made while training: nothing is read from a disk or written to one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from habitus.body.model import BodyModel
from habitus.synthetic.photos.truth import MadePhoto
from habitus.synthetic.worlds.taking import Wardrobes, dressed, take
from habitus.synthetic.worlds.world import (
    MOST_PEOPLE,
    Shot,
    Split,
    World,
    people_of,
    refuse_held_out,
    shot_at,
    shots_of,
)

Sample = dict[str, Any]
"""One photo: `image` and every truth as tensors without a batch dimension; `index`, `pid`, `camid`, `clothes_id` as
numbers. The default collate function of torch makes batches of it."""


class WorldDataset(Dataset[Sample]):
    """The photos of a made world, rendered when they are asked for.

    Works in any number of DataLoader workers; the photos do not depend on it. Photos of one person in one outfit
    that are asked for together, or soon after one another, share the dressing.

    Attributes:
        pids, camids, clothes_ids: of every photo, for samplers. Counted from 0.

    Example:
        >>> dataset = WorldDataset(PRESETS["tiny"], split="train")
        >>> batch = next(iter(DataLoader(dataset, batch_size=8, num_workers=2)))
        >>> batch["image"].shape, batch["theta"].shape
        (torch.Size([8, 3, 128, 64]), torch.Size([8, 24, 3]))
    """

    def __init__(self, world: World, *, split: Split | Literal["all"], body: BodyModel | None = None):
        """Prepare; nothing is made yet.

        Args:
            world: what to make.
            split: of its people. "train" refuses worlds whose seed is held out for scoring.
            body: the open body, or any of SMPL's layout; None loads the open body.

        Raises:
            InputError: training on a held-out world, or a folder of backgrounds that cannot be used.
        """
        if split == "train":
            refuse_held_out(world)
        self.world, self.body = world, body or BodyModel.load()
        self._wardrobes = Wardrobes(self.body, world)
        people = people_of(world, split)
        each = world.outfits * world.views
        self._first, self._count = people.start * each, len(people) * each
        index = np.arange(self._first, self._first + self._count)
        self.pids: np.ndarray = index // each
        self.clothes_ids: np.ndarray = index // world.views
        self.camids: np.ndarray = np.concatenate(
            [[shot.camera for shot in shots_of(world, person)] for person in people] or [[]]
        ).astype(np.int64)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """Several at once (what torch's DataLoader asks for): each person is dressed once."""
        if any(not -self._count <= i < self._count for i in indices):
            raise IndexError(f"indices must be below {self._count}")
        shots = [shot_at(self.world, self._first + i % self._count) for i in indices]
        made: dict[int, Sample] = {}
        wanted = sorted(set(shots), key=lambda shot: shot.index)
        for (person, outfit), group in groupby(wanted, key=lambda shot: (shot.person, shot.outfit)):
            these = list(group)
            photos = take(self.body, self.world, self._wardrobes(person, outfit), these)
            made.update((s.index, sample(self.world, s, photo)) for s, photo in zip(these, photos, strict=True))
        return [made[shot.index] for shot in shots]


class EndlessPeople(IterableDataset[Sample]):
    """New people without end: every view of a person in every outfit, then the next. What a body regressor learns from:
    the number of different builds counts for more than the number of photos of each.

    Each DataLoader worker makes people of its own, so nobody comes twice within a million.
    """

    def __init__(self, world: World, *, first: int = 0, body: BodyModel | None = None):
        """Prepare; nothing is made yet.

        Args:
            world: how to make them; it is taken to have a million people, all for training.
            first: number of the person to begin with, to go on where a training stopped.
            body: the open body, or any of SMPL's layout; None loads the open body.

        Raises:
            InputError: the world's seed is held out for scoring.
        """
        refuse_held_out(world)
        self.world = replace(world, people=MOST_PEOPLE, test_share=0.0)
        self.first, self.body = first, body or BodyModel.load()

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        start, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for person in range(self.first + start, MOST_PEOPLE, step):
            for outfit, group in groupby(shots_of(self.world, person), key=lambda shot: shot.outfit):
                shots = list(group)
                worn = dressed(self.body, self.world, person, outfit)
                for shot, photo in zip(shots, take(self.body, self.world, worn, shots), strict=True):
                    yield sample(self.world, shot, photo)


def sample(world: World, shot: Shot, photo: MadePhoto) -> Sample:
    """A photo as a training sample, see `Sample`."""
    params = photo.params
    return {
        "image": photo.image,
        "index": shot.index,
        "pid": shot.person,
        "camid": shot.camera,
        "clothes_id": shot.clothes_id(world),
        "theta": params.theta[0],
        "beta": params.beta[0],
        "delta": params.delta[0],
        "psi": params.psi[0],
        "distance": torch.tensor(photo.distance),
        "keypoints": photo.keypoints,
        "visible": photo.visible,
        "joints": photo.joints,
        "joints_visible": photo.joints_visible,
        "mask": photo.mask,
        "parts": photo.parts,
        "depth": photo.depth,
        "uv": photo.uv,
    }
