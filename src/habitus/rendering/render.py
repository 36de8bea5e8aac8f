"""The one call: a posed mesh and its texture, or colours by vertex, in; an image and a silhouette out."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.camera import project
from habitus.rendering.rasterizer import Fragments, rasterize
from habitus.rendering.shading import Lambert, lambert, vertex_normals
from habitus.rendering.silhouette import find_crossings, silhouette, soften, soften_image, trace_border
from habitus.rendering.surface import surface_colours


@dataclass(frozen=True)
class Rendering:
    """What the camera sees."""

    image: Float[Tensor, "B 3 H W"]
    """RGB over the background."""
    silhouette: Float[Tensor, "B H W"]
    """How much of each pixel the mesh covers, in [0, 1]."""
    fragments: Fragments
    """Face and depth at each pixel's centre; no gradient."""


def render(
    vertices: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    psi: Float[Tensor, "B 3"],
    uv: Float[Tensor, "V 2"],
    uv_faces: Int[Tensor, "F 3"],
    texture: Float[Tensor, "B 3 T T"],
    *,
    size: tuple[int, int] = (256, 128),
    background: Float[Tensor, "B 3 H W"] | None = None,
    shading: Lambert | None = None,
    max_level: int = 3,
) -> Rendering:
    """Render textured meshes; differentiable in vertices, psi, texture and background.

    Args:
        vertices: metres, +Y up; the camera looks along -Z.
        faces: counter-clockwise seen from outside.
        psi: weak-perspective camera (s, tx, ty), see `camera.project`.
        uv: texture coordinates, (0, 0) the lower left corner. No gradient.
        uv_faces: indices into `uv`, face by face as in `faces`.
        texture: RGB of each image, or one (B = 1) for all. Its colours should go on for 2**max_level texels past the
            borders of the charts: coarser levels mix so far.
        size: (H, W) in pixels.
        background: of each image, or one (B = 1) for all; None: black, so that the image is premultiplied.
        shading: None: the texture's colours as they are (unlit).
        max_level: how often the texture may be halved where a pixel covers many texels; 0: plain bilinear sampling. A
            texture of 512 needs 3 at 256x128.

    Example:
        >>> rendering = render(vertices, faces, psi, uv, uv_faces, texture, size=(256, 128))
        >>> rendering.image.shape, rendering.silhouette.shape
        (torch.Size([1, 3, 256, 128]), torch.Size([1, 256, 128]))
    """
    brightness = None if shading is None else lambert(vertex_normals(vertices, faces), shading)
    return _rendered(
        vertices, faces, psi, uv, uv_faces, texture,
        brightness=brightness, size=size, background=background, max_level=max_level,
    )  # fmt: skip


def render_colours(
    vertices: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    psi: Float[Tensor, "B 3"],
    colours: Float[Tensor, "B N 3"],
    *,
    size: tuple[int, int] = (256, 128),
    background: Float[Tensor, "B 3 H W"] | None = None,
    shading: Lambert | None = None,
) -> Rendering:
    """`render` of meshes whose vertices have colours of their own, RGB, mixed within faces; no texture is needed.

    Differentiable in vertices, psi, colours and background; arguments as of `render`.
    """
    brightness = colours if shading is None else colours * lambert(vertex_normals(vertices, faces), shading)
    uv, white = colours.new_zeros(colours.shape[1], 2), colours.new_ones(1, 3, 1, 1)
    return _rendered(
        vertices, faces, psi, uv, faces, white,
        brightness=brightness, size=size, background=background, max_level=0,
    )  # fmt: skip


def _rendered(
    vertices: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    psi: Float[Tensor, "B 3"],
    uv: Float[Tensor, "V 2"],
    uv_faces: Int[Tensor, "F 3"],
    texture: Float[Tensor, "B 3 T T"],
    *,
    brightness: Float[Tensor, "B N 3"] | None,
    size: tuple[int, int],
    background: Float[Tensor, "B 3 H W"] | None,
    max_level: int,
) -> Rendering:
    screen = project(vertices, psi, size)
    fragments = rasterize(screen, faces, size)
    image = surface_colours(
        screen, faces, fragments, uv, uv_faces, texture,
        brightness=brightness, background=background, max_level=max_level,
    )  # fmt: skip
    border = trace_border(screen, find_crossings(screen, faces, size), fragments)
    return Rendering(soften_image(image, border), soften(fragments, border), fragments)


def render_silhouette(
    vertices: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    psi: Float[Tensor, "B 3"],
    *,
    size: tuple[int, int] = (256, 128),
) -> Float[Tensor, "B H W"]:
    """Only the silhouette of `render`, for less: how much of each pixel the mesh covers, in [0, 1]."""
    screen = project(vertices, psi, size)
    return silhouette(screen, faces, rasterize(screen, faces, size))
