"""The maps beside a photo against the plain renderer, and against the picture itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.rendering.camera import project
from habitus.rendering.interpolation import barycentrics, interpolate
from habitus.rendering.rasterizer import Fragments, rasterize
from habitus.rendering.texture_sampling import sample_texture
from habitus.synthetic.clothes.outfits import Bag
from habitus.synthetic.clothes.props import hand_bag
from habitus.synthetic.photos.making import make_person, make_photo, photograph
from habitus.synthetic.photos.truth import MadePerson, MadePhoto
from habitus.synthetic.poses.activities import Pose, draw_pose
from habitus.synthetic.scenes.light import Light
from habitus.synthetic.scenes.occluders import occlude
from habitus.synthetic.scenes.scene import Scene, draw_scene
from habitus.synthetic.scenes.sensor import PLAIN

SIZE = (256, 128)
EVEN = Light((0.0, 1.0, 0.0), sun=(0.0, 0.0, 0.0), sky=(0.6, 0.6, 0.6), ground=(0.6, 0.6, 0.6))


@pytest.fixture(scope="module")
def body() -> BodyModel:
    return BodyModel.load()


@pytest.fixture(scope="module")
def people(body: BodyModel) -> list[MadePerson]:
    return [replace(make_person(body, seed, texture_size=256), props=()) for seed in range(5)]


def scene_of(seed: int, **changes: object) -> Scene:
    return replace(draw_scene(np.random.default_rng(seed)), **changes)  # type: ignore[arg-type]


def empty_handed(seed: int) -> Pose:
    return replace(draw_pose(np.random.default_rng(seed)), hand=None)


@pytest.fixture(scope="module")
def photos(body: BodyModel, people: list[MadePerson]) -> list[MadePhoto]:
    return [photograph(body, p, [empty_handed(i)], [scene_of(i)], size=SIZE)[0] for i, p in enumerate(people)]


def reference(body: BodyModel, photo: MadePhoto) -> tuple[Tensor, Tensor, Fragments]:
    """Vertices before the camera and on the screen, and what the plain rasteriser finds, both sides of faces drawn."""
    posed = body(photo.params.theta, photo.params.beta, photo.params.delta)
    offset = posed.vertices - posed.joints[:, :1]
    seen = posed.joints[:, :1] + offset / (1 - offset[..., 2:] / photo.distance)
    screen = project(seen, photo.params.psi, SIZE)
    return posed.vertices, screen, rasterize(screen, body.faces, SIZE, implementation="torch")


def test_parts_uv_and_depth_are_the_plain_renderers(body: BodyModel, photos: list[MadePhoto]) -> None:
    for photo in photos:
        vertices, screen, fragments = reference(body, photo)
        face = fragments.face_id[0].long()
        parts = torch.where(face >= 0, body.face_region[face.clamp(min=0)], -1)
        agree = photo.parts == parts
        assert float(agree.float().mean()) > 0.999
        bary = barycentrics(screen, body.faces, fragments)
        uv = interpolate(body.uv, body.uv_faces, fragments, bary)[0].permute(2, 0, 1)
        on = agree & (face >= 0)
        away = (photo.uv - uv).abs().amax(0)[on]
        assert float((away < 1e-3).float().mean()) > 0.995
        root = body(photo.params.theta, photo.params.beta).joints[0, 0]
        depth = interpolate(vertices, body.faces, fragments, bary)[0, ..., 2] - root[2]
        assert float(((photo.depth - depth).abs()[on] < 2e-3).float().mean()) > 0.995
        off = photo.parts < 0
        assert bool((photo.depth[off] == 0).all())
        assert bool((photo.uv[:, off] == -1).all())


def test_unprojected_depth_lies_on_the_surface(body: BodyModel, photos: list[MadePhoto]) -> None:
    for photo in photos:
        posed = body(photo.params.theta, photo.params.beta, photo.params.delta)
        row, column = (photo.parts >= 0).nonzero(as_tuple=True)
        scale, tx, ty = photo.params.psi[0]
        root, depth = posed.joints[0, 0], photo.depth[row, column]
        x = (column + 0.5 - SIZE[1] / 2) / (scale * SIZE[0] / 2) - tx - root[0]
        y = (SIZE[0] / 2 - row - 0.5) / (scale * SIZE[0] / 2) - ty - root[1]
        nearer = 1 - depth / photo.distance
        points = root + torch.stack((x * nearer, y * nearer, depth), -1)
        centres = posed.vertices[0][body.faces].mean(1)
        nearest = torch.cdist(points, centres).amin(1)
        assert float(nearest.median()) < 0.012  # faces are one to four centimetres across
        assert float(nearest.quantile(0.99)) < 0.045


def test_the_mask_is_the_fine_renderers_coverage(body: BodyModel, photos: list[MadePhoto]) -> None:
    for photo in photos:
        _, screen, _ = reference(body, photo)
        fine = rasterize(screen * torch.tensor([8.0, 8.0, 1.0]), body.faces, (8 * SIZE[0], 8 * SIZE[1])).mask.float()
        coverage = torch.nn.functional.avg_pool2d(fine, 8)[0]
        assert float((photo.mask - coverage).abs().mean()) < 0.004
        assert float((photo.mask - coverage).abs().max()) <= 0.5


def test_texture_at_uv_in_even_light_is_the_picture(body: BodyModel, people: list[MadePerson]) -> None:
    for seed, person in enumerate(people):
        scene = scene_of(seed, light=EVEN, sensor=PLAIN)
        photo = photograph(body, person, [empty_handed(seed)], [scene], size=SIZE)[0]
        shown = 0.6 * sample_texture(person.texture[None], photo.uv.permute(1, 2, 0)[None])[0]
        inside = photo.mask == 1
        error = (photo.image - shown).abs().mean(0)[inside]
        assert float(error.median()) < 0.02
        assert float(error.mean()) < 0.04


def test_what_stands_before_a_person_hides_them(body: BodyModel, people: list[MadePerson]) -> None:
    hidden = 0
    for seed in range(12):
        clear, scene = scene_of(seed, occluder=None), scene_of(seed, occluder=seed)
        free, photo = (photograph(body, people[0], [empty_handed(seed)], [s], size=SIZE)[0] for s in (clear, scene))
        assert occlude(scene, SIZE, feet=240, height=220) is not None
        assert bool((photo.mask <= free.mask + 1e-6).all())
        gone = (free.parts >= 0) & (photo.parts < 0)
        kept = photo.parts >= 0
        assert bool((photo.mask[gone] <= 0.5).all())
        assert torch.equal(photo.parts[kept], free.parts[kept])
        assert torch.equal(photo.depth[kept], free.depth[kept])
        assert torch.equal(photo.params.theta, free.params.theta)
        assert torch.equal(photo.keypoints, free.keypoints)
        assert not bool((photo.visible & ~free.visible).any())
        hidden += int((free.visible & ~photo.visible).sum())
    assert hidden > 5


def test_what_is_cut_off_or_behind_the_trunk_is_not_visible(body: BodyModel, people: list[MadePerson]) -> None:
    pose = empty_handed(0)
    for person in people:
        scene = scene_of(0, truncation=(0.0, 0.0, 0.0, 0.4), yaw=0.0)
        photo = photograph(body, person, [pose], [scene], size=SIZE)[0]
        for points, seen in ((photo.keypoints, photo.visible), (photo.joints, photo.joints_visible)):
            inside = ((points >= 0) & (points < torch.tensor([SIZE[1], SIZE[0]]))).all(1)
            assert not bool((seen & ~inside).any())
            assert bool((~inside).any())
        side = photograph(body, person, [pose], [scene_of(0, yaw=np.pi / 2)], size=SIZE)[0]
        assert int(side.visible.sum()) < 17
        assert bool(side.visible[6])  # the right shoulder, which faces the camera


def test_carried_things_are_drawn_but_are_not_the_person(body: BodyModel) -> None:
    blue, white = np.array((0.1, 0.2, 0.9)), np.array((0.9, 0.9, 0.9))
    bag = Bag("hand", blue, white, width=0.3, height=0.35, depth=0.12, side="left")
    person = replace(make_person(body, 0, texture_size=128), props=(hand_bag(bag),))
    assert person.carries
    pose = draw_pose(np.random.default_rng(0), person.style, carrying=True)
    scenes = [scene_of(0, light=EVEN, sensor=PLAIN, yaw=yaw) for yaw in (0.0, 1.57, 3.14)]
    with_it = photograph(body, person, [pose] * 3, scenes, size=SIZE)
    without = photograph(body, replace(person, props=()), [pose] * 3, scenes, size=SIZE)
    for one, other in zip(with_it, without, strict=True):
        assert bool((one.mask <= other.mask).all())
        changed = (one.image - other.image).abs().mean(0) > 0.05
        assert int(changed.sum()) > 30
        assert float((one.parts[changed] < 0).float().mean()) > 0.5


def test_a_photo_depends_neither_on_its_neighbours_nor_on_threads(body: BodyModel, people: list[MadePerson]) -> None:
    poses, scenes = [empty_handed(i) for i in range(4)], [scene_of(i) for i in range(4)]
    together = photograph(body, people[0], poses, scenes, size=(128, 64))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        for i in (3, 1):
            alone = photograph(body, people[0], poses[i : i + 1], scenes[i : i + 1], size=(128, 64))[0]
            for name in ("image", "mask", "keypoints", "joints", "visible", "parts", "depth", "uv", "landmarks"):
                assert torch.equal(getattr(alone, name), getattr(together[i], name)), name
            assert all(torch.equal(a, b) for a, b in zip(vars(alone.params).values(),
                                                         vars(together[i].params).values(), strict=True))  # fmt: skip
    finally:
        torch.set_num_threads(threads)


def test_images_are_whole_steps_of_255(body: BodyModel, people: list[MadePerson]) -> None:
    for size in ((256, 128), (100, 60)):
        image = make_photo(body, people[0], 5, size=size).image
        assert torch.equal(image, (image * 255).round() / 255)
