"""Loops and slices. All ranges unroll: a loop index is a number."""

from trainyard import _core
from trainyard.nki_older import indexing, operands, turns
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of

_range = range


def affine_range(*args, **kwargs):
    """A loop whose turns do not depend on each other, but for sums."""
    return turns.loop(_bounds("nl.affine_range", args, kwargs))


def sequential_range(*args, **kwargs):
    """A loop whose turns come one after the other."""
    return turns.loop(_bounds("nl.sequential_range", args, kwargs))


def static_range(*args):
    """A loop that unrolls."""
    return _bounds("nl.static_range", args, {})


def _bounds(what, args, kwargs):
    operands.check_keywords(what, kwargs, ("directives",))
    return _range(*[indexing.integer(a) for a in args])


def ds(start, size):
    """The slice of `size` elements from `start`."""
    return slice(start, start + size)


def loop_reduce(x, op, loop_indices, *, dtype=None, mask=None, **keywords):
    """Combines x with the tile that the result is assigned to: `b[…] = nl.loop_reduce(a, op, i)`
    is b op a. The tile holds the start value before the loop."""
    operands.check_keywords("nl.loop_reduce", keywords)
    operands.check_tile("nl.loop_reduce", x)
    from trainyard.nki_older.language import elementwise

    kind = kind_of(dtype, x.kind)
    found = operands.region(mask, x.shape, x)
    function = elementwise.by_token(op)

    def emit(target):
        from trainyard.nki_older import assignment

        if isinstance(target, Pending):
            text = "nl.loop_reduce: the result has no tile to add to"
            fix = "Assign it to an element of a tile made before the loop: b[...] = …"
            _core.refuse("U001", text, fix=fix)
        assignment.assign(target, function(target, x, dtype=kind, mask=mask))

    return Pending(x.shape, kind, emit, (), found, converts=True, splits=True)
