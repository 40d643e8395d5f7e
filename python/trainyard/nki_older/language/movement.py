"""Moving tiles: between device memory and SBUF, between memories on chip, across partitions, and
through the Tensor Engine."""

import numpy as np

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki import language as newer
from trainyard.nki_older import assignment, number_formats, operands
from trainyard.nki_older.isa import tensor_engine
from trainyard.nki_older.isa.matmul import nc_matmul, nc_transpose
from trainyard.nki_older.operands import check_keywords, check_tile, composite, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of
from trainyard.nki_older.tile import is_tile


def in_hbm(what, tensor, parameter):
    """The tile, which lies in HBM, with two dimensions at least (E107)."""
    if not is_tile(tensor) or tensor.on_chip:
        found = repr(tensor) if is_tile(tensor) else type(tensor).__name__
        _core.refuse("E107", f"{what}: {parameter} is {found}", found, "a tensor in HBM", what)
    missing = 2 - len(tensor.shape)
    if missing <= 0:
        return tensor
    flat = tensor.copy_of_access((*tensor.dims, *((1, 1),) * missing))
    flat.loose = tuple((c, (*steps, 0, 0)[: flat.ndim], n) for c, steps, n in tensor.loose)
    flat.limit = tensor.limit
    return flat


def load(src, *, mask=None, dtype=None, **keywords):
    """A tile in SBUF with the values of a tensor in HBM; its first dimension becomes the
    partition dimension."""
    check_keywords("nl.load", keywords)
    src = in_hbm("nl.load", src, "src")
    found = operands.dma_region(mask, src.shape, src)
    sources = [(box, src.access(box)) for box in assignment.boxes_of(found)]

    def emit(target):
        for box, source in sources:
            isa.dma_copy(target.access(box), source)

    kind = kind_of(dtype, src.kind)
    return Pending(
        src.shape,
        kind,
        emit,
        (),
        found,
        memories=("sbuf",),
        converts=kind is src.kind and not dtypes.is_integer(kind),
        splits=True,
    )


def store(dst, value, *, mask=None, **keywords):
    """Writes a tile, or a number, to a tensor in HBM. A tile in PSUM is copied to SBUF first."""
    check_keywords("nl.store", keywords)
    dst = in_hbm("nl.store", dst, "dst")
    found = operands.dma_region(mask, dst.shape, dst)
    if found is not None and found.is_empty:
        return
    if not is_tile(value):
        assignment.fill(dst, value, found)
        return
    check_tile("nl.store", value, "value")
    value = operands.in_sbuf(value)
    if found is None and value.size == dst.size:
        isa.dma_copy(dst.access(), value.access())
        return
    assignment.copy(dst, value, found)


def load_transpose2d(src, *, mask=None, dtype=None, **keywords):
    """A tile in SBUF with a two-dimensional tensor in HBM transposed, by DMA."""
    check_keywords("nl.load_transpose2d", keywords)
    src = in_hbm("nl.load_transpose2d", src, "src")
    if src.ndim != 2:
        _core.refuse("E110", "nl.load_transpose2d: src", str(list(src.shape)), "two dimensions")
    found = operands.dma_region(mask, src.shape, src)
    turned = _turned(found)
    data = part(src, found)

    def emit(target):
        isa.dma_transpose(target.access(cut(turned)), data)

    result = Pending(src.shape[::-1], src.kind, emit, (), turned, ("sbuf",), converts=False)
    return result if dtype is None else result.astype(dtype)


def _turned(found):
    """The region of a transposed tile."""
    if found is None or found.is_empty:
        return found
    if found.rest:
        _core.refuse("U001", "a transpose with a mask that is no box")
    return type(found)(found.shape[::-1], found.box[::-1])


def copy(src, *, mask=None, dtype=None, **keywords):
    """A tile with the values of a tile in SBUF or PSUM."""
    check_keywords("nl.copy", keywords)
    check_tile("nl.copy", src, "src")
    found = operands.region(mask, src.shape, src)
    data = part(src, found)

    def emit(target):
        isa.tensor_copy(target.access(cut(found)), data, engine=isa.engine.vector)

    kind = kind_of(dtype, src.kind)
    converts = kind.name == "float32" or kind is src.kind
    return Pending(src.shape, kind, emit, (src,), found, converts=converts)


_core.register_operator(copy, "copy")


def broadcast_to(src, *, shape, **keywords):
    """The tile repeated along its dimensions of size 1."""
    check_keywords("nl.broadcast_to", keywords, ("dtype", "mask"))
    check_tile("nl.broadcast_to", src, "src")
    shape = tuple(int(n) for n in shape)
    view = src.access()
    kind = kind_of(keywords.get("dtype"), src.kind)
    found = operands.region(keywords.get("mask"), shape)

    def make():
        return newer.broadcast_to(view, shape, kind)

    if src.shape == shape and kind is src.kind:
        return src
    return composite("broadcast_to", make, shape, kind, (src,), found)


def expand_dims(data, axis):
    """A view with a dimension of size 1 at `axis`."""
    return data.expand_dims(axis)


def transpose(x, *, dtype=None, mask=None, **keywords):
    """A two-dimensional tile with partitions and free dimension exchanged."""
    check_keywords("nl.transpose", keywords)
    check_tile("nl.transpose", x)
    return nc_transpose(x, mask=mask, dtype=dtype, engine=tensor_engine)


def matmul(x, y, *, transpose_x=False, mask=None, **keywords):
    """x @ y, or x.T @ y, in PSUM. The Tensor Engine sums over partitions, so that without
    transpose_x the tile x is transposed first. x.T: K x M, y: K x N."""
    check_keywords("nl.matmul", keywords, ("is_stationary_onezero", "is_moving_onezero"))
    check_tile("nl.matmul", x)
    check_tile("nl.matmul", y, "y")
    return nc_matmul(x if transpose_x else transpose(x), y, mask=mask, **keywords)


def static_cast(input_data, dtype):
    """A NumPy array, number or tile in another number format."""
    if is_tile(input_data):
        return input_data.astype(dtype)
    return np.asarray(input_data).astype(number_formats.kind(dtype).dtype)
