"""Rows of a tensor in HBM that a tile of indices picks: data[index_tile, i_free]."""

from trainyard import _core


class Gather:
    """`index`: a tile of one index per partition, for dimension `dim` of the tensor `source`."""

    __slots__ = ("dim", "index", "source")

    def __init__(self, source, dim, index):
        if source.on_chip:
            fix = "Gather from HBM, or with nisa.local_gather or nl.gather_flattened."
            _core.refuse("U001", "a tile of indices on a tensor on chip", fix=fix)
        if index.size != index.shape[0]:
            found = str(list(index.shape))
            text = "a tile of indices picks rows, one for each partition"
            _core.refuse("E110", text, found, "one element per partition")
        self.source = source
        self.dim = dim
        self.index = index

    @property
    def row_step(self):
        """Elements between rows."""
        return self.source.dims[self.dim][0]

    def view(self, tile, pattern, offset, box):
        """The NkiTensor of the rows. The tensor that the core gathers from has the rows as its
        dimension 0; leading indices are part of its offset."""
        source, rows = self.source, list(self.source.dims[self.dim :])
        if pattern[0][0] != 0:
            fix = "Add it to the indices instead."
            _core.refuse("U001", "an index expression of partitions beside a gather", fix=fix)
        # Constants of the dimensions behind the rows stay in the pattern.
        inner = self._inner_offset(tile)
        base = source.storage.tensor.ap([[s, n] for s, n in rows], tile.offset - inner)
        inner += offset - tile.offset
        partitions = pattern[0][1]
        start = 0 if box is None else box[0][0]
        index = self.index.access(
            ((start, start + partitions), *((0, n) for n in self.index.shape[1:]))
        )
        pattern[0][0] = self.row_step
        return base.ap(pattern, inner, vector_offset=index, indirect_dim=0)

    def _inner_offset(self, tile):
        """The part of the tile's offset that lies within a row."""
        return (tile.offset - self.source.offset) % self.row_step if self.row_step else 0
