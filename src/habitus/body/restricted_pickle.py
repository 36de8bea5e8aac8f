"""Reading pickles of unknown origin: a pickle is a program for a small stack machine, and this is that machine with
nothing in it that could run code.

Official SMPL files (Python 2, with chumpy and scipy.sparse objects inside) and the parameter files of HMR's descendants
are pickles. The standard unpickler, even a restricted subclass, calls what it finds and trusts the sizes it reads. Here
the opcodes are taken apart by `pickletools` and interpreted: what can come out is dicts, lists, tuples, sets of numbers
and strings, numpy arrays, and chumpy and scipy.sparse objects turned into arrays. Everything else is refused.
"""

import math
import pickletools
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from habitus.errors import InputError

MAX_BYTES = 512 * 2**20
"""Of the file; its arrays may take twice that, sparse matrices unfolded."""
MAX_STEPS = 500_000
"""Opcodes; an SMPL file has some thousands. Bounds the memory that tiny opcodes can claim."""
MAX_DEPTH = 64
"""Of containers inside containers."""

NUMPY_CORE = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
FUNCTIONS = {
    **{(module, name): name for module in NUMPY_CORE for name in ("_reconstruct", "scalar", "_frombuffer")},
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    ("copy_reg", "_reconstructor"): "_reconstructor",
    ("copyreg", "_reconstructor"): "_reconstructor",
    ("collections", "OrderedDict"): "OrderedDict",
    ("__builtin__", "bytes"): "bytes",
    ("builtins", "bytes"): "bytes",
}
"""What a pickle may call, by what we do in its place."""
INERT = {("numpy", "ndarray"), ("__builtin__", "object"), ("builtins", "object")}
SPARSE = ("csc_matrix", "csr_matrix", "coo_matrix", "csc_array", "csr_array", "coo_array")


class PickleRefusedError(Exception):
    """The pickle holds something that is not data; the message says what."""


@dataclass(eq=False)
class _Name:
    """A global that the pickle names: never imported, only compared."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class _Object:
    """An instance of a class that stays unknown: its name and its state."""

    kind: _Name
    state: Any = None


@dataclass(eq=False)
class _Array:
    """A numpy array under construction: its state comes one opcode later."""

    value: Any = None


@dataclass(eq=False)
class _Dtype:
    """A numpy dtype under construction: its byte order comes one opcode later."""

    code: str
    order: Any = "="

    def resolve(self) -> np.dtype:
        if self.code[:1] not in "?biufcSUO" or not self.code[1:].isdigit() or len(self.code) > 8:
            raise PickleRefusedError(f"a numpy type {self.code!r}")
        order = {"<": "<", ">": ">"}.get(self.order, "=")
        return np.dtype(("<" if order == "=" else order) + self.code)


@dataclass
class _Budget:
    """Bytes that arrays may still take: a small file can ask for the same large one again and again."""

    left: int = 2 * MAX_BYTES

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise PickleRefusedError(f"more than {2 * MAX_BYTES >> 20} MiB of arrays")


_MARK = object()


def read_restricted_pickle(path: str | Path) -> Any:
    """Read a pickle of plain data, numpy arrays, chumpy objects (as their values) and sparse matrices (as arrays).

    Strings of Python 2 come as str (latin-1).

    Raises:
        InputError: the file is missing, too large, no pickle, or holds anything else; nothing in it is ever run.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; this is no body or parameter file")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    try:
        return loads_restricted(content)
    except PickleRefusedError as refusal:
        raise InputError(f"{path}: holds {refusal}, which is not data; use a file from a source you trust") from refusal
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: is not a whole pickle file ({reason}); download or export it again") from error


def loads_restricted(content: bytes) -> Any:
    """`read_restricted_pickle` of bytes; raises ValueError and the like on what is no pickle of plain data."""
    budget = _Budget()
    machine = _Machine(_Maker(budget))
    for step, (opcode, argument, _) in enumerate(pickletools.genops(BytesIO(content))):
        if step > MAX_STEPS:
            raise PickleRefusedError(f"more than {MAX_STEPS} opcodes")
        machine.run(opcode.name, argument)
    return _Resolver(budget).resolve(machine.result, 0)


