"""preview.html: the person in 3D beside the pictures and figures of its making, in one file that loads nothing."""

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from habitus import __version__
from habitus.body.model import BodyModel
from habitus.export.animation import JOINT, Clip, clips, quaternions
from habitus.export.glb import encode_image
from habitus.export.mesh import SkinnedMesh, pose_mesh, skinned_mesh
from habitus.export.pictures import overlay, to_picture
from habitus.export.report import Report
from habitus.export.reprojection import Reprojection
from habitus.files import writing
from habitus.types import TexturedPerson

BUTTONS = {"photo": "As in the photo", "walk": "Walk", "idle": "Idle", "rest": "T-pose"}
PICTURE_SCALE = 2  # of the crop's pictures, so that 128 pixels fill a card
SHADOWS = (("pelvis", 0.55, 0.16), *((f"{s}_{j}", 0.2, 0.26) for s in ("left", "right") for j in ("ankle", "foot")))
"""Joints that darken the ground below: radius in metres, strength."""
STRIP_FRAMES, STRIP_HEIGHT = 12, 320


def write_preview(
    path: str | Path,
    person: TexturedPerson,
    body: BodyModel,
    *,
    report: Report,
    reprojection: Reprojection,
    frames: Sequence[UInt8[np.ndarray, "H W 3"]],
) -> None:
    """Write the page.

    Args:
        path: of the .html file.
        person: B = 1.
        body: of the person's topology.
        report: its figures stand on the page.
        reprojection: of the same person.
        frames: of the turntable; a few of them stand in for the 3D view where a browser has no WebGL 2.

    Raises:
        InputError: the file cannot be written.
    """
    room = files("habitus.export")
    page = Template(room.joinpath("preview.html").read_text(encoding="utf-8")).substitute(
        title=escape(Path(report.source).stem or "A person"),
        subtitle=escape(f"Reconstructed from {report.source}" if report.source else "Reconstructed from one photo"),
        buttons="".join(
            f'<button type="button" data-clip="{name}" aria-pressed="false">{label}</button>'
            for name, label in BUTTONS.items()
        ),
        warnings=_warnings(report.warnings),
        figures="".join(f"<div><dt>{dt}</dt><dd>{dd}</dd></div>" for dt, dd in _key_figures(report)),
        pictures=_pictures(person, reprojection),
        # A "<" inside the script element could end it; as an escape it is the same JSON.
        data=json.dumps(_viewer_data(person, body, frames), allow_nan=False).replace("<", "\\u003c"),
        script=room.joinpath("viewer.js").read_text(encoding="utf-8"),
        version=__version__,
    )
    with writing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _viewer_data(person: TexturedPerson, body: BodyModel, frames: Sequence[np.ndarray]) -> dict[str, object]:
    """What viewer.js draws, quantised where the eye cannot tell."""
    mesh = skinned_mesh(body, person.params)
    walk, idle, photo = clips(body, person.params)
    rest = Clip("rest", np.array([0, 1], np.float32), np.zeros_like(photo.theta), np.zeros((2, 3), np.float32))
    wide = bool(mesh.faces.max() >= 65535)
    normals = np.zeros((len(mesh.normals), 4), np.int8)  # four bytes each, as GPUs like them
    normals[:, :3] = np.round(mesh.normals * 127)
    return {
        "positions": _base64(mesh.positions.astype("<f4")),
        "normals": _base64(normals),
        "uv": _base64(np.round(mesh.uv.clip(0, 1) * 65535).astype("<u2")),
        "joints": _base64(mesh.joints),
        "weights": _base64(_bytes_that_sum_to_255(mesh.weights)),
        "faces": _base64(mesh.faces.astype("<u4" if wide else "<u2")),
        "wideFaces": wide,
        "parents": mesh.parents,
        "restJoints": _base64(mesh.rest_joints.astype("<f4")),
        "shadows": [(JOINT[name], radius, strength) for name, radius, strength in SHADOWS],
        "clips": [_clip_data(mesh, clip) for clip in (photo, walk, idle, rest)],
        "texture": _image_url(to_picture(person.texture.image)),
        "turntable": _strip(frames),
    }


