"""Element by element: operators of two inputs, and functions of one. Each function is also the
token of its operator."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki import language as newer
from trainyard.nki_older import number_formats, operands, promotion
from trainyard.nki_older.affine import broadcast as joint_shape
from trainyard.nki_older.assignment import broadcast
from trainyard.nki_older.operands import check_keywords, check_tile, composite, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of
from trainyard.nki_older.tile import is_tile

_BITS = {"bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"}
_COMMUTE = {"add", "multiply", "maximum", "minimum", "equal", "not_equal", "logical_and"}
_FLOAT32 = dtypes.by_name["float32"]


def combine(op, x, y, dtype=None, mask=None, default=None):
    """x op y: tensor_scalar for a tile and a number or a float32 column, else tensor_tensor, with
    the smaller tile repeated. `default`: the format if neither dtype= nor promotion says it."""
    name = op.__name__
    both = [v for v in (x, y) if is_tile(v)]
    if not both:
        found = f"{type(x).__name__} and {type(y).__name__}"
        _core.refuse("E111", f"{name}: no input is a tile", found, "at least one", f"nl.{name}")
    for value, parameter in ((x, "x"), (y, "y")):
        if is_tile(value):
            check_tile(name, value, parameter)
    kind = number_formats.kind(dtype) if dtype is not None else default or _promoted(name, x, y)
    if len(both) == 1:
        return _with_number(op, x, y, kind, mask)
    shape = joint_shape(x.shape, y.shape)
    x, y = (operands.spread_partitions(v, shape[0]) for v in (x, y))
    found = operands.region(mask, shape, x, y)
    for tile, other, swapped in ((y, x, False), (x, y, True)):
        if _is_column(tile) and other.shape == shape and _takes_column(name, tile):
            return _with_column(op, other, tile, swapped, kind, found)
    if x.memory == "psum" == y.memory:  # the engine reads one of its inputs from PSUM
        y = operands.in_sbuf(y)
    first = x if x.shape == shape else broadcast(x, shape)
    second = y if y.shape == shape else broadcast(y, shape)
    a, b = first.access(cut(found)), second.access(cut(found))

    def emit(target):
        isa.tensor_tensor(target.access(cut(found)), a, b, op)

    return Pending(shape, kind, emit, (x, y), found)


def _promoted(name, x, y):
    kinds = [v.kind if is_tile(v) else promotion.kind_of_scalar(v) for v in (x, y)]
    kind = promotion.promoted(*kinds)
    # A quotient of integers is no integer.
    return _FLOAT32 if name == "divide" and dtypes.is_integer(kind) else kind


def _is_column(tile):
    return tile.size == tile.shape[0]


def _takes_column(name, tile):
    return dtypes.is_integer(tile.kind) if name in _BITS else tile.kind is _FLOAT32


def _with_number(op, x, y, kind, mask):
    swapped = not is_tile(x)
    tile, number = (y, x) if swapped else (x, y)
    found = operands.region(mask, tile.shape, tile)
    data = part(tile, found)
    number = operands.column(number, found, op.__name__, "y")
    swapped = swapped and op.__name__ not in _COMMUTE

    def emit(target):
        isa.tensor_scalar(target.access(cut(found)), data, op, number, reverse0=swapped)

    return Pending(tile.shape, kind, emit, (tile,), found)


def _with_column(op, tile, column, swapped, kind, found):
    data = part(tile, found)
    scalar = operands.column(column, found, op.__name__, "y")
    swapped = swapped and op.__name__ not in _COMMUTE

    def emit(target):
        isa.tensor_scalar(target.access(cut(found)), data, op, scalar, reverse0=swapped)

    return Pending(tile.shape, kind, emit, (tile, column), found)


def _binary(op):
    def function(x, y, *, dtype=None, mask=None, **keywords):
        check_keywords(f"nl.{op.__name__}", keywords)
        return combine(op, x, y, dtype, mask)

    return _named(function, op)


def _comparison(op):
    def function(x, y, *, dtype=bool, mask=None, **keywords):
        check_keywords(f"nl.{op.__name__}", keywords)
        return combine(op, x, y, dtype, mask)

    return _named(function, op)


def _named(function, op):
    function.__name__ = function.__qualname__ = op.__name__
    function.__doc__ = f"{op.__doc__.partition('.')[0]}. Returns a tile."
    _core.register_operator(function, op.__name__)
    return function


add = _binary(newer.add)
subtract = _binary(newer.subtract)
multiply = _binary(newer.multiply)
divide = _binary(newer.divide)
maximum = _binary(newer.maximum)
minimum = _binary(newer.minimum)
bitwise_and = _binary(newer.bitwise_and)
bitwise_or = _binary(newer.bitwise_or)
bitwise_xor = _binary(newer.bitwise_xor)
left_shift = _binary(newer.left_shift)
right_shift = _binary(newer.right_shift)
equal = _comparison(newer.equal)
not_equal = _comparison(newer.not_equal)
less = _comparison(newer.less)
less_equal = _comparison(newer.less_equal)
greater = _comparison(newer.greater)
greater_equal = _comparison(newer.greater_equal)
logical_and = _comparison(newer.logical_and)
logical_or = _comparison(newer.logical_or)
logical_xor = _comparison(newer.logical_xor)


def _modulo(op):
    def function(x, y, dtype=None, mask=None, **keywords):
        check_keywords(f"nl.{op.__name__}", keywords)
        return combine(op, x, y, dtype, mask)

    return _named(function, op)


mod = _modulo(newer.mod)
fmod = _modulo(newer.fmod)


def power(x, y, *, dtype=None, mask=None, **keywords):
    """x to the power of y, on GpSimd."""
    check_keywords("nl.power", keywords)
    if is_tile(x) and is_tile(y):
        return combine(newer.power, operands.in_sbuf(x), operands.in_sbuf(y), dtype, mask)
    tile = operands.in_sbuf(check_tile("power", x if is_tile(x) else y))
    kind = kind_of(dtype, _promoted("power", x, y))
    number = operands.tile_of(newer.full(tile.shape, float(y if is_tile(x) else x), "float32"))
    first, second = (tile, number) if is_tile(x) else (number, tile)
    return combine(newer.power, first, second, kind, mask)


_core.register_operator(power, "power")


def _unary(op):
    def function(x, *, dtype=None, mask=None, **keywords):
        check_keywords(f"nl.{op.__name__}", keywords)
        check_tile(op.__name__, x)
        found = operands.region(mask, x.shape, x)
        data = part(x, found)

        def emit(target):
            isa.activation(target.access(cut(found)), op, data)

        return Pending(x.shape, kind_of(dtype, x.kind), emit, (x,), found)

    return _named(function, op)


exp = _unary(newer.exp)
log = _unary(newer.log)
sqrt = _unary(newer.sqrt)
rsqrt = _unary(newer.rsqrt)
square = _unary(newer.square)
tanh = _unary(newer.tanh)
sigmoid = _unary(newer.sigmoid)
relu = _unary(newer.relu)
gelu = _unary(newer.gelu)
gelu_dx = _unary(newer.gelu_dx)
gelu_apprx_tanh = _unary(newer.gelu_apprx_tanh)
gelu_apprx_sigmoid = _unary(newer.gelu_apprx_sigmoid)
silu = _unary(newer.silu)
silu_dx = _unary(newer.silu_dx)
softplus = _unary(newer.softplus)
mish = _unary(newer.mish)
erf = _unary(newer.erf)
erf_dx = _unary(newer.erf_dx)
sign = _unary(newer.sign)


def abs(x, *, dtype=None, mask=None, **keywords):
    """The magnitude of x."""
    check_keywords("nl.abs", keywords)
    check_tile("abs", x)
    return combine(newer.abs, x, 0.0, dtype, mask, default=x.kind)


def reciprocal(x, *, dtype=None, mask=None, **keywords):
    """1 / x, on the Vector Engine."""
    check_keywords("nl.reciprocal", keywords)
    check_tile("reciprocal", x)
    found = operands.region(mask, x.shape, x)
    data = part(x, found)

    def emit(target):
        isa.reciprocal(target.access(cut(found)), data)

    return Pending(x.shape, kind_of(dtype, x.kind), emit, (x,), found)


def negative(x, *, dtype=None, mask=None, **keywords):
    """-x."""
    check_keywords("nl.negative", keywords)
    check_tile("negative", x)
    return combine(newer.multiply, x, -1.0, dtype, mask, default=x.kind)


def invert(x, *, dtype=None, mask=None, **keywords):
    """The bits of x inverted; integers."""
    check_keywords("nl.invert", keywords)
    check_tile("invert", x)
    signed = x.kind.name.startswith("int")
    ones = -1 if signed else (1 << 8 * x.itemsize) - 1
    return combine(newer.bitwise_xor, x, ones, dtype, mask, default=x.kind)


def logical_not(x, *, dtype=bool, mask=None, **keywords):
    """1 where x is 0, else 0."""
    check_keywords("nl.logical_not", keywords)
    return combine(newer.equal, check_tile("logical_not", x), 0.0, dtype, mask)


for _function in (abs, reciprocal, invert, logical_not):
    _core.register_operator(_function, _function.__name__)


def _composed(op):
    """A function that takes several instructions."""

    def function(x, *, dtype=None, mask=None, **keywords):
        check_keywords(f"nl.{op.__name__}", keywords)
        check_tile(op.__name__, x)
        kind = kind_of(dtype, x.kind)
        view = x.access()
        found = operands.region(mask, x.shape, x)
        return composite(op.__name__, lambda: op(view, kind), x.shape, kind, (x,), found)

    return _named(function, op) if op.__name__ in _TOKENS else _plain(function, op)


def _plain(function, op):
    function.__name__ = function.__qualname__ = op.__name__
    function.__doc__ = f"{op.__doc__.partition('.')[0]}. Returns a tile."
    return function


_TOKENS = {"sin", "arctan"}

sin = _composed(newer.sin)
cos = _composed(newer.cos)
tan = _composed(newer.tan)
arctan = _composed(newer.arctan)
floor = _composed(newer.floor)
ceil = _composed(newer.ceil)
trunc = _composed(newer.trunc)


def where(condition, x, y, *, dtype=None, mask=None, **keywords):
    """x where the condition tile is not 0, else y; tiles of one shape, or numbers."""
    check_keywords("nl.where", keywords)
    check_tile("where", condition, "condition")
    kinds = [v.kind if is_tile(v) else promotion.kind_of_scalar(v) for v in (x, y)]
    kind = kind_of(dtype, promotion.promoted(*kinds))
    views = [v.access() if is_tile(v) else v for v in (condition, x, y)]
    found = operands.region(mask, condition.shape, condition)

    def make():
        return newer.where(*views, kind)

    return composite("where", make, condition.shape, kind, (condition, x, y), found)


def by_token(op):
    """The function of two tiles for an operator token: one of nl's, or one of NumPy's."""
    name = _NUMPY_NAMES.get(getattr(op, "__name__", str(op)), getattr(op, "__name__", str(op)))
    function = _BY_NAME.get(name)
    if function is None:
        _core.refuse("E109", "an operator of two tiles", str(op), ", ".join(_BY_NAME))
    return function


_NUMPY_NAMES = {"max": "maximum", "amax": "maximum", "min": "minimum", "amin": "minimum"}
_BY_NAME = {
    f.__name__: f
    for f in (add, subtract, multiply, maximum, minimum, logical_and, logical_or, bitwise_and)
}
