"""A tile that an instruction is going to write; see results."""

from trainyard.nki import dtypes
from trainyard.nki_older import results
from trainyard.nki_older.storage import Storage
from trainyard.nki_older.tile import Tile

_ANYWHERE = ("sbuf", "psum")


class Pending(Tile):
    """`emit(target)` appends the instructions that write to the tile `target`. `memories`: where
    they can write; the first is where a new tile goes. `sources`: tiles that they read. `region`:
    what a mask leaves, if there is one; `splits` says that `emit` keeps to it even where it is no
    box. `converts`: they write any float format without rounding to `kind` in between; that is so
    for float32 results of engines. `accumulate(target)`, of matmuls: adds onto `target`. `make`:
    returns a new NkiTensor with the whole result, where that is simpler than emit. `in_order`: an
    element of the result needs no later element of the sources than its own."""

    __slots__ = (
        "accumulate",
        "converts",
        "emit",
        "in_order",
        "make",
        "memories",
        "region",
        "sources",
        "splits",
    )

    def __init__(
        self,
        shape,
        kind,
        emit,
        sources=(),
        region=None,
        memories=_ANYWHERE,
        *,
        converts=None,
        splits=False,
        accumulate=None,
        make=None,
        in_order=True,
    ):
        self.emit = emit
        self.sources = sources
        self.region = region
        self.memories = memories
        self.converts = kind.name == "float32" if converts is None else converts
        self.splits = splits
        self.accumulate = accumulate
        self.make = make
        self.in_order = in_order
        self.storage = None
        self.kind = kind
        self.memory = memories[0]
        self.shape = shape
        self.offset = 0
        self.par = 0
        self.loose = ()
        self.limit = self.gather = self._view = None
        results.wait(self)

    def settle(self):
        """Writes a new tile."""
        results.take(self)
        made = self.make is not None and self.region is None
        tensor = self.make() if made else results.new_tensor(self.shape, self.kind, self.memory)
        self.storage = Storage(tensor)
        self.dims = tuple(zip(self.storage.steps, tensor.shape, strict=True))
        self.shape = tensor.shape
        self._view = tensor
        if not made and (self.region is None or not self.region.is_empty):
            self.emit(self)

    def __getattr__(self, name):
        """`dims` are known once the tile is written."""
        if name != "dims":
            raise AttributeError(name)
        self.settle()
        return self.dims

    def access(self, box=None):
        if self.storage is None:
            self.settle()
        return Tile.access(self, box)

    def raw_access(self, box=None):
        if self.storage is None:
            self.settle()
        return Tile.raw_access(self, box)

    def __getitem__(self, key):
        if self.storage is None:
            self.settle()
        return Tile.__getitem__(self, key)

    def copy_of_access(self, dims=None, offset=None, kind=None, par=None):
        if self.storage is None:
            self.settle()
        return Tile.copy_of_access(self, dims or self.dims, offset, kind, par)

    def fits(self, target):
        """Whether the instructions can write to `target` with the same values as through a tile
        of their own: the memory is theirs, the format is the result's (or converts from float32,
        as the engines do anyway), and they do not read what they overwrite in another order."""
        if target.memory not in self.memories or target.gather is not None:
            return False
        if self.region is not None and self.region.rest and not self.splits:
            return False
        converts = self.converts and not dtypes.is_integer(target.kind)
        if target.kind is not self.kind and not converts:
            return False
        return not any(_collide(source, target, self.in_order) for source in self.sources)


def _collide(source, target, in_order):
    """Whether a tile that is read overlaps the target. Equal accesses do no harm to instructions
    that read each element before they write it."""
    if not isinstance(source, Tile) or source.storage is not target.storage:
        return False
    if in_order and source.offset == target.offset and source.dims == target.dims:
        return source.kind is not target.kind and source.itemsize != target.itemsize
    first = _reach(source)
    second = _reach(target)
    return first[0] < second[1] and second[0] < first[1]


def _reach(tile):
    """First and last byte of a partition that the tile touches."""
    row = tile.row_elements if tile.on_chip else None
    low = tile.offset % row if row else tile.offset
    high = low
    for step, size in tile.dims:
        if row and step % row == 0 and step:
            continue
        reach = step * (size - 1)
        low, high = (low + reach, high) if reach < 0 else (low, high + reach)
    return low * tile.itemsize, (high + 1) * tile.itemsize