@dataclass
class _Machine:
    """The stack, the memo, and one step of the program."""

    maker: "_Maker"
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    result: Any = None

    def run(self, name: str, argument: Any) -> None:  # noqa: PLR0912 - one branch per kind of opcode
        stack = self.stack
        if name in ("PROTO", "FRAME"):
            pass
        elif name == "STOP":
            self.result = stack.pop()
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _LITERALS:
            stack.append(argument)
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self.from_mark()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif name in ("GLOBAL", "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD"):
            self.construct(name, argument)
        else:
            self.collect(name)

    def from_mark(self) -> list[Any]:
        """Pop everything down to the last mark."""
        place = max(k for k, item in enumerate(self.stack) if item is _MARK)
        items = self.stack[place + 1 :]
        del self.stack[place:]
        return items

    def collect(self, name: str) -> None:
        """Containers."""
        stack = self.stack
        if name in ("EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"):
            stack.append({"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": list}[name]())
        elif name == "EMPTY_TUPLE":
            stack.append(())
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            size = int(name[-1])
            items = [stack.pop() for _ in range(size)]
            stack.append(tuple(reversed(items)))
        elif name in ("TUPLE", "LIST", "DICT"):
            items = self.from_mark()
            stack.append(tuple(items) if name == "TUPLE" else items if name == "LIST" else _pairs({}, items))
        elif name in ("APPEND", "APPENDS", "ADDITEMS"):
            items = [stack.pop()] if name == "APPEND" else self.from_mark()
            _expect(stack[-1], list).extend(items)
        elif name == "SETITEM":
            value, key = stack.pop(), stack.pop()
            _pairs(_expect(stack[-1], dict), [key, value])
        elif name == "SETITEMS":
            items = self.from_mark()
            _pairs(_expect(stack[-1], dict), items)
        else:
            raise PickleRefusedError(f"the opcode {name}")

    def construct(self, name: str, argument: Any) -> None:
        """Globals, and what is made of them."""
        stack = self.stack
        if name == "GLOBAL":
            stack.append(_checked(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            stack.append(_checked(_expect(module, str), _expect(attribute, str)))
        elif name == "NEWOBJ":
            stack.pop()
            stack.append(_Object(_expect(stack.pop(), _Name)))
        elif name == "REDUCE":
            arguments, function = _expect(stack.pop(), tuple), _expect(stack.pop(), _Name)
            stack.append(self.maker.call(function, arguments))
        else:
            state = stack.pop()
            self.maker.build(stack[-1], state)


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8",
))  # fmt: skip


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise PickleRefusedError(
            f"a {type(value).__name__.strip('_').lower()} where a {kind.__name__.strip('_').lower()} belongs"
        )
    return value


def _pairs(target: dict, items: list) -> dict:
    """Add alternating keys and values; keys are plain, because hashing a deep tuple can take forever."""
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str | bytes | int | float | None):
            raise PickleRefusedError(f"a {type(key).__name__.strip('_').lower()} as a key")
        target[key] = value
    return target


def _checked(module: str, name: str) -> _Name:
    known = (module, name) in FUNCTIONS or (module, name) in INERT
    inert = module.partition(".")[0] == "chumpy" or (module.startswith("scipy.sparse") and name in SPARSE)
    if not (known or inert):
        raise PickleRefusedError(f"{module}.{name}")
    return _Name(module, name)


