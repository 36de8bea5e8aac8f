"""person.glb: a skinned, animated glTF 2.0 file in one piece.

The bind pose is the rest pose (a T-pose on y = 0), and the nodes stand in it, as Blender, three.js and Unity expect of
a rigged character; the recovered pose is the clip "photo". glTF's axes are ours: metres, +Y up, the front at +Z.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import pygltflib as gltf
from jaxtyping import UInt8
from PIL import Image

from habitus import __version__
from habitus.body.model import BodyModel
from habitus.export.animation import Clip, clips, quaternions
from habitus.export.mesh import SkinnedMesh, skinned_mesh
from habitus.export.pictures import to_picture
from habitus.files import writing
from habitus.types import SMPL_JOINTS, TexturedPerson

ImageFormat = Literal["png", "jpeg"]


def write_glb(path: str | Path, person: TexturedPerson, body: BodyModel, *, image_format: ImageFormat = "png") -> None:
    """Write one person with skeleton, texture and the clips "walk", "idle" and "photo".

    Args:
        path: of the .glb file.
        person: B = 1.
        body: of the person's topology.
        image_format: of the embedded texture; "jpeg" is smaller and loses a little.

    Raises:
        InputError: the file cannot be written.
        ValueError: the person belongs to another body.
    """
    if person.topology != body.topology:
        raise ValueError(f"a person of topology {person.topology!r} needs its own body, not {body.topology!r}")
    document = glb(
        skinned_mesh(body, person.params),
        clips(body, person.params),
        encode_image(to_picture(person.texture.image), image_format),
        image_format=image_format,
        extras={"topology": person.topology, "betas": [round(b, 5) for b in person.params.beta[0].tolist()]},
    )
    with writing(path) as temporary:
        temporary.write_bytes(document)


def encode_image(picture: UInt8[np.ndarray, "H W 3"], image_format: ImageFormat) -> bytes:
    """A picture as the bytes of a PNG or JPEG file."""
    buffer = BytesIO()
    options = {"compress_level": 6} if image_format == "png" else {"quality": 92}
    Image.fromarray(picture).save(buffer, image_format, **options)
    return buffer.getvalue()


def glb(
    mesh: SkinnedMesh,
    motions: Sequence[Clip],
    texture: bytes,
    *,
    image_format: ImageFormat,
    extras: dict[str, object] | None = None,
) -> bytes:
    """The bytes of a GLB file.

    Args:
        mesh: in the rest pose; its skeleton has the SMPL joints.
        motions: become animations of the same names.
        texture: an image file of that format, its top row at v = 1.
        image_format: of the texture.
        extras: kept in the file's `asset.extras`.
    """
    pack = _Packer()
    attributes = gltf.Attributes(
        POSITION=pack.vertices(mesh.positions.astype("<f4"), gltf.VEC3, bounds=True),
        NORMAL=pack.vertices(mesh.normals.astype("<f4"), gltf.VEC3),
        # The one place that flips v: glTF's origin is the upper left corner.
        TEXCOORD_0=pack.vertices((mesh.uv * (1, -1) + (0, 1)).astype("<f4"), gltf.VEC2),
        JOINTS_0=pack.vertices(mesh.joints.astype("u1"), gltf.VEC4),
        WEIGHTS_0=pack.vertices(mesh.weights.astype("<f4"), gltf.VEC4),
    )
    indices = pack.indices(mesh.faces)
    inverse_bind = np.tile(np.eye(4, dtype="<f4"), (len(mesh.rest_joints), 1, 1))
    inverse_bind[:, 3, :3] = -mesh.rest_joints  # column-major: the translation is the last row here
    inverse_bind_accessor = pack.data(inverse_bind, gltf.MAT4)
    animations = [_animation(clip, mesh.rest_joints[0], pack) for clip in motions]
    image_view = pack.blob(texture)

    document = gltf.GLTF2(
        asset=gltf.Asset(version="2.0", generator=f"habitus {__version__}", extras=extras or {}),
        scene=0,
        scenes=[gltf.Scene(nodes=[len(SMPL_JOINTS), 0])],
        nodes=[*_skeleton(mesh), gltf.Node(name="person", mesh=0, skin=0)],
        meshes=[
            gltf.Mesh(name="person", primitives=[gltf.Primitive(attributes=attributes, indices=indices, material=0)])
        ],
        skins=[
            gltf.Skin(
                name="smpl", joints=list(range(len(SMPL_JOINTS))), skeleton=0, inverseBindMatrices=inverse_bind_accessor
            )
        ],
        materials=[
            gltf.Material(
                name="person",
                doubleSided=False,
                alphaCutoff=None,
                pbrMetallicRoughness=gltf.PbrMetallicRoughness(
                    baseColorTexture=gltf.TextureInfo(index=0), metallicFactor=0.0, roughnessFactor=0.9
                ),
            )
        ],
        textures=[gltf.Texture(source=0, sampler=0)],
        samplers=[
            gltf.Sampler(
                magFilter=gltf.LINEAR,
                minFilter=gltf.LINEAR_MIPMAP_LINEAR,
                wrapS=gltf.CLAMP_TO_EDGE,
                wrapT=gltf.CLAMP_TO_EDGE,
            )
        ],
        images=[gltf.Image(name="texture", mimeType=f"image/{image_format}", bufferView=image_view)],
        animations=animations,
        accessors=pack.accessors,
        bufferViews=pack.views,
        buffers=[gltf.Buffer(byteLength=len(pack.chunk))],
    )
    document.set_binary_blob(bytes(pack.chunk))
    return b"".join(document.save_to_bytes())


def _skeleton(mesh: SkinnedMesh) -> list[gltf.Node]:
    """A node per joint, unturned, each relative to its parent."""
    nodes = []
    for joint, name in enumerate(SMPL_JOINTS):
        parent = mesh.parents[joint]
        place = mesh.rest_joints[joint] - (mesh.rest_joints[parent] if parent >= 0 else 0)
        children = [child for child, above in enumerate(mesh.parents) if above == joint]
        nodes.append(gltf.Node(name=name, translation=[float(x) for x in place], children=children))
    return nodes


def _animation(clip: Clip, root: np.ndarray, pack: "_Packer") -> gltf.Animation:
    """Rotations of the joints that move in the clip or stand otherwise than in the rest pose, and the root's place."""
    times = pack.data(clip.times.astype("<f4"), gltf.SCALAR, bounds=True)
    turned = quaternions(clip.theta)
    samplers = [
        gltf.AnimationSampler(input=times, output=pack.data((root + clip.root_offset).astype("<f4"), gltf.VEC3))
    ]
    channels = [gltf.AnimationChannel(sampler=0, target=gltf.AnimationChannelTarget(node=0, path="translation"))]
    for joint in range(turned.shape[1]):
        # Every joint gets a channel, so that a clip wipes whatever pose the clip before it left behind.
        samplers.append(gltf.AnimationSampler(input=times, output=pack.data(turned[:, joint].astype("<f4"), gltf.VEC4)))
        target = gltf.AnimationChannelTarget(node=joint, path="rotation")
        channels.append(gltf.AnimationChannel(sampler=len(samplers) - 1, target=target))
    for sampler in samplers:
        sampler.interpolation = gltf.ANIM_LINEAR
    return gltf.Animation(name=clip.name, samplers=samplers, channels=channels)


