"""Printing, and what concerns several programs."""

from trainyard import _core
from trainyard.nki.arrays import to_numpy
from trainyard.nki_older import results
from trainyard.nki_older.operands import check_keywords


def device_print(prefix, x, *, mask=None, **keywords):
    """Prints the prefix and the values of a tile, running the kernel up to here."""
    check_keywords("nl.device_print", keywords)
    results.flush()
    if mask is not None and not isinstance(mask, bool):
        _core.refuse("U001", "nl.device_print with a mask", fix="Print a slice of the tile.")
    if mask is False or _core.current_trace().time_only:
        return
    print(f"{prefix} {x!r}\n{to_numpy(x.access())}")


def all_reduce(x, op, program_axes, **keywords):
    """Reduces over programs of the grid; not there."""
    _core.refuse("U001", "nl.all_reduce over programs", fix="Loop over the axis in one program.")


def atomic_rmw(dst, value, op, *, mask=None, **keywords):
    """dst = op(dst, value) for rows of HBM that a tile of indices picks; op is np.add."""
    from trainyard.nki_older.isa.dma import dma_copy

    check_keywords("nl.atomic_rmw", keywords)
    dma_copy(dst=dst, src=value, mask=mask, dst_rmw_op=op)
