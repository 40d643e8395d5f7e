"""Making tensors: empty, filled, and with data that comes with the program."""

import math

import numpy as np

from trainyard import _core
from trainyard.nki import dtypes
from trainyard.nki.language import shared_constant as constant_in_hbm
from trainyard.nki.language.creation import _fill as fill_in_hbm
from trainyard.nki.machines import current_machine
from trainyard.nki_older import assignment, grid, indexing, memories, number_formats, results, turns
from trainyard.nki_older.blocks import BlockTensor
from trainyard.nki_older.operands import check_keywords
from trainyard.nki_older.state import state
from trainyard.nki_older.tile import Tile

_KEYWORDS = ("lazy_initialization", "mask")


class PartitionDimension(int):
    """A size that is the partition dimension of a tensor; dimensions before it are blocks."""


def par_dim(size):
    """Marks the partition dimension in a shape."""
    return PartitionDimension(indexing.integer(size))


def ndarray(shape, dtype, *, buffer=None, name="", **keywords):
    """A new tensor in SBUF, or the memory given. Nothing is written to it."""
    check_keywords("nl.ndarray", keywords, _KEYWORDS)
    return _make(shape, dtype, buffer, name, None)


def _make(shape, dtype, buffer, name, fill):
    results.flush()
    given = shape if isinstance(shape, (tuple, list)) else (shape,)
    sizes = tuple([indexing.integer(n) for n in given])
    kind = number_formats.kind(dtype)
    memory = memories.name_of(buffer)
    if memory not in ("sbuf", "psum"):
        return _in_hbm(sizes, kind, memory, name, fill)
    at = next((d for d, n in enumerate(given) if isinstance(n, PartitionDimension)), 0)
    address_of = None if state.automatic else getattr(buffer, "address_of", None)
    if address_of is None and memory == "sbuf" and _fits_in_one_piece(sizes, at, kind):
        tile = _in_one_piece(sizes, at, kind, name)
        if fill is not None:
            assignment.fill(Tile.whole(tile.storage.tensor), fill)
        return tile
    if address_of is not None:
        address_of = turns.place((sizes, kind), address_of)
    rest = sizes[at:] if len(sizes) - at > 1 else (*sizes[at:], 1)

    def block(index):
        address = None
        if address_of is not None:
            free_bytes = math.prod(rest[1:]) * kind.itemsize
            address = address_of(index, rest[0], free_bytes)
        tensor = _core.ndarray(rest, kind, memory, name, address)
        tile = Tile.whole(tensor, fill)
        if fill is not None and memory == "sbuf":
            tile.storage.settle()
        return tile

    return BlockTensor(sizes[:at], rest, kind, memory, block) if at else block(())


def _fits_in_one_piece(sizes, at, kind):
    """Whether the blocks fit side by side, so that one access may reach several of them. Kernels
    printed by a compiler have many more, with a few in use at a time: such are placed one by one.
    """
    if at == 0:
        return True
    room = current_machine().sbuf_partition_bytes
    return 4 * math.prod(sizes[:at] + sizes[at + 1 :]) * kind.itemsize <= room


def _in_one_piece(sizes, at, kind, name):
    """A tensor in SBUF whose blocks lie side by side in its partitions."""
    blocks, rest = sizes[:at], sizes[at + 1 :]
    storage_shape = (sizes[at], *blocks, *rest)
    if len(storage_shape) == 1:
        storage_shape = (*storage_shape, 1)
    whole = Tile.whole(_core.ndarray(storage_shape, kind, "sbuf", name))
    if not at:
        return whole
    dims = (*whole.dims[1 : at + 1], whole.dims[0], *whole.dims[at + 1 :])
    if not rest:
        dims = (*dims, (1, 1))
    return whole.copy_of_access(dims, par=at)


def _in_hbm(sizes, kind, memory, name, fill):
    region = memories.region_of(memory)

    def make():
        return _core.ndarray(sizes or (1,), kind, region, name)

    tensor = grid.current().share((sizes, kind.name), make) if memory == "shared_hbm" else make()
    tile = Tile.whole(tensor)
    if fill is not None:
        fill_in_hbm(tensor, fill)
    return tile


def full(shape, fill_value, dtype, *, buffer=None, name="", **keywords):
    """A new tensor whose elements are all `fill_value`."""
    check_keywords("nl.full", keywords, _KEYWORDS)
    kind = number_formats.kind(dtype)
    whole = dtypes.is_integer(kind) and fill_value == int(fill_value)
    return _make(shape, dtype, buffer, name, int(fill_value) if whole else float(fill_value))


def zeros(shape, dtype, *, buffer=None, name="", **keywords):
    """A new tensor of zeros."""
    return full(shape, 0, dtype, buffer=buffer, name=name, **keywords)


def ones(shape, dtype, *, buffer=None, name="", **keywords):
    """A new tensor of ones."""
    return full(shape, 1, dtype, buffer=buffer, name=name, **keywords)


def empty_like(a, dtype=None, *, buffer=None, name="", **keywords):
    """A new tensor with the shape, and where not given the dtype, of `a`; in SBUF."""
    return ndarray(_shape_of(a), dtype or a.dtype, buffer=buffer, name=name, **keywords)


def zeros_like(a, dtype=None, *, buffer=None, name="", **keywords):
    """A new tensor of zeros with the shape, and where not given the dtype, of `a`; in SBUF."""
    return zeros(_shape_of(a), dtype or a.dtype, buffer=buffer, name=name, **keywords)


def _shape_of(a):
    par = getattr(a, "par", None)
    if par is None:
        par = len(a.sizes) if isinstance(a, BlockTensor) else 0
    return tuple(par_dim(n) if d == par else n for d, n in enumerate(a.shape))


def shared_constant(constant, dtype=None, **keywords):
    """A tensor in HBM with the values of a NumPy array."""
    check_keywords("nl.shared_constant", keywords)
    values = np.asarray(constant)
    values = values if dtype is None else values.astype(number_formats.kind(dtype).dtype)
    return Tile.whole(constant_in_hbm(values))


def shared_identity_matrix(n, dtype=np.uint8, **keywords):
    """The n x n identity in HBM."""
    check_keywords("nl.shared_identity_matrix", keywords)
    trace, kind = _core.current_trace(), number_formats.kind(dtype)
    if (n, kind) not in trace.constants:
        values = constant_in_hbm(np.eye(n, dtype=kind.dtype))
        trace.constants[n, kind] = values._id
    return Tile.whole(trace.tensor(trace.constants[n, kind]))
