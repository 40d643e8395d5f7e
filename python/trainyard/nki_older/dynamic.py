"""Subscripts with a number that a tile holds: tile[i_p, offsets[0, 3] + i_f]."""

from trainyard import _core


class DynamicIndex:
    """`expression` plus the one element of `tile`; the expression has no dimensions of its own if
    it is a number."""

    __slots__ = ("expression", "tile")
    __array_ufunc__ = None

    def __init__(self, tile, expression):
        if tile.size != 1 or not tile.on_chip:
            text = "a tile in an index expression has one element, on chip"
            _core.refuse("E110", text, f"{list(tile.shape)} in {tile.memory}", "[1, 1] in sbuf")
        self.tile = tile
        self.expression = expression

    @property
    def shape(self):
        """The shape that the index broadcasts with."""
        return self.expression.shape

    def __add__(self, other):
        return DynamicIndex(self.tile, self.expression + other)

    __radd__ = __add__

    def __sub__(self, other):
        return DynamicIndex(self.tile, self.expression - other)


class DynamicOffset:
    """The access of a tile whose dimension `dim` of the tensor `source` starts where `index`, a
    tile of one element, says."""

    __slots__ = ("dim", "index", "source")

    def __init__(self, source, dim, index):
        if source.par == dim:
            text = "the partition that a tile starts at must be known while tracing"
            _core.refuse("E110", text, fix="Use a number for the partition dimension.")
        self.source = source
        self.dim = dim
        self.index = index

    def view(self, tile, pattern, offset, _box):
        """The NkiTensor of the access."""
        base = self.source.access()
        if tile.on_chip and pattern[0][1] == 1:
            pattern[0][0] = tile.row_elements
        offset -= self.source.offset
        return base.ap(pattern, offset, scalar_offset=self.index.access(), indirect_dim=self.dim)
