"""The number formats as Python objects: hashable, comparable with strings and NumPy types, and
accepted by NumPy wherever a dtype is."""

import copyreg

import ml_dtypes
import numpy as np

from trainyard import _core

_NUMPY = {
    "bool_": np.bool_,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "uint16": np.uint16,
    "int32": np.int32,
    "uint32": np.uint32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "tfloat32": np.float32,
    "float32": np.float32,
    "float8_e4m3": ml_dtypes.float8_e4m3,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e3m4": ml_dtypes.float8_e3m4,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
    "float4_e2m1fn": ml_dtypes.float4_e2m1fn,
    # Types of our own: NumPy moves and views packs, and does not compute with them.
    "float8_e4m3fn_x4": _core.float8_e4m3fn_x4,
    "float8_e5m2_x4": _core.float8_e5m2_x4,
    "float4_e2m1fn_x4": _core.float4_e2m1fn_x4,
}

by_name = {dtype.name: dtype for dtype in _core.dtypes}
for _name, _dtype in by_name.items():
    _dtype.dtype = np.dtype(_NUMPY[_name])

# Further names, of older releases and of short spellings.
aliases = {
    "bool": "bool_",
    "bfloat": "bfloat16",
    "bf16": "bfloat16",
    "bfp16": "bfloat16",
    "fp16": "float16",
    "fp32": "float32",
    "tf32": "tfloat32",
    "float8e3": "float8_e3m4",
    "float8e4": "float8_e4m3",
    "float8e5": "float8_e5m2",
}

_INTEGERS = {"bool_", "int8", "uint8", "int16", "uint16", "int32", "uint32"}


def name_of(dtype):
    """The `nki.language` name of anything that names a number format."""
    if isinstance(dtype, _core.DType):
        return dtype.name
    text = str(dtype).removeprefix("torch.")
    if text in by_name:
        return text
    if text in aliases:
        return aliases[text]
    try:
        name = np.dtype(text if isinstance(dtype, str) else dtype).name
    except TypeError:
        return text
    return aliases.get(name, name)


def of(dtype):
    """The number format that `dtype` names, or a refusal (E105, E123)."""
    found = by_name.get(name_of(dtype))
    return found if found is not None else _core.dtype(dtype)


def equal(dtype, other):
    """Whether `other` (a NumPy or torch type, or a name) is the same number format."""
    try:
        return by_name.get(name_of(other)) is dtype
    except TypeError:
        return False


# Copied and pickled by name: there is one object of each.
copyreg.pickle(_core.DType, lambda dtype: (of, (dtype.name,)))


def numpy_dtype(dtype):
    """The NumPy dtype that stores a number format."""
    return of(dtype).dtype


def is_integer(dtype):
    """Whether values of the format are whole numbers (booleans included)."""
    return of(dtype).name in _INTEGERS


def promote(a, b):
    """The format of a result of two operands: floats before integers, then the wider one; two of
    one width that differ give the next wider (float32 for 16-bit floats)."""
    a, b = of(a), of(b)
    if a is b:
        return a
    if is_integer(a) != is_integer(b):
        return b if is_integer(a) else a
    if a.itemsize != b.itemsize and not (is_integer(a) and {a.name[0], b.name[0]} == {"i", "u"}):
        return a if a.itemsize > b.itemsize else b
    if is_integer(a):
        return _promote_integers(a, b)
    wider = {1: "bfloat16", 2: "float32", 4: "float32"}
    return by_name[wider[a.itemsize]]


def _promote_integers(a, b):
    unsigned, signed = sorted((a, b), key=lambda dtype: dtype.name[0] == "i")
    if "bool_" in (a.name, b.name):
        return b if a.name == "bool_" else a
    if signed.itemsize > unsigned.itemsize:
        return signed
    return by_name[{1: "int16", 2: "int32", 4: "float32"}[unsigned.itemsize]]
