"""Making tensors: empty, filled, and with data that comes with the program."""

import numpy as np

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki.buffers import is_on_chip, psum, sbuf, shared_hbm

ndarray = _core.ndarray  # a function of the core: no Python frame where most tensors are made


def full(shape, fill_value, dtype, buffer=sbuf, name=""):
    """A new tensor whose elements are all `fill_value`."""
    tensor = ndarray(shape, dtype, buffer, name)
    _fill(tensor, fill_value)
    return tensor


def zeros(shape, dtype, buffer=sbuf, name=""):
    """A new tensor of zeros."""
    return full(shape, 0, dtype, buffer, name)


def ones(shape, dtype, buffer=sbuf, name=""):
    """A new tensor of ones."""
    return full(shape, 1, dtype, buffer, name)


def empty_like(x, dtype=None, buffer=None, name=""):
    """A new tensor with the shape, and where not given the dtype and memory, of `x`."""
    return ndarray(x.shape, dtype or x.dtype, buffer or x.buffer, name)


def zeros_like(x, dtype=None, buffer=None, name=""):
    """A new tensor of zeros with the shape, and where not given the dtype and memory, of `x`."""
    return full(x.shape, 0, dtype or x.dtype, buffer or x.buffer, name)


def _fill(tensor, value):
    """memset on chip; in device memory, DMAs from a tile that memset has filled."""
    if dtypes.is_integer(tensor.dtype):
        value = int(value) if value == int(value) else value
    elif not tensor.dtype.name.endswith("_x4"):
        value = float(value)
    if is_on_chip(tensor.buffer):
        # Only Vector reaches PSUM; elsewhere the schedule may choose.
        engine = isa.engine.vector if tensor.buffer is psum else isa.engine.unknown
        isa.memset(tensor, value, engine=engine)
        return
    rows = min(128, tensor.size)
    columns = min(2048, -(-tensor.size // rows))
    tile = ndarray((rows, columns), tensor.dtype)
    isa.memset(tile, value)
    flat = tensor.reshape((tensor.size,))
    start = 0
    while start < tensor.size:
        left = tensor.size - start
        block = (min(rows, left // columns), columns) if left >= columns else (1, left)
        size = block[0] * block[1]
        isa.dma_copy(flat[start : start + size].reshape(block), tile[: block[0], : block[1]])
        start += size


def shared_constant(constant):
    """A tensor in shared HBM with the values of a NumPy array, or of a .npy file."""
    trace = _core.current_trace()
    if not isinstance(constant, np.ndarray):
        try:
            constant = np.load(constant)
        except (OSError, ValueError, TypeError) as error:
            _core.refuse("E006", f"shared_constant: {constant!r}: {error}")
    data = np.ascontiguousarray(constant).reshape(constant.shape or (1,)).copy()
    dtype = dtypes.of(data.dtype)
    return trace.add_input("", dtype, list(data.shape), data.ctypes.data, data, constant=True)


def shared_identity_matrix(n, dtype=dtypes.by_name["uint8"], dst=None):
    """The n x n identity in SBUF: a new tile, or `dst`. The constant in HBM that it is loaded
    from exists once for each n and dtype."""
    trace = _core.current_trace()
    kind = dtypes.of(dtype if dst is None else dst.dtype)
    constants = trace.constants
    if (n, kind) not in constants:
        constants[n, kind] = shared_constant(np.eye(n, dtype=kind.dtype))._id
    tile = ndarray((n, n), kind) if dst is None else dst
    isa.dma_copy(tile, trace.tensor(constants[n, kind]))
    return tile


__all__ = [
    "empty_like",
    "full",
    "ndarray",
    "ones",
    "shared_constant",
    "shared_hbm",
    "shared_identity_matrix",
    "zeros",
    "zeros_like",
]
