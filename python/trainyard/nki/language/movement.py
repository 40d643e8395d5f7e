"""Moving tiles: between device memory and SBUF, between memories on chip, across partitions, and
through the Tensor Engine."""

from trainyard import _core
from trainyard.nki import dtypes, isa, versions
from trainyard.nki.buffers import is_on_chip, psum, sbuf
from trainyard.nki.language import tiles, tokens


def _check_hbm(what, tensor, parameter):
    if not tiles.is_tile(tensor) or is_on_chip(tensor.buffer):
        found = repr(tensor) if tiles.is_tile(tensor) else type(tensor).__name__
        allowed = "a tensor in HBM"
        _core.refuse("E107", f"{what}: {parameter} is {found}", found, allowed, f"nl.{what}")


def load(src, dtype=None):
    """A new SBUF tile with the values of a tensor in HBM, converted to `dtype`. Its first
    dimension becomes the partition dimension."""
    _check_hbm("load", src, "src")
    out = tiles.result_like(src, dtype)
    isa.dma_copy(out, src)
    return out


def load_transpose2d(src, dtype=None):
    """A new SBUF tile with a two-dimensional tensor in HBM transposed, by DMA. Further dimensions
    are of size 1 and fall away."""
    _check_hbm("load_transpose2d", src, "src")
    if src.ndim > 2 and src.size == src.shape[0] * src.shape[1]:
        src = src.flatten_dims(1, src.ndim - 1)
    if src.ndim != 2:
        _core.refuse("E110", "load_transpose2d: src", str(src.shape), "two dimensions")
    out = tiles.result_like(src, shape=src.shape[::-1])
    isa.dma_transpose(out, src)
    return tiles.cast(out, dtype)


def store(dst, value):
    """Writes an SBUF tile to a tensor in HBM, converting to its dtype."""
    _check_hbm("store", dst, "dst")
    isa.dma_copy(dst, value)


def copy(x, dtype=None):
    """A new SBUF tile with the values of a tile in SBUF or PSUM, by the Vector Engine. Before NKI
    0.6 by the Scalar Engine, through float32."""
    tiles.check_tile("copy", x)
    out = tiles.result_like(x, dtype)
    if versions.current() < 6:
        isa.activation(out, copy, x)
    else:
        isa.tensor_copy(out, x, engine=isa.engine.vector)
    return out


tokens.register(copy, "copy")


def expand_dims(x, axis):
    """A view with a dimension of size 1 at `axis`; no data move."""
    return x.expand_dim(axis)


def _is_matmul_type(dtype):
    return not dtypes.is_integer(dtype) and not dtype.name.endswith(("_x4", "e8m0fnu"))


def broadcast_to(x, shape, dtype=None):
    """The tile repeated along its dimensions of size 1, as many as `shape` has. Partitions are
    repeated by a matmul with ones (integers: by DMA), free dimensions by a copy. A tile that has
    the shape already is returned itself, if `dtype` does not differ."""
    tiles.check_tile("broadcast_to", x)
    shape = tuple(int(size) for size in shape)
    fits = len(shape) == x.ndim and all(a in (1, b) for a, b in zip(x.shape, shape, strict=True))
    if not fits:
        found, fix = str(shape), "Reshape the tile to the same number of dimensions."
        _core.refuse(
            "E110", "broadcast_to: shape", found, f"from {x.shape}", "nl.broadcast_to", fix
        )
    if x.shape == shape:
        return tiles.cast(x, dtype)
    view = tiles.repeat_free(x, shape)
    out = tiles.result_like(x, dtype, shape)
    if x.shape[0] == shape[0]:
        isa.tensor_copy(out, view)
    elif x.buffer is sbuf and _is_matmul_type(x.dtype):
        _repeat_by_matmul(out, view)
    else:
        row = tiles.copy_of(view)
        isa.dma_copy(out, row.ap([[0, shape[0]], *row.get_pattern()[1:]]))
    return out


def _repeat_by_matmul(out, row):
    """Writes one partition to all of `out`: ones[1, P] stationary, one PSUM bank at a time. The
    Scalar Engine takes the result out of PSUM, since in public kernels it is the Vector Engine that
    has no time to spare."""
    partitions = out.shape[0]
    flat = out if out.ndim == 2 else out.reshape((partitions, out.size // partitions))
    source = row if row.ndim == 2 else tiles.copy_of(row).reshape((1, flat.shape[1]))
    ones = _ones(partitions, row.dtype)
    width = _core.current_trace().machine.psum_bank_bytes // 4
    for start in range(0, flat.shape[1], width):
        part = slice(start, min(start + width, flat.shape[1]))
        product = _core.ndarray((partitions, part.stop - start), "float32", psum)
        isa.nc_matmul(product, ones, source[:, part], is_stationary_onezero=True)
        isa.activation(flat[:, part], copy, product)


def _ones(partitions, dtype):
    """ones[1, P], one tile for all of a kernel."""
    constants = _core.current_trace().constants
    key = ("ones", partitions, dtype.name)
    if key not in constants:
        constants[key] = _core.ndarray((1, partitions), dtype)
        isa.memset(constants[key], 1.0)
    return constants[key]


def _in_sbuf(tile):
    return tile if tile.buffer is sbuf else tiles.copy_of(tile)


def transpose(x, dtype=None):
    """A two-dimensional tile with partitions and free dimension exchanged, by the Tensor Engine:
    a new PSUM tile; with another `dtype`, a new SBUF tile."""
    tiles.check_tile("transpose", x)
    if x.ndim != 2:
        _core.refuse("E110", "transpose: x", str(x.shape), "two dimensions", "nl.transpose")
    out = _core.ndarray(x.shape[::-1], x.dtype, psum)
    isa.nc_transpose(out, _in_sbuf(x), engine=isa.engine.tensor)
    return tiles.cast(out, dtype)


def matmul(x, y, transpose_x=False):
    """x @ y, or x.T @ y, as a new float32 PSUM tile. The Tensor Engine sums over partitions, so
    that without transpose_x the tile x is transposed first. x.T: K x M, y: K x N."""
    tiles.check_tile("matmul", x)
    tiles.check_tile("matmul", y, "y")
    stationary = _in_sbuf(x) if transpose_x else tiles.copy_of(transpose(x))
    out = _core.ndarray((stationary.shape[1], y.shape[1]), "float32", psum)
    isa.nc_matmul(out, stationary, _in_sbuf(y))
    return out
