"""What is known of the body in each photo of a folder: parameters, masks and keypoints, one row a photo.

A table comes from a file of `habitus bodies`, or is the truth of a made world.
"""

from pathlib import Path

from habitus.body.model import BodyModel
from habitus.errors import InputError
from habitus.recovery.body_table_file import read_body_table
from habitus.recovery.body_table_rows import BodyTable
from habitus.recovery.body_table_world import world_body_table
from habitus.synthetic.worlds.writing import world_around

__all__ = ["BodyTable", "body_table", "read_body_table", "world_body_table"]


def body_table(data_root: str | Path, bodies: str | Path | None, body: BodyModel) -> BodyTable:
    """The bodies of a data set's photos: of a file, or without one the truth of a made world.

    Args:
        data_root: folder of the data set, as its reader gives it.
        bodies: file of `habitus bodies`, or None.
        body: that the parameters are for.

    Raises:
        InputError: the file cannot be used; or there is none, and the photos are of no made world.
    """
    if bodies is not None:
        return read_body_table(bodies, body)
    written = world_around(data_root)
    if written is None:
        raise InputError(
            f"{data_root}: nothing is known of the bodies in its photos; "
            f"run `habitus bodies {data_root} -o bodies.parquet` and give --bodies bodies.parquet"
        )
    return world_body_table(written.folder, body, root=Path(data_root))
