"""Everything that Habitus makes of a person, into one folder."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from habitus.body.model import BodyModel
from habitus.export.folder import filling
from habitus.export.glb import write_glb
from habitus.export.obj import write_obj
from habitus.export.pictures import save_picture, to_picture
from habitus.export.preview import write_preview
from habitus.export.report import make_report, write_report
from habitus.export.reprojection import reproject
from habitus.export.turntable import turntable_frames, write_turntable
from habitus.recovery.parameter_files import save_params
from habitus.recovery.upright import upright
from habitus.types import TexturedPerson


def save_person(
    folder: str | Path,
    person: TexturedPerson,
    body: BodyModel,
    *,
    seconds: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
    texture_by: str = "unwrap",
    body_by: str = "fit",
) -> list[Path]:
    """Write all files of a person, or none and an error.

    They are person.glb, person.obj + .mtl, texture.png, confidence.png, turntable.gif (+ .mp4), params.npz, report.json
    and preview.html.

    Args:
        folder: made if it is not there; files of these names are replaced, others stay.
        person: B = 1.
        body: of the person's topology.
        seconds: that the stages before took, for the report; the export adds its own.
        warnings: for the report and the page, one line each.
        texture_by: how the texture was made, for the report.
        body_by: how the body was recovered, for the report.

    Returns:
        The files, in the order above.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
        ValueError: the person belongs to another body.
    """
    start = time.perf_counter()
    folder = Path(folder)
    spent = dict(seconds or {})
    standing = replace(person, params=upright(body, person.params))
    with filling(folder) as new:
        write_glb(new / "person.glb", standing, body)
        write_obj(new / "person.obj", standing, body)
        save_picture(new / "confidence.png", to_picture(person.texture.confidence)[..., 0])
        frames = turntable_frames(standing, body)
        movies = write_turntable(new / "turntable.gif", frames)
        seen = reproject(person, body)
        # The page is the last thing made and shows the report, so the time it takes itself is not in there.
        spent["export"] = time.perf_counter() - start
        report = make_report(
            person,
            body,
            seen,
            seconds=spent,
            warnings=warnings,
            texture_by=texture_by,
            body_by=body_by,
        )
        write_report(new / "report.json", report)
        save_params(new / "params.npz", person.params, topology=person.topology)
        write_preview(new / "preview.html", standing, body, report=report, reprojection=seen, frames=frames)
    names = ["person.glb", "person.obj", "person.mtl", "texture.png", "confidence.png", *(m.name for m in movies)]
    return [folder / name for name in [*names, "params.npz", "report.json", "preview.html"]]
