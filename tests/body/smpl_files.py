"""Files that look like the official SMPL ones, written from the open body: none of SMPL's own data is in them."""

import io
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from scipy import sparse

from habitus.body.assets import OPEN_BODY

ROOT = 4294967295


def smpl_arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """What an official file holds: vertices and faces in another order than the open body's, no UV, no regions."""
    rng = np.random.default_rng(seed)
    with np.load(OPEN_BODY) as own:
        order = rng.permutation(len(own["v_template"]))
        place = np.argsort(order)
        faces = rng.permutation(len(own["f"]))
        shifted = own["v_template"] + own["shapedirs"][..., 1] * 0.5 + np.array([0, 0.2, 0.02], np.float32)
        return {
            "v_template": shifted[order].astype(np.float64),
            "f": place[own["f"]][faces].astype(np.uint32),
            "shapedirs": own["shapedirs"][order].astype(np.float64),
            "posedirs": rng.normal(0, 1e-3, (len(order), 3, 207)),
            "J_regressor": own["J_regressor"][:, order].astype(np.float64),
            "weights": own["weights"][order].astype(np.float64),
            "kintree_table": np.stack([np.r_[ROOT, own["kintree_table"][0, 1:]], np.arange(24)]).astype(np.int64),
            "order": order,
            "face_order": faces,
        }


@contextmanager
def chumpy_pretended() -> Iterator[type]:
    """A module chumpy.ch with a class Ch, there only while a file is written."""

    class Ch:
        def __init__(self, x: np.ndarray):
            self.x = x

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    package, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")
    module.Ch = Ch  # type: ignore[attr-defined]
    package.ch = module  # type: ignore[attr-defined]
    sys.modules |= {"chumpy": package, "chumpy.ch": module}
    try:
        yield Ch
    finally:
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]


def official_pickle(arrays: dict[str, np.ndarray]) -> bytes:
    """A pickle as the official ones are built: chumpy objects, and a scipy.sparse joint regressor."""
    with chumpy_pretended() as Ch:
        content = {
            **{name: Ch(arrays[name]) for name in ("v_template", "shapedirs", "posedirs", "weights")},
            "J_regressor": sparse.csc_matrix(arrays["J_regressor"]),
            "kintree_table": arrays["kintree_table"],
            "f": arrays["f"],
            "bs_style": "lbs",
            "bs_type": "lrotmin",
        }
        return pickle.dumps(content, protocol=2)


def python2_array(array: np.ndarray) -> bytes:
    """The opcodes that Python 2 pickled an array with: raw data as a str, not as bytes."""
    raw, shape = array.tobytes(), b"".join(b"J" + struct.pack("<i", size) for size in array.shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        + b"(K\x01(" + shape + b"tcnumpy\ndtype\n(U\x02" + array.dtype.str[1:].encode() + b"K\x00K\x01tR"
        + b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"
    )  # fmt: skip


def python2_chumpy(array: np.ndarray) -> bytes:
    """The opcodes of a chumpy object around an array."""
    made = b"ccopy_reg\n_reconstructor\n(cchumpy.ch\nCh\nc__builtin__\nobject\nNtR"
    return made + b"}(U\x01x" + python2_array(array) + b"U\x05dirty\x88ub"


def npz_bytes(**arrays: np.ndarray) -> bytes:
    """A .npz in memory."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **arrays)
    return buffer.getvalue()
