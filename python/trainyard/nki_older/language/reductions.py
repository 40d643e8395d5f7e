"""Reductions over trailing free dimensions, and what is built on them."""

from trainyard.nki import isa
from trainyard.nki import language as newer
from trainyard.nki_older import operands
from trainyard.nki_older.isa.reductions import free_axes, tensor_reduce
from trainyard.nki_older.operands import check_keywords, check_tile, composite, part
from trainyard.nki_older.results import kind_of


def _reduction(name, op):
    def function(x, axis, *, dtype=None, mask=None, keepdims=False, **keywords):
        check_keywords(f"nl.{name}", keywords)
        check_tile(name, x)
        return tensor_reduce(op, x, axis, mask=mask, dtype=dtype, keepdims=keepdims)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The {op.__name__} reduction over `axis`, one or more of the last."
    operands.register(function, op.__name__)
    return function


sum = _reduction("sum", newer.add)
prod = _reduction("prod", newer.multiply)
max = _reduction("max", newer.maximum)
min = _reduction("min", newer.minimum)


def all(x, axis, *, dtype=bool, mask=None, **keywords):
    """1 where no element over `axis` is 0, else 0."""
    check_keywords("nl.all", keywords)
    return tensor_reduce(newer.logical_and, check_tile("all", x), axis, mask=mask, dtype=dtype)


def _reduced_shape(x, axes, keepdims):
    kept = x.shape[: axes[0]]
    if keepdims:
        return kept + (1,) * len(axes)
    return kept if len(kept) > 1 else (*kept, 1)


def _statistic(name, op):
    def function(x, axis, *, dtype=None, mask=None, keepdims=False, **keywords):
        check_keywords(f"nl.{name}", keywords)
        check_tile(name, x)
        axes = free_axes(f"nl.{name}", x, axis)
        kind = kind_of(dtype, x.kind)
        found = operands.region(mask, x.shape, x)
        view = part(x, found)
        shape = _reduced_shape(x, axes, keepdims)
        inside = tuple(a - x.ndim for a in axes)

        def make():
            values = op(view, inside, dtype=kind, keepdims=True)
            return values.reshape((view.shape[0], *shape[1:]))

        return composite(name, make, shape, kind, (x,), operands.rows(found, shape))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{op.__doc__.partition(';')[0]}."
    return function


mean = _statistic("mean", newer.mean)
var = _statistic("var", newer.var)


def softmax(x, axis, *, dtype=None, compute_dtype=None, mask=None, **keywords):
    """exp(x) over its sum along `axis`; float32 inside, whatever compute_dtype says."""
    check_keywords("nl.softmax", keywords)
    check_tile("softmax", x)
    axes = free_axes("nl.softmax", x, axis)
    kind = kind_of(dtype, x.kind)
    found = operands.region(mask, x.shape, x)
    view = part(x, found)
    place = _placed(x, kind, found)
    return place("softmax", lambda: newer.softmax(view, axes, kind))


def rms_norm(
    x, w, axis, n, epsilon=1e-06, *, dtype=None, compute_dtype=None, mask=None, **keywords
):
    """x over its root mean square along `axis`, times w."""
    check_keywords("nl.rms_norm", keywords)
    check_tile("rms_norm", x)
    check_tile("rms_norm", w, "w")
    axes = free_axes("nl.rms_norm", x, axis)
    kind = kind_of(dtype, x.kind)
    found = operands.region(mask, x.shape, x)
    view, weight = part(x, found), part(w, found) if w.shape == x.shape else w.access()
    place = _placed(x, kind, found)
    return place("rms_norm", lambda: newer.rms_norm(view, weight, axes, n, epsilon, kind))


def _placed(x, kind, found):
    """Makes a result of x's shape from a function that gives the values where the mask is."""

    def place(name, make):
        if found is None:
            return composite(name, make, x.shape, kind, (x,))

        def emit(target):
            isa.tensor_copy(target.access(found.box), make())

        return operands.Pending(x.shape, kind, emit, (x,), found)

    return place
