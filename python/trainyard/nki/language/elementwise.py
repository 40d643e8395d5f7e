"""Element by element: operators of two inputs, and functions of one. Each function is also the
token of its operator."""

from trainyard import _core
from trainyard.nki import dtypes, isa, versions
from trainyard.nki.language import tiles, tokens
from trainyard.nki.language.movement import broadcast_to


def _apply(op, x, y, dtype):
    """x op y: tensor_tensor for two tiles of one shape, tensor_scalar for a tile and a number or
    a column of one element per partition. Other shapes follow NumPy's rule (`_align`)."""
    name = op.__name__
    both = tiles.is_tile(x) and tiles.is_tile(y)
    for value, parameter in ((x, "x"), (y, "y")):
        if tiles.is_tile(value):
            tiles.check_tile(name, value, parameter)
    if not both and not tiles.is_tile(x) and not tiles.is_tile(y):
        found = f"{type(x).__name__} and {type(y).__name__}"
        _core.refuse(
            "E111", f"{name}: no input is a tile", found, "at least one tile", f"nl.{name}"
        )
    if both:
        dtype = dtype or dtypes.promote(x.dtype, y.dtype)
        if x.shape != y.shape:
            x, y = _align(name, x, y)
        if x.shape == y.shape:
            out = tiles.result_like(x, dtype)
            isa.tensor_tensor(out, x, y, op)
            return out
    swap = not tiles.is_tile(x) or (both and tiles.is_column(x) and not tiles.is_column(y))
    data, operand = (y, x) if swap else (x, y)
    out = tiles.result_like(data, dtype)
    isa.tensor_scalar(out, data, op, _operand(op, operand) if both else operand, reverse0=swap)
    return out


def _align(name, x, y):
    """Two tiles of different shapes as one shape, by NumPy's rule: dimensions of size 1 are
    repeated, partitions by nl.broadcast_to, the others without a copy. A column beside a tile with
    as many partitions stays one. E110 where the shapes have no common one."""
    fits = x.ndim == y.ndim and all(
        1 in (a, b) or a == b for a, b in zip(x.shape, y.shape, strict=True)
    )
    column = x.shape[0] == y.shape[0] and (tiles.is_column(x) or tiles.is_column(y))
    if column:
        return x, y
    if not fits:
        allowed, fix = "one shape, or sizes of 1 where they differ", "Use nl.broadcast_to."
        found = f"{x.shape} and {y.shape}"
        _core.refuse("E110", f"{name}: the shapes differ", found, allowed, f"nl.{name}", fix)
    shape = tuple(map(max, x.shape, y.shape))
    x, y = (broadcast_to(tile, (shape[0], *tile.shape[1:])) for tile in (x, y))
    if tiles.is_column(x) or tiles.is_column(y):
        return x, y
    return tiles.repeat_free(x, shape), tiles.repeat_free(y, shape)


def _operand(op, column):
    """Arithmetic takes float32 columns, operators on bits take them as they are."""
    return column if op.__name__ in _BITS else tiles.as_column(column)


_BITS = {"bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"}


def _binary(name, doc):
    def function(x, y, dtype=None):
        return _apply(function, x, y, dtype)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc}. x and y are tiles of one shape, or one of them is a number or has one element per "
        "partition. The result is a new SBUF tile of `dtype`; default: that of the inputs."
    )
    return tokens.register(function, name)


add = _binary("add", "x + y")
subtract = _binary("subtract", "x - y")
multiply = _binary("multiply", "x * y")
divide = _binary("divide", "x / y")
maximum = _binary("maximum", "The larger of x and y")
minimum = _binary("minimum", "The smaller of x and y")
abs_max = _binary("abs_max", "Of x and y the one of larger magnitude, y if they tie (from v4)")
abs_min = _binary("abs_min", "Of x and y the one of smaller magnitude, y if they tie (from v4)")
mod = _binary("mod", "The remainder of x / y with the sign of y, as Python's %")
fmod = _binary("fmod", "The remainder of x / y with the sign of x, as C's fmod")
equal = _binary("equal", "1 where x == y, else 0")
not_equal = _binary("not_equal", "1 where x != y, else 0")
less = _binary("less", "1 where x < y, else 0")
less_equal = _binary("less_equal", "1 where x <= y, else 0")
greater = _binary("greater", "1 where x > y, else 0")
greater_equal = _binary("greater_equal", "1 where x >= y, else 0")
logical_and = _binary("logical_and", "1 where neither x nor y is 0, else 0")
logical_or = _binary("logical_or", "1 where x or y is not 0, else 0")
logical_xor = _binary("logical_xor", "1 where just one of x and y is not 0, else 0")
bitwise_and = _binary("bitwise_and", "The bits of x and y; integers")
bitwise_or = _binary("bitwise_or", "The bits of x or y; integers")
bitwise_xor = _binary("bitwise_xor", "The bits of x exclusive-or y; integers")
left_shift = _binary("left_shift", "x shifted left by y bits; integers")
right_shift = _binary("right_shift", "x shifted right by y bits, zeros moving in; integers")


