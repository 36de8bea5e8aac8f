"""Made people in the poses of the street before made cameras, and where in the camera's own picture they are."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.recovery.calibrated_height import GroundCamera
from habitus.synthetic.photos.making import make_person
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.poses.turning import turned
from habitus.synthetic.scenes.camera import Camera, draw_camera
from habitus.synthetic.scenes.cards import project
from habitus.types import BodyParams


@dataclass(frozen=True)
class StandingPerson:
    """What is known of somebody on the ground; places in pixels of the camera's picture, B = 1."""

    params: BodyParams
    camera: Camera
    box: Tensor
    """(1, 4): left, top, right, bottom."""
    crown: Tensor
    """(1, 2): the highest point of the body."""
    ground: Tensor
    """(1, 2): below the root."""

    def ends_of_box(self) -> tuple[Tensor, Tensor]:
        """The middles of the box's lower and upper edge."""
        left, top, right, bottom = self.box.unbind(1)
        middle = (left + right) / 2
        return torch.stack([middle, bottom], 1), torch.stack([middle, top], 1)


def calibrated(camera: Camera) -> GroundCamera:
    """What a calibration would tell."""
    return GroundCamera(height=camera.height, pitch=camera.pitch, focal=camera.focal, size=camera.size)


def stand_before_a_camera(body: BodyModel, seed: int) -> StandingPerson:
    """A person, a pose, a camera and a place by chance."""
    rng = np.random.default_rng((5, seed))
    person, camera = make_person(body, seed, texture_size=32), draw_camera(rng)
    x, y = rng.uniform(-2, 2), rng.uniform(1.5, 4) * camera.height
    distance, azimuth = math.hypot(x, y), math.atan2(x, y)
    elevation = math.atan2(camera.height - 0.9, distance)
    theta = draw_pose(rng, person.style, carrying=person.carries).theta
    theta = turned(theta, yaw=rng.uniform(-3, 3), elevation=elevation)
    params = BodyParams(torch.from_numpy(theta)[None].float(), person.beta[None], person.delta[None], torch.ones(1, 3))
    posed = body(params.theta, params.beta, params.delta)
    # From the axes of a view of this person to the ground's.
    right, above, near = (posed.vertices[0] - posed.joints[0, 0]).double().numpy().T
    up = above * math.cos(elevation) + near * math.sin(elevation)
    towards = near * math.cos(elevation) - above * math.sin(elevation)
    ahead = (distance - towards) * math.cos(azimuth) - right * math.sin(azimuth)
    aside = (distance - towards) * math.sin(azimuth) + right * math.cos(azimuth)
    pixels = project(camera, np.stack([aside, ahead, up - up.min()], 1))
    return StandingPerson(
        params=params,
        camera=camera,
        box=torch.from_numpy(np.concatenate([pixels.min(0), pixels.max(0)])[None]),
        crown=torch.from_numpy(pixels[up.argmax()][None]),
        ground=torch.from_numpy(project(camera, np.array([[x, y, 0.0]]))),
    )
