"""The two calls: make a person, take their photo. A seed always gives the same person, and the same photo."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from habitus.body.model import BodyModel, Posed
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import Fragments, rasterize
from habitus.rendering.surface import surface_colours
from habitus.synthetic.clothes.dressing import arm_berth, dress, paint
from habitus.synthetic.clothes.outfits import draw_outfit
from habitus.synthetic.people.look import draw_look
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.poses.activities import draw_pose
from habitus.synthetic.poses.skeleton import Theta
from habitus.synthetic.poses.turning import calm, turned, with_berth
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.scene import Scene, brightness, draw_scene, frame, shadow
from habitus.synthetic.scenes.sensor import expose
from habitus.types import COCO_KEYPOINTS, BodyParams

_PERSON, _OUTFIT, _PHOTO = 1, 2, 3  # streams of random numbers that never meet
# How far below the skin keypoints lie, metres: so far behind the surface that the camera sees they still count as seen.
_DEPTHS = {"nose": 0.03, "eye": 0.03, "ear": 0.05, "shoulder": 0.1, "elbow": 0.08, "wrist": 0.06, "hip": 0.15,
           "knee": 0.1, "ankle": 0.08}  # fmt: skip


def make_person(body: BodyModel, seed: int, *, outfit: int = 0, texture_size: int = 512) -> MadePerson:
    """Make a person up.

    Args:
        body: the open body, or any of SMPL's layout.
        seed: who it is.
        outfit: which of the person's outfits they wear.
        texture_size: T of the T x T texture.

    Example:
        >>> body = BodyModel.load()
        >>> person = make_person(body, seed=7)
        >>> photo = make_photo(body, person, seed=0)
        >>> photo.image.shape
        torch.Size([3, 256, 128])
    """
    look = draw_look(np.random.default_rng((_PERSON, seed)))
    worn = draw_outfit(np.random.default_rng((_OUTFIT, seed, outfit)))
    texture, dressed = paint(body, look, worn, size=texture_size), dress(body, look, worn)
    return MadePerson(
        body.topology, seed, look, worn, torch.from_numpy(look.beta), torch.from_numpy(dressed.delta), texture,
        dressed.hanging, dressed.props,
    )  # fmt: skip


def make_photo(
    body: BodyModel, person: MadePerson, seed: int, *, size: tuple[int, int] = (256, 128), yaw: float | None = None
) -> MadePhoto:
    """Photograph a made person in a random pose, street and light.

    Args:
        body: that the person was made with.
        person: from `make_person`.
        seed: which of the person's photos.
        size: (H, W) in pixels.
        yaw: radians by which the person is turned away from the camera; None: any.
    """
    rng = np.random.default_rng((_PHOTO, person.seed, seed))
    pose, scene = draw_pose(rng).theta, draw_scene(rng)
    if yaw is not None:
        scene = replace(scene, yaw=yaw)
    return photograph(body, person, dressed_pose(body, person, pose), scene, size=size)


def dressed_pose(body: BodyModel, person: MadePerson, pose: Theta) -> Theta:
    """A pose as these clothes allow it: arms clear the hips, skirts shorten the step."""
    if person.outfit.bottom.kind == "skirt" or (person.outfit.outer and person.outfit.outer.length > 0.3):
        pose = calm(pose, 0.55)
    return with_berth(pose, arm_berth(body, person.look, person.delta))


@torch.no_grad()
def photograph(
    body: BodyModel, person: MadePerson, pose: Theta, scene: Scene, *, size: tuple[int, int] = (256, 128)
) -> MadePhoto:
    """Render a person in a scene, with the truth.

    Raises:
        ValueError: the person was made with a body of another topology.
    """
    if person.topology != body.topology:
        raise ValueError(f"the person was made with the body {person.topology!r}, not {body.topology!r}")
    theta = torch.from_numpy(turned(pose, yaw=scene.yaw, elevation=scene.elevation).astype(np.float32))[None]
    posed = body(theta, person.beta[None], person.delta[None])
    psi = frame(posed.vertices[0], scene, size)[None]
    picture, mask = _render(body, person, posed, psi, scene, size)

    bottom = project(posed.vertices, psi, size)[0, :, 1]
    street = background(scene, size, feet=float(bottom.max()), height=float(bottom.max() - bottom.min()))
    street = street * (1 - shadow(posed.vertices, body.faces, psi, scene, size))[..., None]
    cover = mask.numpy()[..., None]
    image = expose(
        street * (1 - cover) + picture.permute(1, 2, 0).numpy(), scene.sensor, np.random.default_rng(scene.seed)
    )

    fragments = rasterize(project(posed.vertices, psi, size), body.faces, size)
    face = fragments.face_id[0].long()
    parts = torch.where(face >= 0, body.face_region[face.clamp_min(0)], -1)
    points = body.coco_keypoints(posed.vertices)
    keypoints = project(points, psi, size)[0]
    hips = points[0, [COCO_KEYPOINTS.index("left_hip"), COCO_KEYPOINTS.index("right_hip")]].mean(0)
    params = BodyParams(theta, person.beta[None], person.delta[None], psi)
    return MadePhoto(
        person, torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), params, mask, keypoints[:, :2],
        _visible(keypoints, fragments), points[0] - hips, parts,
    )  # fmt: skip


def _render(
    body: BodyModel, person: MadePerson, posed: Posed, psi: Tensor, scene: Scene, size: tuple[int, int]
) -> tuple[Float[Tensor, "3 H W"], Float[Tensor, "H W"]]:
    """The lit person, premultiplied, and their coverage. Four samples a pixel smooth inner outlines too."""
    fine = (2 * size[0], 2 * size[1])
    screen = project(posed.vertices, psi, fine)
    fragments = rasterize(screen, body.faces, fine)
    light = brightness(posed.vertices, body.faces, scene.light)
    colours = surface_colours(
        screen, body.faces, fragments, body.uv, body.uv_faces, person.texture[None], brightness=light, max_level=1
    )
    covered = fragments.mask[:, None].float()
    return F.avg_pool2d(colours, 2)[0], F.avg_pool2d(covered, 2)[0, 0]


def _visible(keypoints: Float[Tensor, "17 3"], fragments: Fragments) -> Bool[Tensor, "17"]:
    """In the picture, and not far behind the surface that the camera sees there."""
    height, width = fragments.face_id.shape[1:]
    column, row = keypoints[:, 0].floor().long(), keypoints[:, 1].floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    column, row = column.clamp(0, width - 1), row.clamp(0, height - 1)
    allowance = torch.tensor([_DEPTHS[name.split("_")[-1]] for name in COCO_KEYPOINTS])
    hidden = fragments.mask[0, row, column] & (fragments.depth[0, row, column] > keypoints[:, 2] + allowance)
    return inside & ~hidden
