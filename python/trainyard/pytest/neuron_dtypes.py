"""neuron_dtypes: conversions between number formats on the host, for goldens and inputs of tests.

The package itself is closed; this has what public suites use of it. Conversions are those of
ml_dtypes (to nearest, ties to even), and packs of four are made and opened here: element 0 of a
pack is in its lowest bits, and the last dimension is a quarter as long."""

import ml_dtypes
import numpy as np

from trainyard.nki import dtypes

# The plain formats as NumPy types.
bfloat16 = ml_dtypes.bfloat16
float8_e3m4 = ml_dtypes.float8_e3m4
float8_e4m3 = ml_dtypes.float8_e4m3
float8_e4m3fn = ml_dtypes.float8_e4m3fn
float8_e5m2 = ml_dtypes.float8_e5m2
float8_e8m0fnu = ml_dtypes.float8_e8m0fnu
float4_e2m1fn = ml_dtypes.float4_e2m1fn

# The packs, as NumPy types too.
float8_e4m3fn_x4 = dtypes.by_name["float8_e4m3fn_x4"].dtype.type
float8_e5m2_x4 = dtypes.by_name["float8_e5m2_x4"].dtype.type
float4_e2m1fn_x4 = dtypes.by_name["float4_e2m1fn_x4"].dtype.type

_PACKED = "_x4"


def sizeinbytes(dtype):
    """Bytes of an element; of a pack, those of all four."""
    return np.dtype(dtypes.numpy_dtype(dtype)).itemsize


def finfo(dtype):
    """The limits of a floating-point format, as numpy.finfo gives them."""
    return ml_dtypes.finfo(dtypes.numpy_dtype(dtype))


def is_float_type(dtype):
    """Whether it is a floating-point format; float64 is one, a pack is none."""
    try:
        ml_dtypes.finfo(np.dtype(dtype))
    except (TypeError, ValueError):
        return False
    return True


def static_cast(array, dtype):
    """The array in another format. To a pack the last dimension shrinks by four, from one it grows
    by four; ValueError where it is no multiple."""
    name = dtypes.name_of(dtype)
    array = np.asarray(array)
    if array.dtype.name == name:
        return array.copy()
    if array.dtype.name.endswith(_PACKED):
        array = _unpack(array)
    return _pack(array, name) if name.endswith(_PACKED) else array.astype(_numpy(dtype))


def _unpack(array):
    """The elements of an array of packs, in their own type."""
    element = _element(array.dtype.name)
    array = np.ascontiguousarray(array)
    if element is not float4_e2m1fn:
        return array.view(np.uint8).view(element).reshape(*array.shape[:-1], -1)
    shifts = np.arange(0, 16, 4, dtype=np.uint16)
    nibbles = (array.view(np.uint16)[..., None] >> shifts & 15).astype(np.uint8)
    return nibbles.reshape(*array.shape[:-1], -1).view(element)


def _numpy(dtype):
    """The NumPy type; float64 and the 64-bit integers, which no chip has, too."""
    known = dtypes.by_name.get(dtypes.name_of(dtype))
    return np.dtype(dtype) if known is None else known.dtype


def _element(name):
    return np.dtype(getattr(ml_dtypes, name.removesuffix(_PACKED))).type


def _pack(array, name):
    element, stored = _element(name), dtypes.by_name[name].dtype
    if array.shape[-1] % 4:
        raise ValueError(f"static_cast to {name}: {array.shape[-1]} elements are no multiple of 4")
    bits = np.ascontiguousarray(array.astype(element)).view(np.uint8)
    if element is not float4_e2m1fn:
        return bits.view(stored)
    quads = bits.astype(np.uint16).reshape(*array.shape[:-1], -1, 4)
    shifts = np.arange(0, 16, 4, dtype=np.uint16)
    return (quads << shifts).sum(-1, dtype=np.uint16).view(stored)