@dataclass
class _Maker:
    """What we do in place of the calls that a pickle asks for."""

    budget: _Budget

    def call(self, function: _Name, arguments: tuple) -> Any:
        name = FUNCTIONS.get((function.module, function.name))
        # A chumpy or scipy class called like a function is an object whose state comes with BUILD.
        return _Object(function) if name is None else getattr(self, "make_" + name.strip("_"))(*arguments)

    def make_reconstruct(self, *_: Any) -> _Array:
        return _Array()  # shape and data come with BUILD; those given here are placeholders

    def make_dtype(self, code: Any, *_: Any) -> _Dtype:
        return _Dtype(_expect(code, str))

    def make_scalar(self, dtype: Any, data: Any) -> Any:
        return self.array((), dtype, data, False)[()]

    def make_frombuffer(self, data: Any, dtype: Any, shape: Any, order: Any) -> Any:
        return self.array(shape, dtype, data, order == "F")

    def make_encode(self, text: Any, encoding: Any) -> bytes:
        if encoding not in ("latin1", "latin-1"):
            raise PickleRefusedError(f"a string in {encoding!r}")
        self.budget.spend(len(_expect(text, str)))
        return text.encode("latin-1")

    def make_bytes(self) -> bytes:
        return b""  # Python 3 writes empty bytes so for Python 2; all others go through encode

    def make_reconstructor(self, kind: Any, *_: Any) -> _Object:
        return _Object(_expect(kind, _Name))

    def make_OrderedDict(self, pairs: Any = ()) -> dict:  # noqa: N802 - named after what it replaces
        return _pairs({}, [part for pair in pairs for part in pair])

    def build(self, target: Any, state: Any) -> None:
        if isinstance(target, _Array):
            _, shape, dtype, fortran, data = _expect(state, tuple)
            target.value = self.array(shape, dtype, data, bool(fortran))
        elif isinstance(target, _Dtype):
            target.order = state[1]
        elif isinstance(target, _Object):
            target.state = state
        elif not (isinstance(target, dict) and not state):  # an OrderedDict's empty attributes
            raise PickleRefusedError(f"attributes for a {type(target).__name__.lower()}")

    def array(self, shape: Any, dtype: Any, data: Any, fortran: bool) -> Any:
        """An array of exactly the bytes that the file holds: no size is taken on trust."""
        kind = _expect(dtype, _Dtype).resolve()
        count = math.prod(_expect(size, int) for size in _expect(shape, tuple))
        if kind.hasobject:
            if len(_expect(data, list)) != count:
                raise PickleRefusedError("an array of other size than its data")
            return data
        if not isinstance(data, str | bytes | bytearray) or min((0, *shape)) < 0 or count * kind.itemsize != len(data):
            raise PickleRefusedError("an array of other size than its data")
        self.budget.spend(len(data))
        raw = data.encode("latin-1") if isinstance(data, str) else bytes(data)
        return np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C").copy()


class _Resolver:
    """Turns what the machine left into plain data, each object once."""

    def __init__(self, budget: _Budget) -> None:
        self.budget = budget
        self.done: dict[int, Any] = {}

    def resolve(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise PickleRefusedError(f"containers nested more than {MAX_DEPTH} deep")
        if isinstance(value, _Array):
            return self.resolve(value.value, depth + 1) if isinstance(value.value, list) else value.value
        if isinstance(value, _Dtype):
            return value.resolve()
        if isinstance(value, _Name) or value is _MARK:
            raise PickleRefusedError(f"{value}")
        if not isinstance(value, dict | list | tuple | _Object):
            return value
        if id(value) in self.done:
            return self.done[id(value)]
        if isinstance(value, dict):
            result: Any = self.done.setdefault(id(value), {})
            result.update({key: self.resolve(item, depth + 1) for key, item in value.items()})
        elif isinstance(value, list):
            result = self.done.setdefault(id(value), [])
            result.extend(self.resolve(item, depth + 1) for item in value)
        elif isinstance(value, tuple):
            result = tuple(self.resolve(item, depth + 1) for item in value)
        else:
            result = _value_of(value.kind, self.resolve(value.state, depth + 1), self.budget)
        self.done[id(value)] = result
        return result


def _value_of(kind: _Name, state: Any, budget: _Budget) -> np.ndarray:
    """The array that a chumpy or scipy.sparse object stands for."""
    if not isinstance(state, dict):
        raise PickleRefusedError(f"a {kind} without its data")
    if kind.name not in SPARSE:
        found = next((state[key] for key in ("x", "r", "_x", "_r") if isinstance(state.get(key), np.ndarray)), None)
        if found is None:
            raise PickleRefusedError(f"a {kind} without plain values")
        return found
    rows, columns = (int(size) for size in state.get("_shape", state.get("shape", ())))
    data = np.asarray(state["data"])
    if min(rows, columns) < 0 or data.dtype.kind not in "biuf":
        raise PickleRefusedError(f"a broken {kind}")
    budget.spend(rows * columns * data.itemsize)
    if kind.name.startswith("coo"):
        row, column = (np.asarray(c) for c in (state["coords"] if "coords" in state else (state["row"], state["col"])))
    else:
        starts, minor = np.asarray(state["indptr"]).astype(np.int64), np.asarray(state["indices"])
        if len(starts) == 0 or starts[0] != 0 or starts[-1] != len(data) or (np.diff(starts) < 0).any():
            raise PickleRefusedError(f"a broken {kind}")
        major = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        row, column = (minor, major) if kind.name.startswith("csc") else (major, minor)
    if not (len(row) == len(column) == len(data)) or (len(row) and (min(row.min(), column.min()) < 0)):
        raise PickleRefusedError(f"a broken {kind}")
    dense = np.zeros((rows, columns), data.dtype)
    np.add.at(dense, (row, column), data)
    return dense
