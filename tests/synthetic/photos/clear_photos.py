"""Photos that perception has no trouble with: near, sharp, in good light, nearly from the front."""

from dataclasses import replace

import numpy as np

from habitus.body.model import BodyModel
from habitus.synthetic.photos.making import photograph
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.scene import draw_scene
from habitus.synthetic.scenes.sensor import Sensor

_LIGHT = Light((0.3, 0.6, 0.74), sun=(0.35, 0.35, 0.35), sky=(0.75, 0.75, 0.75), ground=(0.45, 0.45, 0.45))
_SENSOR = Sensor(
    rows=256, blur=0.4, sharpening=0.0, noise=0.005, gain=(1.0, 1.0, 1.0), saturation=1.0, contrast=1.0, quality=92
)


def clear_photo(body: BodyModel, person: MadePerson, seed: int, *, yaw: float = 0.3) -> MadePhoto:
    """A photo of 256x128."""
    rng = np.random.default_rng(seed)
    pose, scene = draw_pose(rng, person.style), draw_scene(rng)
    scene = replace(scene, yaw=yaw, elevation=0.1, distance=8.0, light=_LIGHT, sensor=_SENSOR)
    return photograph(body, person, [pose], [scene])[0]
