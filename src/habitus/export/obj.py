"""person.obj with its material and texture: the mesh as it stands in the photo."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from habitus import __version__
from habitus.body.model import BodyModel
from habitus.export.mesh import unit_normals
from habitus.export.pictures import save_picture, to_picture
from habitus.files import writing
from habitus.types import TexturedPerson

MATERIAL = "person"


def write_obj(path: str | Path, person: TexturedPerson, body: BodyModel, *, texture_name: str = "texture.png") -> None:
    """Write the posed mesh to `path`, its material beside it (.mtl) and its texture under `texture_name`.

    Metres, +Y up, feet on y = 0; vertices, UVs and faces in the body's own order, so that N and F are the body's.

    Raises:
        InputError: a file cannot be written.
    """
    path = Path(path)
    with torch.no_grad():
        params = person.params
        posed = body(params.theta, params.beta, params.delta).vertices[0]
        normals = unit_normals(posed, body.faces)
    vertices, faces = posed.cpu().numpy(), body.faces.cpu().numpy()
    vertices = vertices - np.array([0, vertices[:, 1].min(), 0], np.float32)
    corners = np.stack([faces, body.uv_faces.cpu().numpy(), faces], -1).reshape(-1, 9) + 1
    text = "\n".join(
        [
            f"# habitus {__version__}, body {person.topology}; metres, +Y up",
            f"mtllib {path.with_suffix('.mtl').name}",
            "o person",
            _lines("v %.6f %.6f %.6f", vertices),
            _lines("vt %.6f %.6f", body.uv.cpu().numpy()),
            _lines("vn %.4f %.4f %.4f", normals),
            f"usemtl {MATERIAL}",
            "s 1",
            _lines("f %d/%d/%d %d/%d/%d %d/%d/%d", corners),
            "",
        ]
    )
    material = f"newmtl {MATERIAL}\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nd 1\nillum 1\nmap_Kd {texture_name}\n"
    save_picture(path.with_name(texture_name), to_picture(person.texture.image))
    for target, content in ((path.with_suffix(".mtl"), material), (path, text)):
        with writing(target) as temporary:
            temporary.write_text(content, encoding="ascii")


def _lines(pattern: str, rows: Float[np.ndarray, "R C"]) -> str:
    """One formatted line a row, in a single formatting call: ten times as fast as a loop."""
    return "\n".join([pattern] * len(rows)) % tuple(rows.reshape(-1).tolist())