def power(x, y, dtype=None):
    """x to the power of y, on GpSimd; SBUF tiles. The exponent becomes a tile if it is a number."""
    if tiles.is_tile(x) and not tiles.is_tile(y):
        exponent = tiles.fp32_like(x)
        isa.memset(exponent, float(y))
        y, dtype = exponent, dtype or x.dtype
    return _apply(power, x, y, dtype)


tokens.register(power, "power")


def _function(name, doc):
    def function(x, dtype=None):
        tiles.check_tile(name, x)
        out = tiles.result_like(x, dtype)
        isa.activation(out, function, x)
        return out

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{doc}, by the Scalar Engine's table. The result is a new SBUF tile of `dtype`; "
        "default: that of x."
    )
    return tokens.register(function, name)


exp = _function("exp", "e to the power of x")
log = _function("log", "The natural logarithm of x")
sqrt = _function("sqrt", "The square root of x")
square = _function("square", "x * x")
tanh = _function("tanh", "The hyperbolic tangent of x")
sigmoid = _function("sigmoid", "1 / (1 + exp(-x))")
relu = _function("relu", "The larger of x and 0")
gelu = _function("gelu", "x times the normal distribution function of x")
gelu_dx = _function("gelu_dx", "The derivative of gelu")
gelu_apprx_tanh = _function("gelu_apprx_tanh", "gelu through tanh")
gelu_apprx_sigmoid = _function("gelu_apprx_sigmoid", "gelu through sigmoid: x * sigmoid(1.702 x)")
gelu_apprx_sigmoid_dx = _function("gelu_apprx_sigmoid_dx", "The derivative of gelu_apprx_sigmoid")
silu = _function("silu", "x * sigmoid(x)")
silu_dx = _function("silu_dx", "The derivative of silu")
softplus = _function("softplus", "log(1 + exp(x))")
mish = _function("mish", "x * tanh(softplus(x))")
erf = _function("erf", "The error function of x")
erf_dx = _function("erf_dx", "The derivative of the error function")
sign = _function("sign", "-1, 0 or 1 by the sign of x")


def abs(x, dtype=None):
    """The magnitude of x."""
    tiles.check_tile("abs", x)
    out = tiles.result_like(x, dtype)
    isa.tensor_scalar(out, x, abs, 0)
    return out


def rsqrt(x, dtype=None):
    """1 / sqrt(x), on GpSimd: x is in SBUF. Before NKI 0.5 on the Scalar Engine."""
    tiles.check_tile("rsqrt", x)
    out = tiles.result_like(x, dtype)
    if versions.current() < 5:
        isa.activation(out, rsqrt, x)
        return out
    isa.tensor_scalar(out, x, rsqrt, 0, engine=isa.engine.gpsimd)
    return out


def reciprocal(x, dtype=None):
    """1 / x, on the Vector Engine."""
    tiles.check_tile("reciprocal", x)
    out = tiles.result_like(x, dtype)
    isa.reciprocal(out, x)
    return out


def negative(x, dtype=None):
    """-x."""
    return multiply(x, -1.0, dtype)


def invert(x, dtype=None):
    """The bits of x inverted; integers."""
    tiles.check_tile("invert", x)
    signed = x.dtype.name.startswith("int")
    return bitwise_xor(x, -1 if signed else (1 << 8 * x.dtype.itemsize) - 1, dtype)


def logical_not(x, dtype=None):
    """1 for 0 and 0 for 1; for other inputs use nl.equal(x, 0)."""
    tiles.check_tile("logical_not", x)
    return (bitwise_xor if dtypes.is_integer(x.dtype) else logical_xor)(x, 1, dtype)


for _function_of_nl in (abs, rsqrt, reciprocal, invert, logical_not):
    tokens.register(_function_of_nl, _function_of_nl.__name__)
