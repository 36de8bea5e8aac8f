"""One photo put together: a posed person in a scene's light, before its street, behind what stands in the way."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from habitus.synthetic.clothes.props import Prop
from habitus.synthetic.photos.carrying import Surface, flat_shaded
from habitus.synthetic.photos.drawing import Maps, Pyramid, drawn, maps
from habitus.synthetic.photos.framing import View, frame
from habitus.synthetic.photos.mesh import Mesh
from habitus.synthetic.photos.posing import Figure
from habitus.synthetic.photos.shading import brightness, vertex_normals
from habitus.synthetic.photos.shadows import ground_light, sun_map, sunlit
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.occluders import occlude
from habitus.synthetic.scenes.scene import Scene

_HIDDEN = 0.5
"""Coverage from which something hides a pixel's centre."""


@dataclass(frozen=True)
class Picture:
    """What falls on the sensor, and what is true of it."""

    view: View
    colours: Float[np.ndarray, "H W 3"]
    """RGB, linear in the light."""
    mask: Float[np.ndarray, "H W"]
    """Share of each pixel that shows the person."""
    maps: Maps
    """Of the pixels' centres, whatever stands before them."""
    blocked: Bool[np.ndarray, "H W"]
    """Whether something stands before a pixel's centre."""


def composed(
    mesh: Mesh, figure: Figure, props: tuple[Prop, ...], texture: Pyramid, scene: Scene, size: tuple[int, int]
) -> Picture:
    """Take the picture, but for the sensor.

    Args:
        mesh: of the body.
        figure: in the axes of the scene's camera.
        props: carried things.
        texture: of the body.
        scene: the moment.
        size: (H, W) of the crop in pixels.
    """
    view = frame(figure.vertices, figure.joints[0], scene, size)
    up = np.array((0.0, np.cos(scene.elevation), np.sin(scene.elevation)), np.float32)
    sun = sun_map(figure.vertices[mesh.proxy.vertices], mesh.proxy.faces, scene.light)
    surface = _surface(mesh, figure, props, up)
    light = surface.colours * brightness(
        surface.normals, scene.light, up, sunlit=sunlit(sun, surface.vertices, surface.normals)
    )
    screen = view.screen(surface.vertices, size)
    drawing = drawn(mesh, screen, surface.faces, light, texture, size)
    seen = maps(mesh, screen, surface.faces, size)

    rows = screen[: len(figure.vertices), 1]
    feet, height = float(rows.max()), float(np.ptp(rows))
    floor = float((figure.vertices @ up).min())
    soles = figure.vertices[mesh.soles]
    shade = ground_light(view, sun, scene.light, up=up, floor=floor, soles=soles, size=size)
    picture = background(scene, size, feet=feet, height=height) * shade
    picture *= (1 - drawing.person - drawing.carried)[..., None]
    picture += drawing.colours
    before = occlude(scene, size, feet=feet, height=height)
    if before is None:
        return Picture(view, picture, drawing.person, seen, np.zeros(size, bool))
    colours, coverage = before
    picture += coverage[..., None] * (colours - picture)
    return Picture(view, picture, drawing.person * (1 - coverage), seen, coverage > _HIDDEN)


def _surface(mesh: Mesh, figure: Figure, props: tuple[Prop, ...], up: Float[np.ndarray, "3"]) -> Surface:
    """The body and, after it, what the person carries."""
    normals = vertex_normals(figure.vertices, mesh.faces)
    body = Surface(figure.vertices, mesh.faces, normals, np.ones_like(normals))
    if not props:
        return body
    things = flat_shaded(props, figure, up)
    return Surface(
        np.concatenate([body.vertices, things.vertices]),
        np.concatenate([body.faces, things.faces + np.uint32(len(body.vertices))]),
        np.concatenate([body.normals, things.normals]),
        np.concatenate([body.colours, things.colours]),
    )
