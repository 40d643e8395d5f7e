"""nki.language: tensors, number formats, loops, and functions that double as operator tokens."""

import numpy as np

from trainyard import _core
from trainyard.nki.buffers import (
    MemoryRegion,
    hbm,
    private_hbm,
    psum,
    sbuf,
    shared_hbm,
)
from trainyard.nki.dtypes import by_name as _by_name

NkiTensor = _core.NkiTensor

bool_ = _by_name["bool_"]
int8, int16, int32 = _by_name["int8"], _by_name["int16"], _by_name["int32"]
uint8, uint16, uint32 = _by_name["uint8"], _by_name["uint16"], _by_name["uint32"]
float16, bfloat16 = _by_name["float16"], _by_name["bfloat16"]
tfloat32, float32 = _by_name["tfloat32"], _by_name["float32"]
float8_e4m3, float8_e4m3fn = _by_name["float8_e4m3"], _by_name["float8_e4m3fn"]
float8_e5m2, float8_e3m4 = _by_name["float8_e5m2"], _by_name["float8_e3m4"]
float8_e8m0fnu = _by_name["float8_e8m0fnu"]
float8_e4m3fn_x4, float8_e5m2_x4 = _by_name["float8_e4m3fn_x4"], _by_name["float8_e5m2_x4"]
float4_e2m1fn_x4 = _by_name["float4_e2m1fn_x4"]


def ndarray(shape, dtype, buffer=sbuf, name="", address=None):
    """Declares a tensor; nothing is written to it."""
    return _core.current_trace().declare(shape, dtype, buffer, name, address)
