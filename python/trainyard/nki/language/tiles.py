"""What the wrappers of nl share: the result tile, and operands in the form instructions take."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki.buffers import is_on_chip, sbuf

NkiTensor = _core.NkiTensor


def is_tile(value):
    """Whether it is a tensor."""
    return isinstance(value, NkiTensor)


def check_tile(what, value, parameter="x"):
    """Refuses anything but a tensor on chip (E111, E107)."""
    if not is_tile(value):
        found = type(value).__name__
        _core.refuse("E111", f"{what}: {parameter} is no tile", found, "a tile", f"nl.{what}")
    if not is_on_chip(value.buffer):
        allowed, fix = "nl.sbuf, nl.psum", "Load it first, with nl.load."
        message = f"{what}: {parameter} is {value!r}"
        _core.refuse("E107", message, str(value.buffer), allowed, f"nl.{what}", fix)


def result_like(x, dtype=None, shape=None):
    """A new SBUF tile for a result: the shape and dtype of `x` where not given."""
    return _core.ndarray(shape or x.shape, dtype or x.dtype, sbuf)


def fp32_like(x, shape=None):
    """A new float32 tile in SBUF for an intermediate result."""
    return _core.ndarray(shape or x.shape, "float32", sbuf)


def is_column(tile):
    """Whether it has one element per partition."""
    return tile.size == tile.shape[0]


def repeat_free(tile, shape):
    """A view in which free dimensions of size 1 have the size that `shape` has; no data move."""
    for axis in range(1, tile.ndim):
        if tile.shape[axis] != shape[axis]:
            tile = tile.broadcast(axis, shape[axis])
    return tile


def as_column(tile):
    """One element per partition as the [P, 1] float32 operand that instructions take."""
    column = tile if tile.ndim == 2 else tile.reshape((tile.shape[0], 1))
    if column.dtype.name == "float32":
        return column
    widened = fp32_like(column)
    isa.tensor_copy(widened, column)
    return widened


def constant_column(partitions, value):
    """A [P, 1] float32 tile that holds one number."""
    column = _core.ndarray((partitions, 1), "float32", sbuf)
    isa.memset(column, float(value))
    return column


def cast(tile, dtype):
    """The tile in another number format: itself, or a converted copy in SBUF."""
    if dtype is None or dtypes.of(dtype) is tile.dtype:
        return tile
    copied = result_like(tile, dtype)
    isa.tensor_copy(copied, tile)
    return copied


def copy_of(tile):
    """A new SBUF tile with the same values, row-major."""
    out = result_like(tile)
    isa.tensor_copy(out, tile)
    return out
