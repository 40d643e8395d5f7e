"""Tensors and tiles of the older API: a strided access to a tensor of the core, with operators."""

import math

from trainyard import _core
from trainyard.nki_older import indexing, masks, results
from trainyard.nki_older.dynamic import DynamicOffset
from trainyard.nki_older.gather import Gather
from trainyard.nki_older.storage import Storage

_ON_CHIP = ("sbuf", "psum")
_NO_NUMPY = ("tfloat32", "float8_e4m3fn_x4", "float8_e5m2_x4", "float4_e2m1fn_x4")


def dtype_of(kind):
    """A number format as the older API shows it: NumPy's type where there is one."""
    return kind if kind.name in _NO_NUMPY else kind.dtype


class Tile:
    """`dims`: (step, size) of each dimension in elements of `kind`, from element `offset` of the
    storage. `par`: which of them is the partition dimension (None in HBM). `loose`: indices that
    reach outside the tensor where no mask cuts them off: (constant, step for each dimension,
    size). `limit`: the mask that came as tile[mask]. `gather`: rows that a tile of indices picks
    in place of dimension 0, or the offset that one holds."""

    __slots__ = (
        "_view",
        "dims",
        "gather",
        "kind",
        "limit",
        "loose",
        "memory",
        "offset",
        "par",
        "shape",
        "storage",
    )
    is_older_tile = True
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(self, storage, kind, memory, dims, offset=0, par=None, loose=()):
        self.storage = storage
        self.kind = kind
        self.memory = memory
        self.dims = dims
        self.offset = offset
        self.par = par
        self.loose = loose
        self.limit = self.gather = self._view = None
        self.shape = tuple([size for _, size in dims])

    @classmethod
    def whole(cls, tensor, fill=None):
        """The tile of all of a tensor of the core."""
        storage = Storage(tensor, fill)
        memory = tensor._buffer
        dims = tuple(zip(storage.steps, tensor.shape, strict=True))
        par = 0 if memory in _ON_CHIP else None
        tile = cls(storage, tensor.dtype, memory, dims, par=par)
        tile._view = tensor
        return tile

    dtype = property(lambda self: dtype_of(self.kind), doc="The number format.")
    itemsize = property(lambda self: self.kind.itemsize, doc="Bytes of an element.")
    ndim = property(lambda self: len(self.shape), doc="Number of dimensions.")
    size = property(lambda self: math.prod(self.shape), doc="Number of elements.")
    on_chip = property(lambda self: self.memory in _ON_CHIP, doc="Whether in SBUF or PSUM.")

    @property
    def buffer(self):
        """The memory that it lies in."""
        from trainyard.nki_older import memories

        return memories.by_name[self.memory]

    def __repr__(self):
        return f"Tile({self.kind.name}{list(self.shape)} in {self.memory})"

    def __bool__(self):
        """Whether an argument was given: True for tensors in HBM; tiles have no truth value."""
        if not self.on_chip:
            return True
        text = "the truth of a tile is not known while a kernel is traced"
        return _core.refuse("E303", text, fix="Use a mask, or nl.where.")

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        if self.par == 0:
            _core.refuse("E120", "a loop over partitions", fix="Loop over a range, with slices.")
        return (self[i] for i in range(self.shape[0]))

    # Access.

    def access(self, box=None):
        """The NkiTensor of this access, or of a box of it: (start, stop) for each dimension.
        Whatever waits to be written is written first."""
        results.flush()
        if self.storage.fill is not None:
            self.storage.settle()
        return self.raw_access(box)

    def raw_access(self, box=None):
        """access() that writes nothing: for the instruction that overwrites all of it."""
        if box is None and self._view is not None:
            return self._view
        if self.loose:
            self._check_loose(box)
        pattern, offset = [], self.offset
        for d, (step, size) in enumerate(self.dims):
            start, stop = (0, size) if box is None else box[d]
            pattern.append([step, stop - start])
            offset += step * start
        if self.gather is not None:
            return self.gather.view(self, pattern, offset, box)
        if self.memory in _ON_CHIP:
            self._put_partitions_first(pattern)
        elif not pattern:
            pattern.append([1, 1])
        tensor = self.storage.tensor
        if self.kind is tensor.dtype:
            found = tensor.ap(pattern, offset)
        else:
            found = tensor.ap(pattern, offset, dtype=self.kind)
        if box is None:
            self._view = found
        return found

    def _put_partitions_first(self, pattern):
        """Checks that an access pattern on chip starts with the partition dimension."""
        row = self.row_elements
        if pattern[0][1] == 1:
            pattern[0][0] = row
        inner = [step for step, size in pattern[1:] if size > 1 and step >= row > 1]
        if pattern[0][0] % row or inner:
            found = f"{list(self.shape)}, steps {[s for s, _ in pattern]}"
            fix = "Index block dimensions, and put the partition dimension first: t[i_p, i_f]."
            text = "the first dimension of a tile must be the partition dimension"
            _core.refuse("E110", text, found, f"partitions, {row} elements apart", fix=fix)

    @property
    def row_elements(self):
        """Elements of this tile's type in one partition of the storage."""
        return self.storage.steps[0] * self.storage.tensor.itemsize // self.kind.itemsize

    def _check_loose(self, box):
        for constant, steps, size in self.loose:
            low = high = constant
            for d, step in enumerate(steps):
                start, stop = (0, self.shape[d]) if box is None else box[d]
                a, b = step * start, step * (stop - 1)
                low, high = low + min(a, b), high + max(a, b)
            if low < 0 or high >= size:
                found, allowed = f"indices {low} to {high}", f"0 to {size - 1}"
                fix = "Shorten the index, or pass a mask that leaves such elements out."
                _core.refuse("E120", "an index is outside the tensor", found, allowed, fix=fix)

    def __getitem__(self, key):
        if isinstance(key, masks.Mask):
            return self.limited(key)
        if self.gather is not None:
            _core.refuse("U001", "a subscript of a gather", fix="Index the tensor once.")
        if not self.loose:
            tile = self._sliced(key if type(key) is tuple else (key,))
            if tile is not None:
                return tile
        chosen = indexing.select(self.shape, key, self.par)
        offset, steps, loose = self._steps_of(chosen)
        dims = tuple(zip(steps, chosen.shape, strict=True))
        par = None
        if self.memory in _ON_CHIP:
            if len(dims) < 2:
                dims = (dims or ((self.row_elements, 1),)) + ((1, 1),)
                loose = [(c, (*s, 0, 0)[: len(dims)], n) for c, s, n in loose]
            moves = chosen.places[self.par][1] if self.par is not None else {}
            par = next((t for t, move in moves.items() if move), 0)
        tile = Tile(self.storage, self.kind, self.memory, dims, offset, par, tuple(loose))
        if chosen.gather is not None:
            tile.gather = Gather(self, *chosen.gather)
        elif chosen.dynamic is not None:
            tile.gather = DynamicOffset(self, *chosen.dynamic)
        return tile

    def _sliced(self, key):
        """What a subscript of integers and slices within bounds selects: the quick way for the
        most frequent ones. None for all others."""
        dims, offset, par, found = self.dims, self.offset, self.par, []
        if len(key) > len(dims):
            return None
        position = None
        for d, entry in enumerate(key):
            step, size = dims[d]
            if type(entry) is slice:
                start, stop = entry.start, entry.stop
                start = 0 if start is None else start
                stop = size if stop is None else stop
                if entry.step is not None or not 0 <= start < stop <= size:
                    return None
                offset += step * start
                if d == par:
                    position = len(found)
                found.append((step, stop - start))
            elif type(entry) is int and 0 <= entry < size:
                offset += step * entry
                if d == par:
                    position = len(found)
                    found.append((step, 1))
            else:
                return None
        rest = len(key)
        if par is not None and par >= rest:
            position = len(found) + par - rest
        found += dims[rest:]
        if par is not None and len(found) < 2:
            found.append((1, 1))
        return Tile(self.storage, self.kind, self.memory, tuple(found), offset, position)

    def _steps_of(self, chosen):
        """Offset, steps and loose indices of a selection."""
        ndim = len(chosen.shape)
        steps, offset, loose = [0] * ndim, self.offset, []
        for d, (constant, moves) in enumerate(chosen.places):
            step, size = self.dims[d]
            offset += step * constant
            low = high = constant
            for target, move in moves.items():
                steps[target] += step * move
                reach = move * (chosen.shape[target] - 1)
                low, high = (low + reach, high) if reach < 0 else (low, high + reach)
            if low < 0 or high >= size:
                loose.append((constant, tuple([moves.get(t, 0) for t in range(ndim)]), size))
        for constant, old, size in self.loose:
            composed = [0] * ndim
            for step, (place, moves) in zip(old, chosen.places, strict=True):
                constant += step * place
                for target, move in moves.items():
                    composed[target] += step * move
            loose.append((constant, tuple(composed), size))
        return offset, steps, loose

    def __setitem__(self, key, value):
        from trainyard.nki_older import assignment

        assignment.assign(self[key], value)

    # Views.

    def copy_of_access(self, dims, offset=None, kind=None, par=None):
        """A tile on the same storage."""
        offset = self.offset if offset is None else offset
        return Tile(self.storage, kind or self.kind, self.memory, dims, offset, par)

    def limited(self, mask):
        """This tile where the mask holds: what tile[mask] gives to a matmul."""
        tile = self.copy_of_access(self.dims, par=self.par)
        tile.loose, tile.gather = self.loose, self.gather
        tile.limit = mask if self.limit is None else self.limit & mask
        return tile


def is_tile(value):
    """Whether it is a tile of the older API."""
    return isinstance(value, Tile)
