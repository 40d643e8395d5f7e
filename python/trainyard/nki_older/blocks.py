"""Tensors with block dimensions whose blocks are placed one by one: in PSUM, where a block lies in
a bank of its own, and in memory that a kernel allocates itself."""

import itertools

from trainyard import _core
from trainyard.nki_older import indexing
from trainyard.nki_older.tile import Tile, dtype_of


class BlockTensor:
    """`sizes` of the block dimensions, then `rest`, the shape of a block, partitions first. `make`
    gives the tile of a block by its index; it is asked once, when a block is first used."""

    __slots__ = ("index", "kind", "made", "make", "memory", "rest", "sizes")
    is_older_tile = False
    is_block_tensor = True

    def __init__(self, sizes, rest, kind, memory, make, index=(), made=None):
        self.sizes = tuple(sizes)
        self.rest = tuple(rest)
        self.kind = kind
        self.memory = memory
        self.make = make
        self.index = index
        self.made = {} if made is None else made

    @property
    def shape(self):
        """Block dimensions that are open, then the shape of a block."""
        return self.sizes + self.rest

    ndim = property(lambda self: len(self.shape))
    dtype = property(lambda self: dtype_of(self.kind))
    itemsize = property(lambda self: self.kind.itemsize)

    def __repr__(self):
        return f"BlockTensor({self.kind.name}{list(self.shape)} in {self.memory})"

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(self.sizes[0]))

    def block(self, index):
        """The tile of the block at a tuple of integers."""
        tile = self.made.get(index)
        if tile is None:
            tile = self.made[index] = self.make(index)
        return tile

    def __getitem__(self, key):
        entries = indexing.expand(key, self.ndim)
        index = list(self.index)
        for entry, size in zip(entries, self.sizes, strict=False):
            index.append(_block_index(entry, size))
        given = key if isinstance(key, tuple) else (key,)
        explicit = len(given) if Ellipsis not in given else self.ndim
        if explicit < len(self.sizes):
            index = tuple(index[: len(self.index) + explicit])
            sizes = self.sizes[explicit:]
            return BlockTensor(
                sizes, self.rest, self.kind, self.memory, self.make, index, self.made
            )
        tile = self.block(tuple(index))
        inside = tuple(entries[len(self.sizes) :])
        if all(isinstance(e, slice) and e == slice(None) for e in inside):
            return tile
        return tile[inside]

    def __setitem__(self, key, value):
        from trainyard.nki_older import assignment

        if key is Ellipsis:
            for index in itertools.product(*map(range, self.sizes)):
                assignment.assign(self.block(self.index + index), value)
            return
        chosen = self[key]
        if isinstance(chosen, BlockTensor):
            chosen[...] = value
        else:
            assignment.assign(chosen, value)


def _block_index(entry, size):
    """The integer of an index on a block dimension."""
    if isinstance(entry, slice):
        start, _, count = indexing.bounds(entry, size)
        if count == 1:
            return start
        # Blocks left open are told from those indexed by the number of entries.
        return None
    index = entry.constant if getattr(entry, "steps", None) == () else indexing.integer(entry)
    if not 0 <= index < size:
        _core.refuse("E120", "an index of a block dimension", str(index), f"0 to {size - 1}")
    return index


def is_block_tensor(value):
    """Whether it has block dimensions that are not indexed."""
    return isinstance(value, BlockTensor) or (
        isinstance(value, Tile) and value.par not in (0, None)
    )