@dataclass
class _Packer:
    """Lays arrays into one binary chunk, every view on a multiple of four bytes, as glTF asks."""

    chunk: bytearray = field(default_factory=bytearray)
    views: list[gltf.BufferView] = field(default_factory=list)
    accessors: list[gltf.Accessor] = field(default_factory=list)

    def blob(self, content: bytes, target: int | None = None) -> int:
        self.chunk += b"\0" * (-len(self.chunk) % 4)
        view = gltf.BufferView(buffer=0, byteOffset=len(self.chunk), byteLength=len(content), target=target)
        self.chunk += content
        self.views.append(view)
        return len(self.views) - 1

    def data(self, array: np.ndarray, kind: str, *, target: int | None = None, bounds: bool = False) -> int:
        component = {"f4": gltf.FLOAT, "u1": gltf.UNSIGNED_BYTE, "u2": gltf.UNSIGNED_SHORT, "u4": gltf.UNSIGNED_INT}
        rows = array.reshape(len(array), -1)
        self.accessors.append(
            gltf.Accessor(
                bufferView=self.blob(np.ascontiguousarray(array).tobytes(), target),
                componentType=component[array.dtype.str[1:]],
                count=len(array),
                type=kind,
                min=rows.min(0).tolist() if bounds else None,
                max=rows.max(0).tolist() if bounds else None,
            )
        )
        return len(self.accessors) - 1

    def vertices(self, array: np.ndarray, kind: str, *, bounds: bool = False) -> int:
        return self.data(array, kind, target=gltf.ARRAY_BUFFER, bounds=bounds)

    def indices(self, faces: np.ndarray) -> int:
        width = "<u2" if faces.max() < 65535 else "<u4"  # 65535 itself means "restart" to glTF
        return self.data(faces.reshape(-1).astype(width), gltf.SCALAR, target=gltf.ELEMENT_ARRAY_BUFFER)
