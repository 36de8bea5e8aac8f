"""The two calls: make a person, take their photos. A seed always gives the same person, and the same photo."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float

from habitus.body.model import BodyModel
from habitus.synthetic.clothes.dressing import dress, paint
from habitus.synthetic.clothes.hanging import Hanging, hang
from habitus.synthetic.clothes.outfits import Outfit, draw_outfit
from habitus.synthetic.people.look import Look, draw_look
from habitus.synthetic.photos.carrying import carried
from habitus.synthetic.photos.compositing import Picture, composed
from habitus.synthetic.photos.drawing import pyramid
from habitus.synthetic.photos.mesh import Mesh, mesh_of
from habitus.synthetic.photos.posing import Build, Figure, build_of, posed, unposed
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.photos.visibility import DEPTHS, visible
from habitus.synthetic.poses.activities import Pose, draw_pose
from habitus.synthetic.poses.clearance import cleared, girth_of
from habitus.synthetic.poses.skeleton import Theta
from habitus.synthetic.poses.style import Style, draw_style
from habitus.synthetic.poses.turning import calm, turned
from habitus.synthetic.scenes.scene import Scene, draw_scene
from habitus.synthetic.scenes.sensor import expose
from habitus.types import COCO_KEYPOINTS, BodyParams

_PERSON, _OUTFIT, _PHOTO, _STYLE = 1, 2, 3, 4  # streams of random numbers that never meet
_HIPS = [COCO_KEYPOINTS.index("left_hip"), COCO_KEYPOINTS.index("right_hip")]


def make_person(body: BodyModel, seed: int, *, outfit: int | Outfit = 0, texture_size: int = 512) -> MadePerson:
    """Make a person up.

    Args:
        body: the open body, or any of SMPL's layout.
        seed: who it is.
        outfit: which of the person's outfits they wear, or what else.
        texture_size: T of the T x T texture.

    Example:
        >>> body = BodyModel.load()
        >>> person = make_person(body, seed=7)
        >>> photo = make_photo(body, person, seed=0)
        >>> photo.image.shape
        torch.Size([3, 256, 128])
    """
    look = look_of(seed)
    if isinstance(outfit, int):
        outfit = draw_outfit(np.random.default_rng((_OUTFIT, seed, outfit)), female=look.female)
    worn = dress(body, look, outfit)
    build = build_of(mesh_of(body), look.beta, worn.delta)
    return MadePerson(
        topology=body.topology,
        seed=seed,
        look=look,
        outfit=outfit,
        beta=torch.from_numpy(look.beta),
        delta=torch.from_numpy(worn.delta),
        texture=paint(body, look, outfit, size=texture_size),
        hanging=worn.hanging,
        props=worn.props,
        style=style_of(seed),
        girth=girth_of(body, build.vertices, build.joints),
    )


@lru_cache(maxsize=64)
def look_of(seed: int) -> Look:
    """Who `make_person` makes of a seed."""
    return draw_look(np.random.default_rng((_PERSON, seed)))


def style_of(seed: int) -> Style:
    """How the person whom `make_person` makes of a seed carries themselves."""
    return draw_style(np.random.default_rng((_STYLE, seed)))


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
    pose, scene = draw_pose(rng, person.style, carrying=person.carries), draw_scene(rng)
    if yaw is not None:
        scene = replace(scene, yaw=yaw)
    return photograph(body, person, [pose], [scene], size=size)[0]


def photograph(
    body: BodyModel,
    person: MadePerson,
    poses: Sequence[Pose],
    scenes: Sequence[Scene],
    *,
    size: tuple[int, int] = (256, 128),
) -> list[MadePhoto]:
    """Photograph a person in poses and scenes, with the truth. A photo does not depend on the others.

    Args:
        body: that the person was made with.
        person: from `make_person`.
        poses: facing the camera, without regard to the clothes.
        scenes: one for each pose.
        size: (H, W) in pixels.

    Raises:
        ValueError: the person was made with a body of another topology, or there are not as many scenes as poses.
    """
    if person.topology != body.topology:
        raise ValueError(f"the person was made with the body {person.topology!r}, not {body.topology!r}")
    mesh = mesh_of(body)
    build = build_of(mesh, person.beta.numpy(), person.delta.numpy())
    texture = pyramid(person.texture.numpy())
    # Step by step for all photos, not photo by photo: each step's code stays in the processor's cache.
    moments = list(zip(_as_dressed(person, poses), scenes, strict=True))
    thetas = [turned(p.theta, yaw=s.yaw, elevation=s.elevation).astype(np.float32) for p, s in moments]
    figures = [posed_in_clothes(mesh, build, person.delta.numpy(), person.hanging, theta) for theta in thetas]
    pictures = [
        composed(mesh, figure, carried(person.props, pose), texture, scene, size)
        for (pose, scene), (figure, _) in zip(moments, figures, strict=True)
    ]
    return [
        _developed(mesh, person, pose, theta, *figure, picture, scene)
        for (pose, scene), theta, figure, picture in zip(moments, thetas, figures, pictures, strict=True)
    ]


def _as_dressed(person: MadePerson, poses: Sequence[Pose]) -> list[Pose]:
    """Poses as these clothes allow them: arms clear the trunk, narrow skirts shorten the step."""
    bottom = person.outfit.bottom
    if bottom.kind == "skirt" and bottom.leg > 0.8 and bottom.looseness < 0.04:
        poses = [replace(pose, theta=calm(pose.theta, 0.55)) for pose in poses]
    return [replace(pose, theta=theta) for pose, theta in zip(poses, cleared(poses, person.girth), strict=True)]


def posed_in_clothes(
    mesh: Mesh,
    build: Build,
    delta: Float[np.ndarray, "N 3"],
    hanging: Hanging | None,
    theta: Float[np.ndarray, "24 3"],
) -> tuple[Figure, Float[np.ndarray, "N 3"]]:
    """The posed person, and the displacement that brings the body there: what hangs does so anew in every pose."""
    figure = posed(mesh, build, theta)
    if hanging is None:
        return figure, delta
    index = hanging.index
    hung = hang(hanging, figure.vertices, figure.joints)
    delta = delta.copy()
    delta[index] += unposed(mesh, figure, index, hung) - figure.rest.take(index, 0)
    figure.vertices[index] = hung
    return figure, delta


def _developed(
    mesh: Mesh, person: MadePerson, pose: Pose, theta: Theta, figure: Figure, delta: np.ndarray, picture: Picture,
    scene: Scene,
) -> MadePhoto:  # fmt: skip
    """The photo and its truth."""
    image = expose(picture.colours, scene.sensor, np.random.default_rng(scene.seed))
    landmarks = mesh.keypoints.of(figure.vertices)
    points = picture.view.screen(np.concatenate((landmarks, figure.joints)), picture.mask.shape)
    places, shown = points[:, :2].copy(), visible(points, DEPTHS, picture.centres, picture.clear)
    count = len(landmarks)
    left, right = landmarks[_HIPS]
    return MadePhoto(
        person=person,
        activity=pose.activity,
        image=torch.from_numpy(image),
        params=BodyParams(
            torch.from_numpy(theta[None]),
            person.beta[None],
            torch.from_numpy(delta[None]),
            torch.from_numpy(picture.view.psi[None]),
        ),
        distance=picture.view.distance,
        mask=torch.from_numpy(picture.mask),
        keypoints=torch.from_numpy(places[:count]),
        visible=torch.from_numpy(shown[:count]),
        joints=torch.from_numpy(places[count:]),
        joints_visible=torch.from_numpy(shown[count:]),
        landmarks=torch.from_numpy(landmarks - (left + right) / 2),
        parts=torch.from_numpy(picture.maps.parts),
        depth=torch.from_numpy(picture.maps.depth),
        uv=torch.from_numpy(picture.maps.uv),
    )
