"""Functions of one input that take several instructions: trigonometry with its range reduction,
and rounding."""

import math

import numpy as np

from trainyard.nki import isa
from trainyard.nki.language import tiles, tokens
from trainyard.nki.language.elementwise import (
    abs,
    add,
    equal,
    greater,
    less,
    maximum,
    minimum,
    multiply,
    reciprocal,
    sign,
)

_TWO_PI_HIGH = 6.28125  # 2 pi in two parts: a whole number of turns of this one is exact
_TWO_PI_LOW = 2 * math.pi - _TWO_PI_HIGH
_PI = float(np.nextafter(np.float32(math.pi), np.float32(0)))  # the largest float32 below pi
_WHOLE = float(1 << 23)  # float32 numbers from here on are whole


def _table(op, x, dtype=None):
    """One activation, with the input as it is."""
    out = tiles.result_like(x, dtype)
    isa.activation(out, op, x)
    return out


def _reduced(x, shift):
    """x + shift less the nearest multiple of 2 pi, float32, within [-pi, pi]."""
    turns = tiles.result_like(x, "int32")  # conversion rounds to the nearest
    isa.tensor_scalar(turns, x, add, shift, op1=multiply, operand1=1 / (2 * math.pi))
    rest = tiles.fp32_like(x)
    isa.scalar_tensor_tensor(rest, turns, multiply, -_TWO_PI_HIGH, add, x)
    isa.scalar_tensor_tensor(rest, turns, multiply, -_TWO_PI_LOW, add, rest)
    if shift:
        isa.tensor_scalar(rest, rest, add, shift)
    isa.tensor_scalar(rest, rest, minimum, _PI, op1=maximum, operand1=-_PI)
    return rest


def sin(x, dtype=None):
    """The sine of x, which is first brought into [-pi, pi]: the table holds no more."""
    tiles.check_tile("sin", x)
    return _table(sin, _reduced(x, 0.0), dtype or x.dtype)


tokens.register(sin, "sin")


def cos(x, dtype=None):
    """The cosine of x, as sin(x + pi/2)."""
    tiles.check_tile("cos", x)
    return _table(sin, _reduced(x, math.pi / 2), dtype or x.dtype)


def tan(x, dtype=None):
    """The tangent of x, as sin(x) / cos(x)."""
    tiles.check_tile("tan", x)
    return multiply(sin(x, "float32"), reciprocal(cos(x, "float32")), dtype or x.dtype)


def arctan(x, dtype=None):
    """The angle in [-pi/2, pi/2] whose tangent is x. The table ends at pi/2, so that larger x go
    in as 1 / x."""
    tiles.check_tile("arctan", x)
    size = abs(x, "float32")
    angle = _table(arctan, minimum(size, reciprocal(size)))
    # Where |x| > 1 the angle is pi/2 - angle: angle += large * (pi/2 - 2 * angle).
    change = tiles.fp32_like(x)
    isa.tensor_scalar(change, angle, multiply, -2.0, op1=add, operand1=math.pi / 2)
    isa.scalar_tensor_tensor(change, size, greater, 1.0, multiply, change)
    isa.tensor_tensor(angle, angle, change, add)
    return multiply(angle, sign(x, "float32"), dtype or x.dtype)


tokens.register(arctan, "arctan")


def _rounded(x, correction, step, dtype):
    """The nearest whole number, plus `step` where `correction` (a comparison with x) holds."""
    nearest = tiles.result_like(x, "int32")
    isa.tensor_copy(nearest, x)
    whole = tiles.fp32_like(x)
    isa.tensor_copy(whole, nearest)
    beyond = tiles.fp32_like(x)
    isa.tensor_tensor(beyond, whole, x, correction)
    isa.scalar_tensor_tensor(whole, beyond, multiply, step, add, whole)
    # Large numbers are whole already, and int32 does not hold them; NaN is neither.
    small = tiles.result_like(x, "uint8")
    isa.tensor_scalar(small, x, abs, 0, op1=less, operand1=_WHOLE)
    isa.tensor_copy_predicated(whole, tiles.cast(x, "float32"), small, reverse_pred=True)
    return tiles.cast(whole, dtype or x.dtype)


def floor(x, dtype=None):
    """The largest whole number that is no larger than x."""
    tiles.check_tile("floor", x)
    return _rounded(x, greater, -1.0, dtype)


def ceil(x, dtype=None):
    """The smallest whole number that is no smaller than x."""
    tiles.check_tile("ceil", x)
    return _rounded(x, less, 1.0, dtype)


def trunc(x, dtype=None):
    """x without its fraction."""
    tiles.check_tile("trunc", x)
    size = _rounded(abs(x, "float32"), greater, -1.0, None)
    return multiply(size, sign(x, "float32"), dtype or x.dtype)


def where(condition, x, y, dtype=None):
    """x where the condition tile is not 0, else y; tiles of one shape, or numbers."""
    tiles.check_tile("where", condition, "condition")
    kind = dtype or next((v.dtype for v in (x, y) if tiles.is_tile(v)), condition.dtype)
    out = tiles.result_like(condition, kind)
    for value in (y, x):
        if tiles.is_tile(value):
            tiles.check_tile("where", value)
    isa.tensor_copy(out, y) if tiles.is_tile(y) else isa.memset(out, y)
    chosen = tiles.result_like(condition, "uint8")
    isa.tensor_scalar(chosen, condition, equal, 0.0)
    source = tiles.cast(x, kind) if tiles.is_tile(x) else float(x)
    isa.tensor_copy_predicated(out, source, chosen, reverse_pred=True)
    return out


__all__ = ["arctan", "ceil", "cos", "floor", "sin", "tan", "trunc", "where"]
