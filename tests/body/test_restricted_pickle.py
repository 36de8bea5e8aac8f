"""Pickles from anywhere: data comes out, nothing runs, nothing exhausts memory."""

import collections
import io
import os
import pickle
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from smpl_files import chumpy_pretended, python2_array, python2_chumpy

from habitus.body.restricted_pickle import PickleRefusedError, loads_restricted, read_restricted_pickle
from habitus.errors import InputError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(tmp_path: Path, content: bytes) -> object:
    path = tmp_path / "file.pkl"
    path.write_bytes(content)
    return read_restricted_pickle(path)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(plain, st.sampled_from(PROTOCOLS))
def test_plain_data_comes_out_as_pickle_reads_it(value: object, protocol: int) -> None:
    assert loads_restricted(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=">i4"),
        np.array(True),
        np.zeros((0, 3), np.float32),
        np.array(["pelvis", "hip"]),
        np.arange(3, dtype=np.uint32),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays_come_out_as_numpy_reads_them(array: np.ndarray, protocol: int) -> None:
    found = loads_restricted(pickle.dumps({"a": array, "again": array}, protocol))
    for value in found.values():
        assert value.dtype == array.dtype.newbyteorder("=") or value.dtype == array.dtype
        np.testing.assert_array_equal(value, array)
    assert found["a"].flags.writeable


def test_numpy_scalars_and_ordered_dicts() -> None:
    value = collections.OrderedDict(scale=np.float32(1.5), count=np.int64(3))
    assert loads_restricted(pickle.dumps(value)) == {"scale": 1.5, "count": 3}


def test_objects_are_shared_and_cycles_end() -> None:
    cycle: list = [1]
    cycle.append(cycle)
    found = loads_restricted(pickle.dumps(cycle))
    assert found[0] == 1
    assert found[1] is found


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.uint32])
def test_arrays_of_python_2(dtype: type) -> None:
    array = np.arange(200, 260).reshape(3, 20).astype(dtype)
    content = b"\x80\x02" + python2_array(array) + b"."
    np.testing.assert_array_equal(pickle.loads(content, encoding="latin1"), array)  # the test's own opcodes are right
    np.testing.assert_array_equal(loads_restricted(content), array)
    np.testing.assert_array_equal(loads_restricted(b"\x80\x02" + python2_chumpy(array) + b"."), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_chumpy_objects_are_their_values(protocol: int) -> None:
    array = np.arange(6.0).reshape(2, 3)
    with chumpy_pretended() as Ch:
        content = pickle.dumps({"v": Ch(array)}, protocol)
    np.testing.assert_array_equal(loads_restricted(content)["v"], array)


@pytest.mark.parametrize("kind", ["csc_matrix", "csr_matrix", "coo_matrix", "csc_array", "csr_array", "coo_array"])
def test_sparse_matrices_unfold(kind: str) -> None:
    dense = np.array([[0, 1.5, 0], [2, 0, 0]])
    np.testing.assert_array_equal(loads_restricted(pickle.dumps(getattr(sparse, kind)(dense))), dense)


def test_sparse_matrices_of_old_scipy() -> None:
    content = pickle.dumps(sparse.csc_matrix(np.eye(3)), 2).replace(b"scipy.sparse._csc", b"scipy.sparse.csc")
    np.testing.assert_array_equal(loads_restricted(content), np.eye(3))


class Calls:
    def __init__(self, function: object, *arguments: object):
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple:
        return self.function, self.arguments


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "function", [os.system, eval, exec, os.mkdir, getattr, np.load, np.ones, np.frombuffer, pickle.loads, type, open]
)
def test_nothing_is_called(function: object, protocol: int, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    command = f"__import__('os').mkdir({str(witness)!r})" if function in (eval, exec) else f"mkdir {witness}"
    content = pickle.dumps([Calls(function, str(witness) if function is os.mkdir else command)], protocol)
    with pytest.raises(InputError, match="not data") as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert not witness.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'touch witness'\ntR.",
        b"(S'touch witness'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch witness'\no.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cos\nsystem\n(K\x00tS'b'\ntR.",
        b"cchumpy.ch\nCh\n)\x81}(S'x'\ncos\nsystem\nub.",
        b"cchumpy\n__builtins__\n.",
        b"cscipy.sparse\ncsr_matrix.__init__.__globals__\n.",
        b"Pid\n.",
        b"\x82\x01.",
        b"}(cnumpy\ndtype\n(S'O8'\nK\x00K\x01tRK\x01u.",
    ],
)
def test_hand_made_attacks_are_refused(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        read(tmp_path, content)
    assert not (tmp_path / "witness").exists()


def _reconstructed(shape: bytes, data: bytes = b"U\x00") -> bytes:
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + shape + b"U\x01btR(K\x01" + shape
        + b"cnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + data
        + b"tb."
    )  # fmt: skip


HUGE = b"J" + struct.pack("<i", 2**31 - 1)
BIG = b"X" + struct.pack("<I", 2**20) + b"x" * 2**20
ENCODED = b"c_codecs\nencode\nh\x00U\x06latin1\x86R0"
BOMBS = {
    "array without data": _reconstructed(b"(" + HUGE + HUGE + b"t"),
    "memo index": b"\x80\x02Nr\xff\xff\xff\xff.",
    "string length": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
    "bytearray length": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",
    "the same string again and again": b"\x80\x02" + BIG + b"q\x000" + ENCODED * 3000 + b"N.",
    "nested tuples as a key": b"\x80\x02)" + b"2\x86" * 200 + b"q\x00}h\x00Ns.",
    "nested lists": b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".",
    "doubling": b"\x80\x02]q\x00" + b"(h\x00h\x00lq\x00" * 90 + b".",
    "many dicts": b"\x80\x02(" + b"}" * 510_000 + b"t.",
    "large sparse matrix": pickle.dumps(sparse.csr_matrix((2_000_000, 3), dtype=float)).replace(
        struct.pack("<BI", ord("J"), 2_000_000), struct.pack("<BI", ord("J"), 2**31 - 1)
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_stay_small(name: str, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        read(tmp_path, BOMBS[name])
    except InputError:
        pass
    else:
        assert name == "memo index"  # harmless here: the memo is a dict
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 700 * 2**20


def test_depth_is_limited_but_sharing_is_not() -> None:
    with pytest.raises(PickleRefusedError, match="deep"):
        loads_restricted(BOMBS["nested lists"])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_files_raise_one_kind_of_error(data: st.DataObject) -> None:
    good = pickle.dumps({"pose": np.arange(6.0), "scale": [1, 2.5, "x"], "m": sparse.eye(3, format="csc")}, 2)
    content = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        try:
            read(Path(folder), bytes(content))
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x02", pickle.dumps([1, 2])[:-1]])
def test_what_is_no_pickle_says_so(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a whole pickle"):
        read(tmp_path, content)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_restricted_pickle(tmp_path / "none.pkl")


def test_large_files_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.pkl"
    with path.open("wb") as file:
        file.truncate(513 * 2**20)  # a hole: takes no space
    with pytest.raises(InputError, match="larger than"):
        read_restricted_pickle(path)


def test_python_3_persistent_ids_are_refused() -> None:
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, 2)
    pickler.persistent_id = lambda value: "id" if value == 5 else None  # type: ignore[method-assign]
    pickler.dump([5])
    with pytest.raises(PickleRefusedError):
        loads_restricted(buffer.getvalue())
