"""Subscripts of the older API: what `tensor[…]` selects, as an affine map from the dimensions of
the result to those of the tensor. Nothing is read here."""

from trainyard import _core
from trainyard.nki_older.affine import Affine, broadcast
from trainyard.nki_older.dynamic import DynamicIndex

_ADVANCED = "Index every dimension with nl.arange expressions and integers, or with slices only."


class Selection:
    """`shape` of the result; for each dimension of the tensor, where its index comes from:
    (constant, {dimension of the result: step}). `gather`: (dimension of the tensor, index tile)
    where a tile of indices picks rows; `dynamic`: the same for a tile of one index."""

    __slots__ = ("dynamic", "gather", "places", "shape")

    def __init__(self, shape, places, gather=None, dynamic=None):
        self.shape = shape
        self.places = places
        self.gather = gather
        self.dynamic = dynamic


def expand(key, ndim):
    """The subscript as a list with an entry for each of `ndim` dimensions, and None where a new
    one goes."""
    entries = list(key) if isinstance(key, tuple) else [key]
    used = sum(1 for e in entries if e is not None and e is not Ellipsis)
    if used > ndim:
        _core.refuse("E120", "too many indices", f"{used}", f"at most {ndim}", "the tensor")
    dots = [i for i, e in enumerate(entries) if e is Ellipsis]
    if len(dots) > 1:
        _core.refuse("E120", "more than one ... in a subscript")
    at = dots[0] if dots else len(entries)
    entries[at : at + len(dots)] = [slice(None)] * (ndim - used)
    return entries


def select(shape, key, partition=None):
    """The Selection of a subscript on a tensor of `shape`. `partition`: the dimension that is the
    partition dimension on chip; an integer there leaves a dimension of size 1."""
    entries = expand(key, len(shape))
    if any(isinstance(e, (Affine, DynamicIndex)) or is_tile(e) for e in entries):
        if partition is not None:
            entries = [DynamicIndex(e, _NOTHING) if is_tile(e) else e for e in entries]
        return _select_advanced(shape, entries)
    sizes, places, source = [], [], 0
    for entry in entries:
        if entry is None:
            sizes.append(1)
            continue
        size = shape[source]
        if isinstance(entry, slice):
            start, step, count = bounds(entry, size)
            places.append((start, {len(sizes): step}))
            sizes.append(count)
        elif source == partition:
            places.append((integer(entry), {len(sizes): 1}))
            sizes.append(1)
        else:
            places.append((integer(entry), {}))
        source += 1
    return Selection(tuple(sizes), places)


_NOTHING = Affine((1, 1), (0, 0), 0)


def _select_advanced(shape, entries):
    """With index expressions the dimensions of the result are those that the expressions have
    together; slices beside them must come before or after all of them."""
    joint = broadcast(*(e.shape for e in entries if hasattr(e, "shape")))
    if len(joint) < 2:
        fix = "Place the expression in a dimension: nl.arange(128)[:, None]."
        _core.refuse("E120", "an index expression of one dimension", str(joint), "two", fix=fix)
    kinds = [isinstance(e, slice) for e in entries]
    first = kinds.index(False)
    last = len(kinds) - 1 - kinds[::-1].index(False)
    if None in entries or any(kinds[first : last + 1]):
        _core.refuse("E120", "slices between index expressions", fix=_ADVANCED)
    offset = first  # slices before the expressions keep their place
    sizes = [0] * first + list(joint) + [0] * (len(entries) - 1 - last)
    places, gather, dynamic = [], None, None
    for source, entry in enumerate(entries):
        if isinstance(entry, DynamicIndex):
            if dynamic is not None:
                _core.refuse("U001", "two offsets that tiles hold in one subscript")
            dynamic, entry = (source, entry.tile), entry.expression
        if isinstance(entry, slice):
            target = source if source < first else len(joint) + first + source - last - 1
            start, step, sizes[target] = bounds(entry, shape[source])
            places.append((start, {target: step}))
        elif isinstance(entry, Affine):
            _, steps = entry.extended(len(joint))
            places.append((entry.constant, {offset + d: s for d, s in enumerate(steps) if s}))
        elif is_tile(entry):
            if gather is not None:
                _core.refuse("U001", "two tiles of indices in one subscript")
            gather = (source, entry)
            places.append((0, {}))
        else:
            places.append((integer(entry), {}))
    return Selection(tuple(sizes), places, gather, dynamic)


def bounds(entry, size):
    """(start, step, count) of a slice on a dimension. It may reach beyond the end: a mask can cut
    that off. Negative bounds count from the end."""
    step = 1 if entry.step is None else integer(entry.step)
    start = 0 if entry.start is None else integer(entry.start)
    stop = size if entry.stop is None else integer(entry.stop)
    start, stop = (start + size if start < 0 else start), (stop + size if stop < 0 else stop)
    if step < 1 or stop <= start:
        found, allowed = (
            f"{entry.start}:{entry.stop}:{entry.step}",
            "start < stop and a step from 1",
        )
        _core.refuse("E120", "an empty or reversed slice", found, allowed, f"size {size}")
    return start, step, -(-(stop - start) // step)


def integer(value):
    """An index that is an integer, or E120."""
    try:
        return value.__index__()
    except AttributeError:
        found = type(value).__name__
        fix = "Index with integers, slices, nl.ds(start, size), nl.arange expressions or tiles."
        return _core.refuse("E120", "a subscript", found, fix=fix)


def is_tile(value):
    """Whether it is a tile of the older API."""
    return getattr(value, "is_older_tile", False)
