"""Operands of instructions: tiles as views of the core, cut to what a mask leaves."""

from trainyard import _core
from trainyard.nki import dtypes
from trainyard.nki import isa as core_isa
from trainyard.nki import language as newer
from trainyard.nki_older import masks
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.tile import Tile, is_tile


def register(function, name):
    """Makes a function the token of an operator."""
    _core.register_operator(function, name)


def check_tile(what, value, parameter="x"):
    """The tile itself; refuses anything but a tile on chip (E110, E111, E107)."""
    if not is_tile(value):
        if getattr(value, "is_block_tensor", False):
            fix = "Index its block dimensions: tensor[i_block]."
            text = f"{what}: {parameter} has block dimensions"
            _core.refuse("E110", text, str(list(value.shape)), "a tile", what, fix)
        found = type(value).__name__
        _core.refuse("E111", f"{what}: {parameter} is no tile", found, "a tile", what)
    if not value.on_chip:
        fix = "Load it first, with nl.load."
        message = f"{what}: {parameter} is {value!r}"
        _core.refuse("E107", message, value.memory, "nl.sbuf, nl.psum", what, fix)
    return value


def check_keywords(what, keywords, allowed=()):
    """Refuses keywords that nothing is known about (E115)."""
    for name in keywords:
        if name not in allowed and name not in ("name", "sync_dependencies"):
            _core.refuse("E115", f"{what} has no parameter {name}", name, whose=what)


def checked(what, keywords, mask, **tiles):
    """How most instructions begin: their tiles are tiles on chip, their keywords known; what the
    mask leaves of the first tile's shape."""
    check_keywords(what, keywords)
    for parameter, tile in tiles.items():
        check_tile(what, tile, parameter)
    first = next(iter(tiles.values()))
    return region(mask, first.shape, *tiles.values())


def region(mask, shape, *tiles):
    """What a mask, and masks that came with operands as tile[mask], leave of a shape, for an
    instruction of an engine; None for all of it."""
    found = dma_region(mask, shape, *tiles)
    return None if found is None else found.for_engines()


def dma_region(mask, shape, *tiles):
    """What a mask leaves of a shape for a DMA, which reaches every partition."""
    for tile in tiles:
        if is_tile(tile) and tile.limit is not None:
            mask = tile.limit if mask is None or mask is True else tile.limit & mask
    return masks.fold(mask, shape)


def cut(found):
    """The box of a region, None for all."""
    return None if found is None else found.box


def part(tile, found):
    """The view of an operand where the region is: columns and lower ranks keep their own free
    dimensions."""
    if found is None or found.is_empty:
        return tile.access()
    if tile.shape == found.shape:
        return tile.access(found.box)
    box = [found.box[0], *((0, n) for n in tile.shape[1:])]
    return tile.access(tuple(box))


def predicate(tile, found):
    """The view of a tile of truth values, as the integers that instructions take."""
    if tile.kind.name == "bool_":
        tile = tile.view("uint8")
    return part(tile, found)


def column(value, found, what, parameter):
    """A scalar operand: a number as it is, a tile of one element per partition as a float32
    column."""
    if not is_tile(value):
        if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
            _core.refuse("E111", f"{what}: {parameter}", type(value).__name__, "a number or a tile")
        return value if isinstance(value, int) else float(value)
    check_tile(what, value, parameter)
    view = part(value, found)
    if view.size != view.shape[0]:
        found_, allowed = str(list(value.shape)), "[P, 1]"
        _core.refuse("E110", f"{what}: {parameter}", found_, allowed, what)
    return view if view.ndim == 2 else view.reshape((view.shape[0], 1))


def in_sbuf(tile):
    """The tile, or a copy in SBUF."""
    if tile.memory == "sbuf":
        return tile
    moved = tile_of(copied(tile))
    return moved if tile.limit is None else moved.limited(tile.limit)


def copied(tile, kind=None):
    """A new NkiTensor in SBUF with the values of a tile."""
    view = tile.access()
    out = _core.ndarray(view.shape, kind or tile.kind)
    core_isa.tensor_copy(out, view)
    return out


def tile_of(tensor):
    """The tile of all of a new NkiTensor."""
    return Tile.whole(tensor)


def spread_partitions(tile, partitions):
    """The tile with its one partition repeated on as many as wanted, by a matmul or a DMA; itself
    if it has them."""
    if tile.shape[0] == partitions:
        return tile
    view = tile.access()
    return tile_of(newer.broadcast_to(view, (partitions, *view.shape[1:])))


def composite(name, make, shape, kind, sources, found=None):
    """A result that several instructions make: `make()` returns it as a new NkiTensor. A mask or
    an assignment copies it to its place."""

    def emit(target):
        box = cut(found)
        values = make()
        if box is not None and values.shape == found.shape:
            values = values[tuple(slice(*b) for b in box)]
        core_isa.tensor_copy(target.access(box), values)

    return Pending(shape, kind, emit, sources, found, make=make)


def is_integer(kind):
    """Whether values of the format are whole numbers."""
    return dtypes.is_integer(kind)


def rows(found, shape):
    """The region of a result that keeps just the partitions of `found`."""
    if found is None or found.is_empty:
        return found
    box = (found.box[0], *((0, n) for n in shape[1:]))
    return type(found)(shape, box)
