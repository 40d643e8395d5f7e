"""Kernel arguments on the command line: `q=bf16[128,512]:randn`, `x=weights.npy`, `n=4`."""

import ast
import math
import re
import zipfile

import numpy as np

from trainyard import _core
from trainyard.cli.options import suggestion
from trainyard.nki import dtypes

_SHORT = {
    "f32": "float32",
    "f64": "float64",
    "f16": "float16",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "fp8_e4m3": "float8_e4m3",
    "fp8_e4m3fn": "float8_e4m3fn",
    "fp8_e5m2": "float8_e5m2",
}

_ARRAY = re.compile(r"(\w+)\[([^]]*)\](?::(.+))?")
_BARE = re.compile(r"[\w.+/-]+")  # a text that needs no quotes: a word, a path
_WIDE = re.compile(r"(i|u|int|uint)64")
_FRACTIONS = ("randn", "rand")

_SYNTAX = "Write name=value, e.g. q=bf16[128,512]:randn or n=4."


def _randn(rng, shape):
    return rng.standard_normal(shape, dtype=np.float32)


def _rand(rng, shape):
    return rng.random(shape, dtype=np.float32)


def _counting(rng, shape):
    return np.arange(np.prod(shape)).reshape(shape)


def _eye(rng, shape):
    return np.eye(*shape[-2:]) * np.ones((*shape[:-2], 1, 1))


GENERATORS = {
    "randn": _randn,
    "rand": _rand,
    "zeros": lambda rng, shape: np.zeros(shape),
    "ones": lambda rng, shape: np.ones(shape),
    "arange": _counting,
    "iota": _counting,
    "eye": _eye,
}


def parse_all(texts, seed=0):
    """The arguments of a kernel by name."""
    values = {}
    for text in texts:
        name, value = parse(text, seed)
        if name in values:
            _refuse(text, f"{name} is given twice.")
        values[name] = value
    return values


def parse(text, seed=0):
    """(name, value) of one --arg. Random arrays depend on `seed` and the name only."""
    name, equals, spec = text.partition("=")
    if not equals or not name.isidentifier():
        _refuse(text, _SYNTAX)
    spec = spec.strip()
    if match := _ARRAY.fullmatch(spec):
        return name, _array(text, name, *match.groups(), seed)
    if spec.endswith((".npy", ".npz")):
        return name, _load(text, spec)
    try:
        return name, ast.literal_eval(spec)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if not _BARE.fullmatch(spec):
            fix = "Arrays are TYPE[SIZES] or TYPE[SIZES]:GENERATOR; quote a text: name='a b'."
            _refuse(text, fix, f"{spec!r} is no array, no file and no Python literal")
        return name, spec


def _array(text, name, type_name, sizes, how, seed):
    dtype = _dtype(text, type_name)
    shape = _shape(text, sizes)
    how = how or ("arange" if dtype.kind in "iu" else "randn")
    if how.endswith((".npy", ".npz")):
        values = _load(text, how)
        if values.size != math.prod(shape):
            _refuse(text, "Name a file of that many elements.", f"{how} holds {values.shape}")
        return values.reshape(shape).astype(dtype)
    if how not in GENERATORS:
        known = f"Generators: {', '.join(GENERATORS)} or FILE.npy."
        _refuse(text, suggestion(how, GENERATORS) or known, f"no generator {how}")
    if how == "eye" and len(shape) < 2:
        _refuse(text, "Give it two.", "eye needs two dimensions")
    if how in _FRACTIONS and dtype.kind in "biu":
        fix = "Use arange, zeros, ones, eye or FILE.npy."
        _refuse(text, fix, f"{how} gives fractions, and {type_name} holds whole numbers")
    rng = np.random.default_rng([seed, *name.encode()])
    try:
        return GENERATORS[how](rng, shape).astype(dtype)
    except (MemoryError, ValueError, OverflowError) as error:
        return _refuse(text, "Use a smaller array.", f"no room for {list(shape)}: {error}")


def _dtype(text, name):
    """The NumPy type that stores a number format."""
    known = _SHORT.get(name, name)
    if dtypes.name_of(known) == "float64":
        _core.refuse("E123", f"--arg {text}", name, "float32", "nki.language", "Write f32[…].")
    if known in dtypes.by_name or known in dtypes.aliases:
        return dtypes.of(known).dtype
    names = [*_SHORT, *dtypes.by_name, *dtypes.aliases]
    if wide := _WIDE.fullmatch(name):
        return _refuse(text, f"Write {wide[1]}32.", f"the chip has no data type {name}")
    fix = suggestion(name.lower(), names) or f"Types: {', '.join(dtypes.by_name)}."
    return _refuse(text, fix, f"the chip has no data type {name}")


def _shape(text, sizes):
    """The sizes between brackets; none is a single number."""
    words = [word.strip() for word in sizes.split(",")] if sizes.strip() else []
    for word in words:
        if not word.isdecimal() or int(word) < 1:
            _refuse(text, "Sizes are whole numbers from 1.", f"{word!r} is no size")
    return tuple(int(word) for word in words)


def _load(text, path):
    problem = "it holds several arrays, or none"
    try:
        array = np.load(path)
        if isinstance(array, np.ndarray):
            return array
    except OSError as error:
        problem = error.strerror or str(error)
    except (ValueError, EOFError, zipfile.BadZipFile):
        problem = "it is no array that numpy.save wrote"
    fix = "Name a .npy file, as numpy.save writes it."
    return _core.refuse("E006", f"--arg {text}: cannot read {path}: {problem}", fix=fix)


def _refuse(text, fix, problem=""):
    _core.refuse("E001", f"--arg {text}" + (f": {problem}" if problem else ""), fix=fix)