def _clip_data(mesh: SkinnedMesh, clip: Clip) -> dict[str, object]:
    """A clip, and how much room the camera must leave for its first pose."""
    posed = pose_mesh(mesh, clip.theta[0], clip.root_offset[0])
    return {
        "name": clip.name,
        "seconds": float(clip.times[-1]),
        "keys": len(clip.times),
        "rotations": _base64(quaternions(clip.theta).astype("<f4")),
        "offsets": _base64(clip.root_offset.astype("<f4")),
        "height": float(posed[:, 1].max()),
        "radius": float(np.linalg.norm(posed[:, [0, 2]], axis=1).max()),
    }


def _bytes_that_sum_to_255(weights: Float[np.ndarray, "V 4"]) -> UInt8[np.ndarray, "V 4"]:
    rounded = np.round(weights * 255).astype(np.int32)
    rounded[:, 0] += 255 - rounded.sum(1)  # the first is the largest
    return rounded.astype(np.uint8)


def _strip(frames: Sequence[UInt8[np.ndarray, "H W 3"]]) -> dict[str, object]:
    """Some of the turntable's frames, side by side in one picture."""
    chosen = [frames[i * len(frames) // STRIP_FRAMES] for i in range(STRIP_FRAMES)]
    width = round(chosen[0].shape[1] * STRIP_HEIGHT / chosen[0].shape[0])
    sized = [cv2.resize(frame, (width, STRIP_HEIGHT), interpolation=cv2.INTER_AREA) for frame in chosen]
    picture = _image_url(np.concatenate(sized, axis=1))
    return {"picture": picture, "count": STRIP_FRAMES, "width": width, "height": STRIP_HEIGHT}


def _pictures(person: TexturedPerson, reprojection: Reprojection) -> str:
    crop = person.crop
    photo = to_picture(crop.image)
    height, width = crop.size
    large = cv2.resize(photo, (width * PICTURE_SCALE, height * PICTURE_SCALE), interpolation=cv2.INTER_CUBIC)
    crops = [
        ("Photo", "the crop it was made from", large),
        ("Mask", "what is the person", to_picture(crop.mask)),
        ("Re-projection", "outline of the body", overlay(photo, reprojection.silhouette, scale=PICTURE_SCALE)),
    ]
    maps = [
        ("Texture", "colours of the surface, unrolled", to_picture(person.texture.image)),
        ("Confidence", "white: well seen, black: a guess", to_picture(person.texture.confidence)),
    ]
    return "".join(
        f'<div class="pictures {layout}">'
        + "".join(
            f'<figure><img src="{_image_url(picture)}" alt="{name}: {note}" width="{picture.shape[1]}" '
            f'height="{picture.shape[0]}"><figcaption>{name}<span>{note}</span></figcaption></figure>'
            for name, note, picture in row
        )
        + "</div>"
        for layout, row in (("three", crops), ("two", maps))
    )


def _key_figures(report: Report) -> list[tuple[str, str]]:
    figures = [("Mask overlap (IoU)", f"{report.mask_iou:.3f}")]
    if report.keypoint_error_px is not None:
        of_height = report.keypoint_error_of_height
        relative = "" if of_height is None else f" <small>{100 * of_height:.1f} % of height</small>"
        figures.append(("Keypoint error", f"{report.keypoint_error_px:.1f} px{relative}"))
    figures.append(("Surface seen", f"{100 * report.texture_seen:.0f} % <small>texture {report.texture_size}²</small>"))
    if report.seconds:
        figures.append(("Time taken", f"{sum(report.seconds.values()):.1f} s"))
    figures.append(("Body", f"<small>{escape(report.topology)}</small>"))
    figures.append(("Crop", f"<small>{report.crop_size[1]} × {report.crop_size[0]} px</small>"))
    return figures


def _warnings(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return '<ul class="warnings">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _image_url(picture: UInt8[np.ndarray, "H W 3"]) -> str:
    return "data:image/jpeg;base64," + b64encode(encode_image(picture, "jpeg")).decode("ascii")


def _base64(array: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
