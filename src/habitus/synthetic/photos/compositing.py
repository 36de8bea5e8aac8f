"""One photo put together: a posed person in a scene's light, before its street, behind what stands in the way."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from habitus.compiled import kernel
from habitus.synthetic.clothes.props import Prop
from habitus.synthetic.photos.carrying import Surface, flat_shaded
from habitus.synthetic.photos.drawing import Maps, Pyramid, Seen, drawn, maps, scenery, seen
from habitus.synthetic.photos.framing import View, bounds, frame
from habitus.synthetic.photos.mesh import Mesh
from habitus.synthetic.photos.posing import Figure
from habitus.synthetic.photos.shading import brightness, vertex_normals
from habitus.synthetic.photos.shadows import ground_light, sun_map, sunlit
from habitus.synthetic.scenes.backdrops import background
from habitus.synthetic.scenes.occluders import occlude
from habitus.synthetic.scenes.scene import Scene

_NOTHING = np.empty((0, 0, 3), np.float32), np.empty((0, 0), np.float32)
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
    centres: Seen
    """What the pixels' centres would see if nothing stood before the person."""
    clear: Bool[np.ndarray, "H W"]
    """Where nothing stands before a pixel's centre."""
    maps: Maps


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
    sun = sun_map(figure.vertices.take(mesh.proxy.vertices, 0), mesh.proxy.faces, scene.light)
    surface = _surface(mesh, figure, props, up)
    light = brightness(surface.normals, scene.light, up, sunlit=sunlit(sun, surface.vertices, surface.normals))
    if props:
        light *= surface.colours
    shown = scenery(mesh, view.screen(surface.vertices, size), surface.faces)
    drawing = drawn(mesh, shown, light, texture, size)
    centres = seen(shown.screen, shown.faces, size)

    floor = float((figure.vertices @ up).min())
    below = figure.joints[:1] - (figure.joints[0] @ up - floor) * up
    feet = float(view.screen(below, size)[0, 1])
    height = feet - float(bounds(shown.screen[: len(figure.vertices)])[0][1])
    shade = ground_light(view, sun, scene.light, up=up, floor=floor, soles=figure.vertices[mesh.soles], size=size)
    colours = background(scene, size, feet=feet, height=height)
    occluder = occlude(scene, size, feet=feet, height=height)
    before, coverage = _NOTHING if occluder is None else occluder
    clear = np.ones(size, bool) if occluder is None else coverage <= _HIDDEN
    mask = _lay(colours, shade, drawing.colours, drawing.person, drawing.carried, before, coverage)
    return Picture(view, colours, mask, centres, clear, maps(mesh, view, shown, centres, clear))


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


@kernel
def _lay(street, shade, figure, person, carried, before, coverage):
    """Shadow, person and what stands before them over the street, in place; what shows of the person."""
    mask = person.copy()
    for row in range(person.shape[0]):
        for column in range(person.shape[1]):
            behind = 1 - person[row, column] - carried[row, column]
            for c in range(3):
                street[row, column, c] = (
                    street[row, column, c] * shade[row, column, c] * behind + figure[row, column, c]
                )
            if coverage.size:
                hidden = coverage[row, column]
                mask[row, column] *= 1 - hidden
                for c in range(3):
                    street[row, column, c] += hidden * (before[row, column, c] - street[row, column, c])
    return mask
