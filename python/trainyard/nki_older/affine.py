"""Index expressions of the older API: `nl.arange(128)[:, None]`, `nl.mgrid[0:128, 0:512]` and
affine combinations of them. As in NumPy such an expression is an array of integers with a shape
that broadcasts; here it is kept as `constant + sum(step * position)` over its dimensions."""

from trainyard import _core
from trainyard.nki_older.masks import Mask

_FIX = "Index expressions are sums of nl.arange and constants, times constants."


class Affine:
    """An integer array whose value at position (i, j, …) is constant + steps · (i, j, …)."""

    __slots__ = ("constant", "shape", "steps")

    # NumPy's integers must leave operators with an Affine on the right to this class.
    __array_ufunc__ = None

    def __init__(self, shape, steps, constant):
        self.shape = shape
        self.steps = steps
        self.constant = constant

    @property
    def ndim(self):
        """Dimensions of the expression."""
        return len(self.shape)

    def extended(self, ndim):
        """(shape, steps) with leading dimensions of size 1 up to `ndim`."""
        missing = ndim - len(self.shape)
        return (1,) * missing + self.shape, (0,) * missing + self.steps

    def bounds(self):
        """The smallest and the largest value."""
        low = high = self.constant
        for size, step in zip(self.shape, self.steps, strict=True):
            reach = step * (size - 1)
            low, high = (low + reach, high) if reach < 0 else (low, high + reach)
        return low, high

    def __getitem__(self, key):
        """Places dimensions as NumPy does: full slices keep one, None adds one of size 1."""
        keys = key if isinstance(key, tuple) else (key,)
        shape, steps, source = [], [], 0
        for entry in keys:
            if entry is None:
                shape.append(1)
                steps.append(0)
            elif isinstance(entry, slice) and entry == slice(None) and source < self.ndim:
                shape.append(self.shape[source])
                steps.append(self.steps[source])
                source += 1
            else:
                found = str(key)
                _core.refuse("E120", "an index of an index expression", found, ": and None")
        return Affine((*shape, *self.shape[source:]), (*steps, *self.steps[source:]), self.constant)

    def _plus(self, other, sign=1):
        if isinstance(other, Affine):
            ndim = max(self.ndim, other.ndim)
            shape_a, steps_a = self.extended(ndim)
            shape_b, steps_b = other.extended(ndim)
            shape = broadcast(shape_a, shape_b)
            steps = tuple(a + sign * b for a, b in zip(steps_a, steps_b, strict=True))
            return Affine(shape, steps, self.constant + sign * other.constant)
        if (number := _integer(other)) is None:
            return NotImplemented
        return Affine(self.shape, self.steps, self.constant + sign * number)

    def __add__(self, other):
        return self._plus(other)

    def __radd__(self, other):
        return self._plus(other)

    def __sub__(self, other):
        return self._plus(other, -1)

    def __rsub__(self, other):
        return (-self)._plus(other)

    def __neg__(self):
        return self * -1

    def __mul__(self, other):
        if isinstance(other, Affine):
            _core.refuse("E120", "a product of two index expressions", fix=_FIX)
        if (number := _integer(other)) is None:
            return NotImplemented
        return Affine(self.shape, tuple(s * number for s in self.steps), self.constant * number)

    __rmul__ = __mul__

    def _not_affine(self, other):
        _core.refuse("E120", "a quotient of an index expression is not affine", fix=_FIX)

    __floordiv__ = __mod__ = __truediv__ = __rfloordiv__ = __rmod__ = _not_affine

    # Comparisons give masks: constraints of the form `expression >= 0`.
    def __ge__(self, other):
        return Mask.where(self - other)

    def __gt__(self, other):
        return Mask.where(self - other - 1)

    def __le__(self, other):
        return Mask.where(_minus(other, self))

    def __lt__(self, other):
        return Mask.where(_minus(other, self) - 1)

    def __eq__(self, other):
        if not isinstance(other, Affine) and _integer(other) is None:
            return NotImplemented
        return Mask.where(self - other, equal=True)

    __hash__ = None

    def __bool__(self):
        _core.refuse("E120", "an index expression as a condition", fix="Compare it, for a mask.")

    def __repr__(self):
        terms = [f"{step}*i{d}" for d, step in enumerate(self.steps) if step]
        return f"Affine({' + '.join([*terms, str(self.constant)])}, shape={self.shape})"


def _minus(a, b):
    return (-b) + a


def _integer(value):
    """The value as an int, or None for what is no integer."""
    try:
        return value.__index__()
    except AttributeError:
        return None


def broadcast(*shapes):
    """The shape that arrays of the given shapes have together, as NumPy's broadcasting."""
    ndim = max(map(len, shapes))
    sizes = []
    for position in range(-ndim, 0):
        found = {s[position] for s in shapes if len(s) >= -position} - {1}
        if len(found) > 1:
            allowed = "equal sizes, or 1"
            text = "index expressions of these shapes do not fit together"
            _core.refuse("E120", text, " and ".join(map(str, shapes)), allowed)
        sizes.append(found.pop() if found else 1)
    return tuple(sizes)


def arange(*bounds):
    """arange(stop) or arange(start, stop): the integers from start, a dimension of its own once
    it is placed with [:, None] or [None, :]."""
    limits = [_integer(b) for b in bounds]
    if len(limits) not in (1, 2) or None in limits:
        found, allowed = str(bounds), "arange(stop) or arange(start, stop) with integers"
        _core.refuse("E111", "nl.arange", found, allowed, "nl.arange")
    start, stop = (0, *limits) if len(limits) == 1 else limits
    if stop <= start:
        _core.refuse("E111", "nl.arange is empty", f"{start} to {stop}", "start < stop")
    return Affine((stop - start,), (1,), start)


class Grid(tuple):
    """What mgrid gives: one index expression per dimension, all of the full shape. The first is
    also called p (the partition dimension), the others x, y, z and w."""

    __slots__ = ()
    p = property(lambda self: self[0])
    x = property(lambda self: self[1])
    y = property(lambda self: self[2])
    z = property(lambda self: self[3])
    w = property(lambda self: self[4])


class _MGrid:
    """nl.mgrid[0:128, 0:512]: index expressions of a dense grid."""

    def __getitem__(self, key):
        slices = key if isinstance(key, tuple) else (key,)
        for entry in slices:
            if not isinstance(entry, slice) or entry.step not in (None, 1) or entry.stop is None:
                _core.refuse("E120", "nl.mgrid", str(key), "slices start:stop")
        starts = [_integer(entry.start or 0) for entry in slices]
        stops = [_integer(entry.stop) for entry in slices]
        if None in starts or None in stops:
            _core.refuse("E120", "nl.mgrid", str(key), "integer bounds")
        shape = tuple(b - a for a, b in zip(starts, stops, strict=True))
        if min(shape) < 1:
            _core.refuse("E120", "nl.mgrid is empty", str(key), "start < stop")
        ndim = len(shape)
        return Grid(
            Affine(shape, tuple(int(d == axis) for d in range(ndim)), start)
            for axis, start in enumerate(starts)
        )


mgrid = _MGrid()
