"""The colours of a textured, lit surface over a background.

On a CPU one fused numba kernel each way does for every visible pixel what, on other devices, the composable functions
of `interpolation` and `texture_sampling` do one after the other; the tests hold the two equal.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from habitus.rendering.interpolation import barycentrics, interpolate
from habitus.rendering.rasterizer import Fragments, Implementation, check_mesh
from habitus.rendering.texture_sampling import halvings, level_of_detail, sample_texture
from habitus.rendering.topology import topology_of


def surface_colours(
    screen: Float[Tensor, "B N 3"],
    faces: Int[Tensor, "F 3"],
    fragments: Fragments,
    uv: Float[Tensor, "V 2"],
    uv_faces: Int[Tensor, "F 3"],
    texture: Float[Tensor, "B 3 T T"],
    *,
    brightness: Float[Tensor, "B N 3"] | None = None,
    background: Float[Tensor, "B 3 H W"] | None = None,
    max_level: int = 0,
    implementation: Implementation = "auto",
) -> Float[Tensor, "B 3 H W"]:
    """Texture times brightness where there is a surface, the background elsewhere; hard at the border.

    Differentiable in x and y of `screen`, texture, brightness and background; not in `uv`. Arguments as for
    `render.render`; `brightness` is RGB at the vertices, None means 1.

    Raises:
        ValueError: shapes do not fit.
    """
    if implementation == "auto":
        implementation = "numba" if screen.device.type == "cpu" else "torch"
    check_mesh(screen, faces)
    if topology_of(uv_faces).num_vertices > len(uv):
        raise ValueError(f"uv_faces name texture vertex {topology_of(uv_faces).num_vertices - 1} of {len(uv)}")
    if uv_faces.shape != faces.shape:
        raise ValueError(f"uv_faces must be shaped as faces, {tuple(faces.shape)}, not {tuple(uv_faces.shape)}")
    if texture.ndim != 4 or texture.shape[0] not in (1, screen.shape[0]) or texture.shape[1] != 3:
        raise ValueError(f"texture must be shaped (1 or {screen.shape[0]}, 3, T, T), not {tuple(texture.shape)}")
    if len(fragments.face_id) != len(screen) or fragments.face_id.gt(len(faces) - 1).any():
        raise ValueError("fragments must come from the same screen and faces")
    if brightness is not None and brightness.shape != screen.shape:
        raise ValueError(f"brightness must be shaped {tuple(screen.shape)}, not {tuple(brightness.shape)}")
    if texture.shape[2] != texture.shape[3]:
        raise ValueError(f"texture must be square, not {texture.shape[2]}x{texture.shape[3]}")
    max_level = halvings(texture.shape[-1], max_level)
    if implementation == "numba":
        from habitus.rendering.surface_numba import surface_colours_numba  # noqa: PLC0415 - numba loads on use

        return surface_colours_numba(
            screen, faces, fragments, uv, uv_faces, texture, brightness=brightness, background=background,
            max_level=max_level,
        )  # fmt: skip
    bary = barycentrics(screen, faces, fragments)
    level = level_of_detail(screen, faces, uv, uv_faces, fragments, texture.shape[-1]) if max_level else None
    colours = sample_texture(texture, interpolate(uv, uv_faces, fragments, bary), level=level, max_level=max_level)
    if brightness is not None:
        colours = colours * interpolate(brightness, faces, fragments, bary).permute(0, 3, 1, 2)
    nothing = torch.zeros((), dtype=colours.dtype, device=colours.device)
    return torch.where(fragments.mask[:, None], colours, nothing if background is None else background)
