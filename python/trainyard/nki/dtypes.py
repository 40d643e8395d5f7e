"""The number formats as Python objects: hashable, comparable with strings and NumPy types, and
accepted by NumPy wherever a dtype is."""

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
    # A pack travels as the unsigned integer that holds it.
    "float8_e4m3fn_x4": np.uint32,
    "float8_e5m2_x4": np.uint32,
    "float4_e2m1fn_x4": np.uint16,
}

by_name = {dtype.name: dtype for dtype in _core.dtypes}
for _name, _dtype in by_name.items():
    _dtype.dtype = np.dtype(_NUMPY[_name])


def name_of(dtype):
    """The `nki.language` name of anything that names a number format."""
    if isinstance(dtype, _core.DType):
        return dtype.name
    module = type(dtype).__module__
    if module == "torch" or str(dtype).startswith("torch."):
        return str(dtype).removeprefix("torch.")
    try:
        name = np.dtype(dtype).name
        return "bool_" if name == "bool" else name
    except TypeError:
        return str(dtype)


def equal(dtype, other):
    """Whether `other` (a NumPy or torch type) is the same number format."""
    try:
        return by_name.get(name_of(other)) is dtype
    except TypeError:
        return False


def numpy_dtype(dtype):
    """The NumPy dtype that stores a number format."""
    return dtype.dtype
