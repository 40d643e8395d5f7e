"""What instructions should compute, in NumPy: operators in float32, casts, reductions in their
stated order."""

import numpy as np
from harness import dtype

F32 = np.float32
LOWEST = np.finfo(F32).min

ARITHMETIC = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.fmax,
    "minimum": np.fmin,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}
BITS = {
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
}
FLOATS = ("float32", "bfloat16", "float16", "float8_e4m3", "float8_e5m2")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32")


def wide(x):
    """As the engines see it: float32, [partitions, elements]."""
    return np.asarray(x).reshape(len(x), -1).astype(F32)


def operate(name, a, b):
    with np.errstate(all="ignore"):
        return ARITHMETIC[name](F32(a), F32(b)).astype(F32)


def cast(x, type_name):
    """float32 to the type: nearest even, integers saturate."""
    kind = dtype(type_name)
    with np.errstate(all="ignore"):
        if kind.kind in "iu":
            limits = np.iinfo(kind)
            return np.clip(np.rint(x.astype(np.float64)), limits.min, limits.max).astype(kind)
        return x.astype(kind)


def reduced(name, x):
    """Rows of float32 reduced in the stated order: 16 partial results, combined pairwise."""
    neutral = {"add": 0, "multiply": 1, "maximum": -np.inf, "minimum": np.inf, "logical_and": 1,
               "logical_or": 0, "logical_xor": 0}[name]  # fmt: skip
    rows, n = x.shape
    padded = np.full((rows, -(-n // 16) * 16), neutral, F32)
    padded[:, :n] = x
    part = np.full((rows, 16), neutral, F32)
    for i in range(0, padded.shape[1], 16):
        part = operate(name, part, padded[:, i : i + 16])
    for width in (8, 4, 2, 1):
        part = operate(name, part[:, :width], part[:, width : 2 * width])
    return part


def same(actual, expected):
    """Equal bits, but for which NaN it is."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    expected = expected.reshape(actual.shape)
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    np.testing.assert_array_equal(actual, expected)
    zeros = expected == 0
    np.testing.assert_array_equal(np.signbit(actual[zeros]), np.signbit(expected[zeros]))


def random(rng, shape, type_name, low=-8, high=8):
    """Values that every type holds: multiples of 1/4, or integers."""
    kind = dtype(type_name)
    if kind.kind in "iu":
        low = max(low, np.iinfo(kind).min)
        return rng.integers(low, high, shape).astype(kind)
    return (rng.integers(4 * low, 4 * high, shape) / 4).astype(kind)
