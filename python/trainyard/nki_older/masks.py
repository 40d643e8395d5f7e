"""Masks of the older API: conjunctions of comparisons of index expressions. A mask says for which
elements of a tile an instruction runs. Most masks are boxes and make the tile smaller; the others
become as many boxes as they need, for DMAs, or a selection, for the engines."""

import numpy as np

from trainyard import _core
from trainyard.nki_older import conjunction


class Mask:
    """Constraints (expression, equal): the expression is >= 0, or == 0."""

    __slots__ = ("constraints",)

    def __init__(self, constraints):
        self.constraints = constraints

    @classmethod
    def where(cls, expression, equal=False):
        """The mask of one comparison."""
        return conjunction.joined(cls(((expression, equal),)))

    def __and__(self, other):
        if isinstance(other, Mask):
            return Mask(self.constraints + other.constraints)
        if isinstance(other, bool) or type(other).__name__ == "bool_":
            return self if other else NEVER
        return NotImplemented

    __rand__ = __and__

    def _refuse(self, *_):
        text = "masks are joined with & only: no or, not or exclusive or"
        _core.refuse("E111", text, whose="mask", fix="Use nl.where for other conditions.")

    __or__ = __ror__ = __invert__ = __xor__ = __rxor__ = _refuse

    def __bool__(self):
        return conjunction.left(self)

    def __repr__(self):
        parts = [f"{e!r} {'==' if equal else '>='} 0" for e, equal in self.constraints]
        return " & ".join(parts) or "everywhere"


NEVER = Mask(None)


def engines_reach(start, partitions):
    """Whether an engine can address that many partitions from `start` on."""
    return start % (32 if partitions <= 32 else 64 if partitions <= 64 else 128) == 0


class Region:
    """The part of a tile of `shape` that a mask leaves: `box`, one (start, stop) per dimension,
    bounds it; it is that box if `rest`, the constraints that cut corners off, is empty."""

    __slots__ = ("box", "rest", "shape")

    def __init__(self, shape, box, rest=()):
        self.shape = shape
        self.box = box
        self.rest = rest

    @property
    def is_empty(self):
        """Whether nothing is left."""
        return self.box is None

    def for_engines(self):
        """The region as engines can address it: they start at partition 0, 32, 64 or 96, and where
        they cannot, the box starts at 0 and the rows before are constraints."""
        if self.is_empty:
            return self
        start, stop = self.box[0]
        if engines_reach(start, stop - start):
            return self
        constraint = (_along(0, self.shape, 1, -start), False)
        return Region(self.shape, ((0, stop), *self.box[1:]), (*self.rest, constraint))

    def constraints(self):
        """All that the region says, its box too, as constraints."""
        found = list(self.rest)
        for d, ((start, stop), size) in enumerate(zip(self.box, self.shape, strict=True)):
            if start:
                found.append((_along(d, self.shape, 1, -start), False))
            if stop < size:
                found.append((_along(d, self.shape, -1, stop - 1), False))
        return found

    def boxes(self):
        """Boxes that make up the region: itself, or one for each run of equal rows."""
        if self.is_empty:
            return []
        return [self.box] if not self.rest else list(_split(self.shape, self.box, self.rest))


def _along(d, shape, step, constant):
    """The expression step * position + constant of one dimension."""
    from trainyard.nki_older.affine import Affine

    steps = tuple(step if one == d else 0 for one in range(len(shape)))
    return Affine(shape, steps, constant)


def fold(mask, shape):
    """The Region of a mask on a tile of that shape; None where it is the whole tile."""
    if mask is None:
        return None
    conjunction.check_used()
    if not isinstance(mask, Mask):
        return _fold_constant(mask, shape)
    if mask.constraints is None:
        return Region(shape, None)
    box, rest = [(0, size) for size in shape], mask.constraints
    while box is not None:
        before = list(box)
        box, rest = _narrow(rest, shape, box)
        if box == before:
            break
    if box is None:
        return Region(shape, None)
    if not rest and all(b == (0, size) for b, size in zip(box, shape, strict=True)):
        return None
    return Region(shape, tuple(box), tuple(rest))


