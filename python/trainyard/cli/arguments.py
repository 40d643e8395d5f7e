"""Kernel arguments on the command line: `q=bf16[128,512]:randn`, `x=weights.npy`, `n=4`."""

import ast
import re
from pathlib import Path

import numpy as np

from trainyard import _core
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

_ARRAY = re.compile(r"(\w+)\[([\d,\s]*)\](?::(.+))?")


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


def parse(text, seed=0):
    """(name, value) of one --arg. Random arrays depend on `seed` and the name only."""
    name, equals, spec = text.partition("=")
    if not equals or not name.isidentifier():
        _refuse(text, "Write name=value, e.g. q=bf16[128,512]:randn or n=4.")
    if match := _ARRAY.fullmatch(spec.strip()):
        return name, _array(text, name, *match.groups(), seed)
    if spec.endswith(".npy"):
        return name, _load(spec)
    try:
        return name, ast.literal_eval(spec)
    except (ValueError, SyntaxError):
        return name, spec


def _array(text, name, type_name, sizes, how, seed):
    dtype = dtypes.of(_SHORT.get(type_name, type_name)).dtype
    shape = tuple(int(size) for size in sizes.split(",") if size.strip())
    how = how or ("arange" if dtype.kind in "iu" else "randn")
    if how.endswith(".npy"):
        values = _load(how)
        if values.size != np.prod(shape):
            _refuse(text, f"{how} holds {values.shape}.")
        return values.reshape(shape).astype(dtype)
    if how not in GENERATORS:
        nearest = _core.did_you_mean(how, list(GENERATORS))
        known = f"{', '.join(GENERATORS)} or FILE.npy"
        _refuse(text, f"did you mean {nearest}?" if nearest else f"Generators: {known}.")
    if how == "eye" and len(shape) < 2:
        _refuse(text, "eye needs two dimensions.")
    rng = np.random.default_rng([seed, *name.encode()])
    return GENERATORS[how](rng, shape).astype(dtype)


def _load(path):
    try:
        return np.load(Path(path))
    except (OSError, ValueError) as error:
        _core.refuse("E006", f"{path}: {error}")


def _refuse(text, fix):
    _core.refuse("E001", f"--arg {text}", fix=fix)
