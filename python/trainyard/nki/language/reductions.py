"""Reductions over trailing free axes, and what is built on them."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.language import tiles, tokens
from trainyard.nki.language.elementwise import (
    add,
    exp,
    logical_and,
    maximum,
    minimum,
    multiply,
    rsqrt,
    square,
    subtract,
)
from trainyard.nki.language.movement import broadcast_to


def _axes(what, x, axis):
    """The axes as a sorted tuple of free axes that ends with the last (E111 otherwise)."""
    listed = axis if isinstance(axis, (list, tuple)) else (axis,)
    axes = tuple(sorted({a + x.ndim if a < 0 else a for a in listed}))
    first = x.ndim - len(axes)
    if not axes or first < 1 or axes != tuple(range(first, x.ndim)):
        allowed = f"the last axes, 1 to {x.ndim - 1}"
        _core.refuse("E111", f"{what}: axis", str(axis), allowed, f"shape {x.shape}")
    return axes


def _reduce(op, x, axes, dtype=None, keepdims=False, negate=False):
    kept = x.shape[: axes[0]]
    if keepdims or len(kept) == 1:  # a tile has two dimensions at least
        shape = kept + (1,) * len(axes) if keepdims else (*kept, 1)
    else:
        shape = kept
    out = tiles.result_like(x, dtype, shape)
    isa.tensor_reduce(out, op, x, axes, negate=negate)
    return out


def _reduction(name, op, doc):
    def function(x, axis, dtype=None, keepdims=False):
        tiles.check_tile(name, x)
        return _reduce(op, x, _axes(name, x, axis), dtype, keepdims)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc} over `axis`, one or more of the last axes, never axis 0. The result is a new SBUF "
        "tile of `dtype`; default: that of x. keepdims: reduced axes stay, with size 1."
    )
    return tokens.register(function, op.__name__)


sum = _reduction("sum", add, "The sum")
prod = _reduction("prod", multiply, "The product")
max = _reduction("max", maximum, "The maximum")
min = _reduction("min", minimum, "The minimum")


def all(x, axis, dtype=None):
    """1 where no element over `axis` is 0, else 0."""
    tiles.check_tile("all", x)
    return _reduce(logical_and, x, _axes("all", x, axis), dtype)


def _count(x, axes):
    count = 1
    for axis in axes:
        count *= x.shape[axis]
    return count


def mean(x, axis, dtype=None, keepdims=False):
    """The mean over `axis`, one or more of the last axes; summed in float32."""
    tiles.check_tile("mean", x)
    axes = _axes("mean", x, axis)
    total = _reduce(add, x, axes, "float32", keepdims)
    return multiply(total, 1.0 / _count(x, axes), dtype or x.dtype)


def _combine(out, x, op, column):
    """out = x op column, where column has the shape of x with trailing axes of size 1."""
    if tiles.is_column(column):
        isa.tensor_scalar(out, x, op, tiles.as_column(column))
        return
    isa.tensor_tensor(out, x, tiles.repeat_free(column, x.shape), op)


def var(x, axis, dtype=None, keepdims=False):
    """The variance over `axis`, one or more of the last axes; reduced axes always stay."""
    tiles.check_tile("var", x)
    axes = _axes("var", x, axis)
    center = _reduce(add, x, axes, "float32", True)
    isa.tensor_scalar(center, center, multiply, 1.0 / _count(x, axes))
    distance = tiles.fp32_like(x)
    _combine(distance, x, subtract, center)
    isa.tensor_tensor(distance, distance, distance, multiply)
    total = _reduce(add, distance, axes, "float32", True)
    return multiply(total, 1.0 / _count(x, axes), dtype or x.dtype)


def softmax(x, axis=-1, dtype=None):
    """exp(x) over its sum along `axis`, one or more of the last axes; float32 inside."""
    tiles.check_tile("softmax", x)
    axes = _axes("softmax", x, axis)
    powers = tiles.fp32_like(x)
    if len(axes) == x.ndim - 1:
        # All free axes: the Scalar Engine subtracts the maximum and sums as it goes.
        least = _reduce(maximum, x, axes, "float32", True, negate=True)
        total = tiles.fp32_like(x, (x.shape[0], 1))
        command = isa.reduce_cmd.reset_reduce
        bias = tiles.as_column(least)
        isa.activation(powers, exp, x, bias, reduce_op=add, reduce_res=total, reduce_cmd=command)
    else:
        _combine(powers, x, subtract, _reduce(maximum, x, axes, "float32", True))
        isa.activation(powers, exp, powers)
        total = _reduce(add, powers, axes, "float32", True)
    isa.reciprocal(total, total)
    out = tiles.result_like(x, dtype)
    _combine(out, powers, multiply, total)
    return out


def rms_norm(x, w, axis, n, epsilon=1e-06, dtype=None, compute_dtype=None):
    """x over its root mean square along `axis`, times w: x / sqrt(sum(x * x) / n + epsilon) * w.
    w has the shape of x, or one partition; compute_dtype: of intermediate tiles."""
    tiles.check_tile("rms_norm", x)
    tiles.check_tile("rms_norm", w, "w")
    axes = _axes("rms_norm", x, axis)
    if w.shape[0] == 1 and x.shape[0] > 1:
        w = broadcast_to(w, (x.shape[0], *w.shape[1:]))
    squares = tiles.result_like(x, compute_dtype or "float32")
    isa.activation(squares, square, x)
    scale = _reduce(add, squares, axes, "float32", True)
    isa.tensor_scalar(scale, scale, multiply, 1.0 / n, op1=add, operand1=epsilon)
    scale = rsqrt(scale)
    out = tiles.result_like(x, dtype)
    if tiles.is_column(scale):
        column = tiles.as_column(scale)
        isa.scalar_tensor_tensor(out, x, multiply, column, multiply, w)
        return out
    scaled = tiles.result_like(x, compute_dtype or "float32")
    _combine(scaled, x, multiply, scale)
    isa.tensor_tensor(out, scaled, w, multiply)
    return out


__all__ = ["all", "max", "mean", "min", "prod", "rms_norm", "softmax", "sum", "var"]
