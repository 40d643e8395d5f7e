"""Python's operators on tiles, and the methods that make new tiles. Importing this module gives
them to Tile."""

import math

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki_older import assignment, number_formats, operands
from trainyard.nki_older.affine import Affine
from trainyard.nki_older.dynamic import DynamicIndex
from trainyard.nki_older.language import elementwise
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.tile import Tile

_BINARY = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "mod": elementwise.mod,
    "pow": elementwise.power,
    "and": elementwise.bitwise_and,
    "or": elementwise.bitwise_or,
    "xor": elementwise.bitwise_xor,
    "lshift": elementwise.left_shift,
    "rshift": elementwise.right_shift,
}
_COMPARE = {
    "eq": elementwise.equal,
    "ne": elementwise.not_equal,
    "lt": elementwise.less,
    "le": elementwise.less_equal,
    "gt": elementwise.greater,
    "ge": elementwise.greater_equal,
}


def _operator(function, swapped=False):
    def method(self, other):
        if isinstance(other, Affine):
            if function is elementwise.add:
                return DynamicIndex(self, other)
            text = "a tile and an index expression in one operation"
            _core.refuse("U001", text, fix="Make a tile of the indices with nisa.iota.")
        if not isinstance(other, Tile) and not hasattr(other, "__float__"):
            return NotImplemented
        return function(other, self) if swapped else function(self, other)

    return method


def _in_place(function):
    def method(self, other):
        assignment.assign(self, function(self, other))
        return self

    return method


for _name, _function in _BINARY.items():
    setattr(Tile, f"__{_name}__", _operator(_function))
    setattr(Tile, f"__r{_name}__", _operator(_function, swapped=True))
    setattr(Tile, f"__i{_name}__", _in_place(_function))
for _name, _function in _COMPARE.items():
    setattr(Tile, f"__{_name}__", _operator(_function))
Tile.__iadd__ = lambda self, other: assignment.accumulate(self, other)
Tile.__neg__ = lambda self: elementwise.negative(self)
Tile.__invert__ = lambda self: elementwise.invert(self)
Tile.__abs__ = lambda self: elementwise.abs(self)


def astype(self, dtype):
    """A copy in another number format."""
    kind = number_formats.kind(dtype)
    data = self.access()

    def emit(target):
        isa.tensor_copy(target.access(), data)

    return Pending(self.shape, kind, emit, (self,))


def assert_shape(self, shape):
    """The tile itself; E110 if its shape is another."""
    if tuple(shape) != self.shape:
        _core.refuse("E110", "assert_shape", str(list(self.shape)), str(list(shape)))
    return self


def reshape(self, shape):
    """A view with another shape; on chip the partition dimension stays. E121 where neighbours in
    the new shape are none in memory."""
    shape = tuple(int(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,)))
    if -1 in shape:
        known = -math.prod(shape)
        shape = tuple(self.size // known if n == -1 else n for n in shape)
    if math.prod(shape) != self.size:
        _core.refuse("E121", "reshape", str(list(self.shape)), f"{self.size} elements")
    dims = self.dims
    kept = 1 if self.on_chip else 0
    if kept and (self.par != 0 or shape[:1] != self.shape[:1]):
        text = "reshape: the partition dimension stays the first"
        _core.refuse("E121", text, str(list(shape)), f"[{self.shape[0]}, …]")
    inner = _split(dims[kept:], shape[kept:])
    return self.copy_of_access((*dims[:kept], *inner), par=self.par)


def _split(dims, shape):
    """Dimensions of `shape` over merged `dims`."""
    merged = []
    for step, size in dims:
        if size == 1:
            continue
        if merged and merged[-1][0] == step * size:
            merged[-1] = (step, merged[-1][1] * size)
        else:
            merged.append((step, size))
    found = []
    for size in reversed(shape):
        if size == 1 or not merged:
            found.append((1, 1))
            continue
        step, left = merged.pop()
        if left % size:
            text = "reshape: the elements are not evenly spaced in memory"
            _core.refuse("E121", text, str(list(shape)), fix="Copy the tile first, with nl.copy.")
        found.append((step, size))
        if left > size:
            merged.append((step * size, left // size))
    return tuple(reversed(found))


def view_as(self, dtype):
    """The same bytes read as another number format; the last dimension grows or shrinks."""
    kind = number_formats.kind(dtype)
    dims = self.dims
    old, new = self.kind.itemsize, kind.itemsize
    if old == new:
        return self.copy_of_access(dims, kind=kind, par=self.par)
    step, size = dims[-1]
    if (step != 1 and size != 1) or size * old % new or self.offset * old % new:
        found = f"{self.kind.name}{list(self.shape)} as {kind.name}"
        _core.refuse("E121", "view: the last dimension does not divide", found)
    inner = [(s * old // new, n) for s, n in dims[:-1]]
    if any(s * old % new for s, _ in dims[:-1]):
        _core.refuse("E121", "view: a step is no whole number of elements", kind.name)
    offset = self.offset * old // new
    return self.copy_of_access((*inner, (1, size * old // new)), offset, kind, self.par)


def broadcast_to(self, shape):
    """A view repeated along free dimensions of size 1. One partition becomes as many as `shape`
    has in a new tile: engines do not read across partitions."""
    shape = tuple(int(n) for n in shape)
    tile = self
    if self.on_chip and len(shape) == self.ndim and self.shape[0] == 1 < shape[0]:
        tile = operands.spread_partitions(self, shape[0])
    return assignment.broadcast(tile, shape)


def expand_dims(self, axis):
    """A view with a dimension of size 1 at `axis`; not before the partition dimension."""
    dims = list(self.dims)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for one in sorted(a + len(dims) + 1 if a < 0 else a for a in axes):
        if self.on_chip and one == 0:
            _core.refuse("E121", "expand_dims: axis 0 is the partition dimension")
        dims.insert(one, (1, 1))
    return self.copy_of_access(tuple(dims), par=self.par)


Tile.astype = astype
Tile.assert_shape = assert_shape
Tile.reshape = reshape
Tile.view = view_as
Tile.broadcast_to = broadcast_to
Tile.expand_dims = expand_dims
