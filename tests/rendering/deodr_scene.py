"""deodr 0.2.3, a renderer that we did not write, on our conventions: the judge of the tests and the benchmark."""

import numpy as np
from deodr.differentiable_renderer import Scene2D
from deodr.triangulated_mesh import TriMesh


class DeodrScene:
    """One mesh for deodr; both passes for one image at a time, in float64 as deodr demands."""

    def __init__(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        self.mesh = TriMesh(faces, vertices)
        self.faces = faces.astype(np.uint32)

    def silhouette(self, screen: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, Scene2D]:
        """Coverage (H, W) of `screen` (N, 3), and the scene to go back through."""
        flags = np.zeros(len(self.faces), dtype=bool)
        scene = self._scene(screen, size, flags, np.zeros((0, 0, 1)), np.ones((len(screen), 1)), np.zeros((1, 2)))
        scene.background_image = np.zeros((*size, 1))
        image, _ = scene.render()
        return image[..., 0], scene

    def textured(
        self,
        screen: np.ndarray,
        size: tuple[int, int],
        uv: np.ndarray,
        uv_faces: np.ndarray,
        texture: np.ndarray,
        background: np.ndarray,
    ) -> tuple[np.ndarray, Scene2D]:
        """Unlit image (H, W, 3) for `texture` (T, T, 3), and the scene to go back through."""
        texels = np.stack((uv[:, 0], 1 - uv[:, 1]), axis=1) * texture.shape[0] - 0.5
        flags = np.ones(len(self.faces), dtype=bool)
        scene = self._scene(screen, size, flags, texture, np.zeros((len(screen), 3)), texels)
        scene.faces_uv = uv_faces.astype(np.uint32)
        scene.background_image = background
        image, _ = scene.render()
        return image, scene

    def _scene(self, screen, size, flags, texture, colours, texels) -> Scene2D:
        edges = self.mesh.edge_on_silhouette(screen[:, :2])
        return Scene2D(
            faces=self.faces, faces_uv=self.faces if len(texels) > 1 else np.zeros_like(self.faces),
            ij=screen[:, :2].copy(), depths=100 - screen[:, 2], textured=flags, uv=texels, shade=np.ones(len(screen)),
            colors=colours, shaded=flags, edgeflags=edges, height=size[0], width=size[1],
            nb_colors=colours.shape[1], texture=texture, backface_culling=True, integer_pixel_centers=False,
        )  # fmt: skip
