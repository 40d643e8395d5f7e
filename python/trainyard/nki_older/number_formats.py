"""The number formats of the older API: NumPy's own types where NumPy has them."""

import ml_dtypes
import numpy as np

from trainyard.nki import dtypes

bool_ = np.bool_
int8, int16, int32 = np.int8, np.int16, np.int32
uint8, uint16, uint32 = np.uint8, np.uint16, np.uint32
float16, float32 = np.float16, np.float32
bfloat16 = np.dtype(ml_dtypes.bfloat16)
float8_e4m3 = np.dtype(ml_dtypes.float8_e4m3)
float8_e5m2 = np.dtype(ml_dtypes.float8_e5m2)
tfloat32 = dtypes.by_name["tfloat32"]

_known = {}


def kind(dtype):
    """The core's number format for anything that names one (E105, E123)."""
    try:
        found = _known.get(dtype)
    except TypeError:  # not hashable: some framework's type
        return dtypes.of(dtype)
    if found is None:
        found = _known[dtype] = dtypes.of(dtype)
    return found


class fp32:  # noqa: N801
    """Constants of float32."""

    min = float(np.finfo(np.float32).min)
    max = float(np.finfo(np.float32).max)


class bfp16:  # noqa: N801
    """Constants of bfloat16."""

    min = float(ml_dtypes.finfo(ml_dtypes.bfloat16).min)
    max = float(ml_dtypes.finfo(ml_dtypes.bfloat16).max)


class finfo:  # noqa: N801
    """Limits of a float format, as NumPy's finfo has them, as numbers."""

    def __init__(self, dtype):
        info = ml_dtypes.finfo(dtypes.of(dtype).dtype)
        self.dtype = dtypes.of(dtype).dtype
        self.min, self.max, self.eps, self.tiny = (
            float(value) for value in (info.min, info.max, info.eps, info.tiny)
        )
        self.bits = info.bits
