import numpy as np
import trimesh
from PIL import Image
from trimesh.visual import TextureVisuals

from habitus.export.obj import write_obj
from habitus.export.pictures import to_picture


def read_obj(path):
    """The statements of an OBJ file, as any reader takes them."""
    statements = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            key, *values = line.split()
            statements.setdefault(key, []).append(values)
    return statements


def test_every_statement_is_as_the_body_has_it(body, person, tmp_path):
    write_obj(tmp_path / "person.obj", person, body)
    statements = read_obj(tmp_path / "person.obj")
    params = person.params
    expected = body(params.theta, params.beta, params.delta).vertices[0].numpy()
    expected = expected - [0, expected[:, 1].min(), 0]
    assert np.abs(np.array(statements["v"], float) - expected).max() < 1e-5
    assert np.abs(np.array(statements["vt"], float) - body.uv.numpy()).max() < 1e-5
    normals = np.array(statements["vn"], float)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-3)
    corners = np.array([[c.split("/") for c in face] for face in statements["f"]], int)
    assert corners.min() == 1
    assert (corners[..., 0] - 1 == body.faces.numpy()).all()
    assert (corners[..., 1] - 1 == body.uv_faces.numpy()).all()
    assert (corners[..., 2] == corners[..., 0]).all()
    assert statements["mtllib"] == [["person.mtl"]]
    assert statements["usemtl"] == [["person"]]


def test_the_material_names_the_texture_that_lies_beside_it(body, person, tmp_path):
    write_obj(tmp_path / "person.obj", person, body)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["person.mtl", "person.obj", "texture.png"]
    material = read_obj(tmp_path / "person.mtl")
    assert material["newmtl"] == [["person"]]
    assert material["map_Kd"] == [["texture.png"]]
    assert (np.asarray(Image.open(tmp_path / "texture.png")) == to_picture(person.texture.image)).all()


def test_trimesh_reads_mesh_and_texture(body, person, tmp_path):
    write_obj(tmp_path / "person.obj", person, body)
    mesh = trimesh.load_mesh(tmp_path / "person.obj")
    assert isinstance(mesh.visual, TextureVisuals)
    assert len(mesh.faces) == body.num_faces
    image = mesh.visual.material.image
    assert image is not None
    assert image.size == person.texture.image.shape[:0:-1]
    assert mesh.volume > 0
    corners = np.sort(mesh.visual.uv[mesh.faces].reshape(-1, 2), axis=0)
    assert np.allclose(corners, np.sort(body.uv.numpy()[body.uv_faces.numpy()].reshape(-1, 2), axis=0), atol=1e-5)
