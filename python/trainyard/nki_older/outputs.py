"""What a kernel of the older API returns."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.buffers import shared_hbm
from trainyard.nki_older import grid, operands, results
from trainyard.nki_older.tile import is_tile


def to_tensors(value):
    """The value with tensors of the core in place of tiles. A tile on chip is stored first, as
    the vendor's simulator lets kernels do."""
    if is_tile(value):
        return _in_shared_hbm(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(to_tensors, value))
    if isinstance(value, (list, tuple)):
        return type(value)(to_tensors(v) for v in value)
    if isinstance(value, dict):
        return {key: to_tensors(v) for key, v in value.items()}
    return value


def _in_shared_hbm(tile):
    if tile.memory == "shared_hbm":
        return tile.access()
    if not grid.is_single():
        allowed, fix = "shared_hbm", "Declare it with buffer=nl.shared_hbm."
        text = f"each program of the grid returns {tile!r} of its own"
        _core.refuse("E304", text, tile.memory, allowed, "kernel outputs", fix)
    if tile.memory == "psum":
        tile = operands.in_sbuf(tile)
    stored = _core.ndarray(tile.shape or (1,), tile.kind, shared_hbm)
    isa.dma_copy(stored, tile.access())
    results.flush()
    return stored
