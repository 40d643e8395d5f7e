"""Elementwise functions of nl against NumPy, and the forms their operands may have."""

import math

import ml_dtypes
import numpy as np
import pytest
from inside import compute, refused
from trainyard.nki import language as nl

ARITHMETIC = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mod": np.mod,
    "fmod": np.fmod,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}
BITS = {
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "left_shift": np.left_shift,
    "right_shift": np.right_shift,
}


def few_values(rng, shape):
    """Numbers among which equal ones and zeros are frequent."""
    return rng.choice(np.array([-2.5, -1, 0, 0.75, 1, 3], np.float32), shape)


@pytest.mark.parametrize("name", ARITHMETIC)
def test_two_tiles(name, rng):
    x, y = few_values(rng, (64, 96)), few_values(rng, (64, 96))
    if name in ("divide", "mod", "fmod"):
        y[y == 0] = 2
    expected = ARITHMETIC[name](x, y).astype(np.float32)
    found = compute(getattr(nl, name), x, y)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize("form", ["number", "column"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_a_tile_and_a_scalar(name, form, side, rng):
    x = few_values(rng, (32, 40))
    column = np.where(few_values(rng, (32, 1)) == 0, np.float32(1), np.float32(-2.5))
    if side == "left" and name in ("divide", "mod", "fmod"):
        x[x == 0] = 4
    scalar = np.float32(0.75) if form == "number" else column
    inputs = (scalar, x) if side == "left" else (x, scalar)
    expected = ARITHMETIC[name](*inputs).astype(np.float32)

    def body(tile, columns):
        operand = 0.75 if form == "number" else columns
        return getattr(nl, name)(*((operand, tile) if side == "left" else (tile, operand)))

    np.testing.assert_allclose(compute(body, x, column), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32"])
def test_bits(name, dtype, rng):
    x = rng.integers(0, 100, (32, 48)).astype(dtype)
    y = rng.integers(0, 7, (32, 48)).astype(dtype)
    expected = BITS[name](x, y)
    if name == "right_shift":  # zeros move in
        expected = x.view(dtype.replace("int", "uint") if dtype[0] == "i" else dtype) >> y
    np.testing.assert_array_equal(compute(getattr(nl, name), x, y), expected.astype(dtype))
    np.testing.assert_array_equal(compute(lambda t: getattr(nl, name)(t, 3), x), BITS[name](x, 3))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32"])
def test_invert(dtype, rng):
    x = rng.integers(0, 100, (16, 8)).astype(dtype)
    np.testing.assert_array_equal(compute(nl.invert, x), ~x)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_logical_not(dtype, rng):
    x = rng.integers(0, 2, (16, 8)).astype(dtype)
    np.testing.assert_array_equal(compute(nl.logical_not, x), 1 - x)


def test_abs_max_and_abs_min_keep_the_sign_and_need_v4():
    x = np.array([[-5, 3, 1, -1]], np.float32)
    y = np.array([[3, -5, -1, 1]], np.float32)
    np.testing.assert_array_equal(compute(nl.abs_max, x, y, machine="trn3"), [[-5, -5, -1, 1]])
    np.testing.assert_array_equal(compute(nl.abs_min, x, y, machine="trn3"), [[3, 3, -1, 1]])
    refused("E113", lambda a, b: nl.abs_max(nl.load(a), nl.load(b)), x, y, machine="trn2")


def test_power(rng):
    x = rng.random((16, 24), dtype=np.float32) + 0.5
    y = rng.random((16, 24), dtype=np.float32) * 4 - 2
    np.testing.assert_allclose(compute(nl.power, x, y), x**y, rtol=1e-5)
    np.testing.assert_allclose(compute(lambda t: nl.power(t, 3), x), x**3, rtol=1e-5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normal_cdf(x):
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


FUNCTIONS = {
    "abs": np.abs,
    "square": np.square,
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * normal_cdf(x),
    "gelu_dx": lambda x: normal_cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "gelu_apprx_tanh": lambda x: (
        0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ),
    "gelu_apprx_sigmoid": lambda x: x * sigmoid(1.702 * x),
    "gelu_apprx_sigmoid_dx": lambda x: (
        sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - sigmoid(1.702 * x)))
    ),
    "silu": lambda x: x * sigmoid(x),
    "silu_dx": lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "erf": np.vectorize(math.erf),
    "erf_dx": lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x),
    "sign": np.sign,
    "negative": np.negative,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arctan": np.arctan,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
}
POSITIVE = {
    "log": np.log,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
}


@pytest.mark.parametrize("machine", ["trn1", "trn2", "trn3"])
@pytest.mark.parametrize("name", [*FUNCTIONS, *POSITIVE])
def test_functions(name, machine, rng):
    x = rng.uniform(-6, 6, (32, 64)).astype(np.float32)
    if name in POSITIVE:
        x = np.abs(x) + np.float32(0.01)
    if name == "tan":
        x = np.where(np.abs(np.cos(x)) < 0.05, np.float32(0.3), x)
    expected = {**FUNCTIONS, **POSITIVE}[name](x.astype(np.float64))
    found = compute(getattr(nl, name), x, machine=machine)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_rounding_at_ties_large_numbers_and_nan():
    x = np.array([[2.5, -2.5, 3.0, -0.2, 0.2, 1e10, -3e9, 8388609.0, np.nan]], np.float32)
    for name in ("floor", "ceil", "trunc"):
        np.testing.assert_array_equal(compute(getattr(nl, name), x), getattr(np, name)(x))


def test_trigonometry_far_from_zero():
    x = np.linspace(-2000, 2000, 512, dtype=np.float32).reshape(8, 64)
    for name in ("sin", "cos"):
        expected = getattr(np, name)(x.astype(np.float64))
        np.testing.assert_allclose(compute(getattr(nl, name), x), expected, atol=2e-4)


def test_result_types(rng):
    half = rng.random((8, 8)).astype(ml_dtypes.bfloat16)
    whole = rng.integers(0, 9, (8, 8)).astype(np.int32)
    assert compute(nl.exp, half).dtype == half.dtype
    assert compute(lambda t: nl.exp(t, dtype=nl.float32), half).dtype == np.float32
    assert compute(nl.add, half, whole).dtype == half.dtype
    assert compute(nl.add, half, half.astype(np.float16)).dtype == np.float32
    assert compute(lambda t: nl.greater(t, 4, dtype=nl.uint8), whole).dtype == np.uint8


def test_where(rng):
    x, y = rng.random((2, 16, 32), dtype=np.float32)
    condition = (x > y).astype(np.float32)
    np.testing.assert_array_equal(compute(nl.where, condition, x, y), np.where(x > y, x, y))
    found = compute(lambda c: nl.where(c, 1.0, -1.0), condition)
    np.testing.assert_array_equal(found, np.where(x > y, 1, -1))


def test_wrong_operands_are_refused():
    x, y = np.zeros((16, 8), np.float32), np.zeros((16, 4), np.float32)
    assert "broadcast_to" in str(refused("E110", lambda a, b: nl.add(nl.load(a), nl.load(b)), x, y))
    refused("E111", lambda a: nl.add(1, 2), x)
    refused("E111", lambda a: nl.exp(3), x)
    assert "nl.load" in str(refused("E107", lambda a: nl.exp(a), x))
    refused("E107", lambda a: nl.add(nl.load(a), a), x)


@pytest.mark.parametrize(
    "shapes",
    [
        ((1, 1), (19, 1)),
        ((19, 1), (1, 24)),
        ((1, 24), (19, 24)),
        ((19, 24), (1, 1)),
        ((19, 4, 1), (19, 1, 6)),
        ((1, 4, 1), (19, 1, 6)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_sizes_of_one_are_repeated_as_numpy_does(shapes, dtype, rng):
    x, y = (rng.integers(-9, 9, shape).astype(dtype) for shape in shapes)
    np.testing.assert_array_equal(compute(nl.subtract, x, y), x - y)
    np.testing.assert_array_equal(compute(nl.subtract, y, x), y - x)


@pytest.mark.parametrize(
    "shapes", [((2, 24), (19, 24)), ((19, 4, 2), (19, 1, 6)), ((1, 24), (24,))]
)
def test_other_sizes_are_refused(shapes):
    x, y = (np.zeros(shape, np.float32) for shape in shapes)
    refused("E110", lambda a, b: nl.subtract(nl.load(a), nl.load(b)), x, y)