def _fold_constant(mask, shape):
    """A mask that Python knows: True, False, or a number."""
    if not isinstance(mask, (int, np.bool_)):
        found, allowed = type(mask).__name__, "comparisons of index expressions joined with &"
        _core.refuse("E111", "mask", found, allowed, "mask")
    return None if mask else Region(shape, None)


def steps_in(expression, shape):
    """The expression's steps, one for each dimension of a tile of that shape."""
    _, steps = expression.extended(max(len(shape), expression.ndim))
    sizes, _ = expression.extended(max(len(shape), expression.ndim))
    extra = len(sizes) - len(shape)
    fits = all(n == 1 or not s for n, s in zip(sizes[:extra], steps, strict=False)) and all(
        a in (1, b) or not step or b == 1
        for a, b, step in zip(sizes[extra:], shape, steps[extra:], strict=True)
    )
    if not fits:
        text = "the mask does not fit the tile it is for"
        _core.refuse("E110", text, str(expression.shape), str(shape), "mask")
    return steps[extra:]


def _narrow(constraints, shape, box):
    """The box that the constraints leave of `box`, None if nothing, and those constraints that
    are no bounds of one dimension."""
    box, rest = list(box), []
    for expression, equal in constraints:
        steps = steps_in(expression, shape)
        for sign in (1, -1) if equal else (1,):
            if not _bound(sign * expression.constant, [sign * s for s in steps], box):
                return None, ()
        low, high = _range(expression.constant, steps, box)
        if low < 0 or (equal and high > 0):
            rest.append((expression, equal))
    return box, rest


def _bound(constant, steps, box):
    """Narrows the box to where constant + steps · position >= 0 can hold; False if nowhere."""
    low, high = _range(constant, steps, box)
    if high < 0:
        return False
    if low >= 0:
        return True
    for d, step in enumerate(steps):
        if not step:
            continue
        start, stop = box[d]
        # The most that the other dimensions give.
        others = high - (step * (stop - 1) if step > 0 else step * start)
        if step > 0:
            start = max(start, -(others // step))
        else:
            stop = min(stop, others // -step + 1)
        box[d] = (start, stop)
        low, high = _range(constant, steps, box)
    return True


def _range(constant, steps, box):
    low = high = constant
    for step, (start, stop) in zip(steps, box, strict=True):
        a, b = step * start, step * (stop - 1)
        low, high = low + min(a, b), high + max(a, b)
    return low, high


def _split(shape, box, constraints):
    """Boxes that cover just the region: along the first dimension that the constraints leave
    open, equal slices are put together."""
    pending = None
    first = next(
        d
        for d, (start, stop) in enumerate(box)
        if stop - start > 1 and any(steps_in(e, shape)[d] for e, _ in constraints)
    )
    for i in range(*box[first]):
        row = list(box)
        row[first] = (i, i + 1)
        narrowed, rest = row, constraints
        while narrowed is not None:
            before = list(narrowed)
            narrowed, rest = _narrow(rest, shape, narrowed)
            if narrowed == before:
                break
        parts = [] if narrowed is None else [tuple(narrowed)]
        if narrowed is not None and rest:
            parts = list(_split(shape, tuple(narrowed), rest))
        for part in parts:
            joint = pending is not None and len(parts) == 1 and _follows(pending, part, first)
            if joint:
                pending = (*part[:first], (pending[first][0], i + 1), *part[first + 1 :])
                continue
            if pending is not None:
                yield pending
            pending = part
    if pending is not None:
        yield pending


def _follows(a, b, dim):
    return a[dim][1] == b[dim][0] and a[:dim] == b[:dim] and a[dim + 1 :] == b[dim + 1 :]
