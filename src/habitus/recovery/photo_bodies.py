"""Bodies of photos that show one person each: perceive, recover many together, and tell it in the photo's own frame."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.perception.masks import MaskMethod
from habitus.recovery.body_table_file import FoundBody
from habitus.recovery.finding import BodyFinder, body_finder
from habitus.recovery.fit import Fit, measure
from habitus.recovery.frames import in_crop, in_photo
from habitus.recovery.imported_bodies import ImportedBody, Importer
from habitus.recovery.photo_seen import keypoints_in_photo, mask_in_photo, perceived, quietly
from habitus.rendering.render import render_silhouette
from habitus.types import Crop

Found = tuple[tuple[int, int], FoundBody | str]
"""(H, W) of a photo, and who is in it, or why nobody is known; (0, 0) of one that cannot be read."""


def recover_photos(
    body: BodyModel,
    paths: Sequence[Path],
    *,
    mask_method: MaskMethod = "auto",
    together: int = 16,
    finder: BodyFinder | None = None,
) -> list[Found]:
    """The body of the most prominent person in each photo.

    Args:
        body: of the people.
        paths: of photos.
        mask_method: how people are cut out, see `perceive`.
        together: people recovered at once; more are faster and take more memory.
        finder: how bodies are recovered, see `body_finder`; None fits.

    Returns:
        In the order of the photos; what a photo does not show stops none of the others.
    """
    results: list[Found] = []
    for start in range(0, len(paths), together):
        seen = [perceived(path, mask_method) for path in paths[start : start + together]]
        found = iter(_recovered(body, [crop for _, crop in seen if isinstance(crop, Crop)], finder or body_finder()))
        results += [(size, crop if isinstance(crop, str) else _found(crop, next(found), size)) for size, crop in seen]
    return results


def import_photos(
    body: BodyModel,
    paths: Sequence[Path],
    names: Sequence[str],
    importer: Importer,
    *,
    mask_method: MaskMethod = "auto",
) -> list[Found]:
    """The bodies that others found, with masks and keypoints as we perceive them.

    A photo in which we see nobody keeps its body: its mask is then the body's silhouette, its keypoints are missing.

    Args:
        body: of the files.
        paths: of photos.
        names: the same below the data's folder.
        importer: of the files.
        mask_method: how people are cut out where the files have no masks.

    Returns:
        In the order of the photos.
    """
    return [_imported(body, path, name, importer, mask_method) for path, name in zip(paths, names, strict=True)]


def _recovered(body: BodyModel, crops: list[Crop], finder: BodyFinder) -> list[Fit]:
    if not crops:
        return []
    with quietly():
        found = finder(body, crops)
    return [found[i] for i in range(len(crops))]


def _imported(body: BodyModel, path: Path, name: str, importer: Importer, mask_method: MaskMethod) -> Found:
    size, crop = perceived(path, mask_method)
    if size == (0, 0):
        return size, str(crop)
    try:
        imported = importer(name, size)
    except InputError as error:
        return size, str(error)
    if isinstance(crop, str):
        if imported.params.psi.isnan().any():
            return size, f"{crop}, and its body has no camera"
        return size, FoundBody(imported.params, _silhouette(body, imported, size), np.zeros((17, 3), np.float32))
    # A camera that the file lacks is found from the keypoints.
    found = measure(body, [crop], in_crop(imported.params, crop, size))
    body_found = _found(crop, found, size)
    if isinstance(body_found, FoundBody) and imported.mask is not None:
        body_found = replace(body_found, mask=imported.mask)
    return size, body_found


def _silhouette(body: BodyModel, imported: ImportedBody, size: tuple[int, int]) -> UInt8[np.ndarray, "H W"]:
    if imported.mask is not None:
        return imported.mask
    params = imported.params
    vertices = body(params.theta, params.beta, params.delta).vertices
    covered = render_silhouette(vertices, body.faces, params.psi, size=size)[0]
    return (covered.cpu().numpy() * 255).round().astype(np.uint8)


def _found(crop: Crop, found: Fit, size: tuple[int, int]) -> FoundBody | str:
    params = in_photo(found.params.detach(), crop, size)
    if not all(torch.isfinite(getattr(params, name)).all() for name in ("theta", "beta", "delta", "psi")):
        return "the fit of a body failed"
    return FoundBody(
        params,
        mask_in_photo(crop, size),
        keypoints_in_photo(crop),
        mask_iou=float(found.mask_iou),
        keypoint_error=float(found.keypoint_error_relative),
    )
