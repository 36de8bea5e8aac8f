"""Make people, photograph one, reconstruct them from that photo, compare with the truth."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.demo.comparison import Comparison, compare, compare_textures, without_light
from habitus.demo.page import write_page
from habitus.export.folder import check_output_folder
from habitus.export.pictures import save_picture, to_picture
from habitus.perception.models import FETCH_COMMAND, missing_models
from habitus.pipeline import Reconstruction, reconstruct
from habitus.synthetic.photos.making import make_person, photograph
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.scenes.scene import Scene, draw_scene
from habitus.texture.measures import TextureError
from habitus.types import Texture

log = logging.getLogger("habitus")

PEOPLE = (28, 26, 7, 4)
"""Seeds of the people shown; the first is reconstructed."""
PHOTO_SIZE = (512, 256)
YAW, ELEVATION = 0.35, 0.06
"""Radians: seen nearly from the front by a camera at the height of the chest."""


@dataclass(frozen=True)
class Demo:
    """Everything that the report shows."""

    body: BodyModel
    people: list[MadePerson]
    photo: MadePhoto
    """Of the first of them."""
    upright: Float[Tensor, "3 3"]
    """Rotation that takes the tilt of the camera off."""
    made: Reconstruction
    result: Comparison
    texture: Texture
    """The recovered one without the photo's light."""
    texture_error: TextureError
    perceived: bool
    """False when the models were missing and the true mask and keypoints were used."""


def run_demo(output: str | Path, *, seed: int = 0) -> Path:
    """Run the demo and write its folder: photo.png, the person's files in person/, and report.html.

    Args:
        output: folder, made when it is not there.
        seed: other people for another number.

    Returns:
        The report's path.

    Raises:
        InputError: the folder cannot be written.
    """
    output = Path(output)
    check_output_folder(output)
    body = BodyModel.load()
    people = [make_person(body, 1000 * seed + number) for number in PEOPLE]
    photo, scene = _photograph(body, people[0])
    save_picture(output / "photo.png", to_picture(photo.image))

    missing = missing_models()
    if missing:
        log.warning("the pose models are missing: the demo uses the true mask and keypoints; run `%s`", FETCH_COMMAND)
        keypoints = torch.cat([photo.keypoints, torch.ones(17, 1)], 1).numpy()
        made = reconstruct(output / "photo.png", body=body, keypoints=keypoints, mask=to_picture(photo.mask)[..., 0])
    else:
        made = reconstruct(output / "photo.png", body=body)
    made.save(output / "person")

    person = made.person
    tilt = Rotation.from_euler("x", -scene.elevation).as_matrix().astype(np.float32)
    demo = Demo(
        body=body,
        people=people,
        photo=photo,
        upright=torch.from_numpy(tilt),
        made=made,
        result=compare(body, photo, person.crop, person.params),
        texture=without_light(body, person.texture, photo.person.texture),
        texture_error=compare_textures(body, person.texture, photo.person.texture),
        perceived=not missing,
    )
    return write_page(output / "report.html", demo)


def _photograph(body: BodyModel, person: MadePerson) -> tuple[MadePhoto, Scene]:
    rng = np.random.default_rng(person.seed)
    pose = draw_pose(rng, person.style, carrying=person.carries)
    scene = draw_scene(rng)
    sharp = replace(scene.sensor, rows=PHOTO_SIZE[0], blur=0.6)
    scene = replace(scene, yaw=YAW, elevation=ELEVATION, fill=0.9, shift=(0.0, 0.0), sensor=sharp)
    return photograph(body, person, [pose], [scene], size=PHOTO_SIZE)[0], scene
