"""iota: affine patterns of 32-bit integers."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, refuses, run
from trainyard.nki import isa as nisa


def affine(partitions, pattern, offset, channel_multiplier):
    """The values as wrapping int32, [partitions, elements]."""
    values = np.zeros(1, np.int64)
    for step, count in pattern:
        values = (values[:, None] + step * np.arange(count)).ravel()
    values = offset + channel_multiplier * np.arange(partitions)[:, None] + values
    return values.astype(np.uint32).view(np.int32)


PATTERNS = [
    [[1, 64]],
    [[-3, 64]],
    [[0, 64]],
    [[100, 8], [1, 8]],
    [[1, 4], [10, 16]],
    [[7, 2], [-5, 4], [1000, 8]],
    [[1, 2], [2, 2], [4, 4], [16, 4]],
    [[2**30, 64]],
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("offset", "multiplier"), [(0, 0), (5, 1), (-7, -64), (2**31 - 1, 2**20)])
def test_patterns(machine, pattern, offset, multiplier):
    y = run(
        lambda t: nisa.iota(t.y, pattern, offset, multiplier), machine, y=out((100, 64), "int32")
    )
    np.testing.assert_array_equal(y, affine(100, pattern, offset, multiplier))


@pytest.mark.parametrize("type_name", ["float32", "bfloat16", "float16", "float8_e5m2", "uint32",
                                       "int16", "uint16", "int8", "uint8"])  # fmt: skip
def test_types(type_name):
    y = run(
        lambda t: nisa.iota(t.y, [[3, 50]], -40, channel_multiplier=7), y=out((64, 50), type_name)
    )
    values = affine(64, [[3, 50]], -40, 7)
    if type_name == "uint32":
        expected = values.view(np.uint32)
    elif np.issubdtype(dtype(type_name), np.integer):
        limits = np.iinfo(type_name)
        expected = np.clip(values, limits.min, limits.max)
    else:
        expected = values.astype(np.float32).astype(dtype(type_name))
    np.testing.assert_array_equal(y.astype(np.float64), expected.astype(np.float64))


def test_large_integers_are_exact_in_32_bits_only():
    offset = 2**24 + 1
    assert run(lambda t: nisa.iota(t.y, [[1, 1]], offset), y=out((1, 1), "int32")) == offset
    assert run(lambda t: nisa.iota(t.y, [[1, 1]], offset), y=out((1, 1))) == 2**24


def test_free_shape_and_strides():
    def call(t):
        nisa.iota(t.y[64:128, :, ::2], [[1, 30]], channel_multiplier=100)

    y = run(call, y=out((128, 6, 10), "int32", initial=-1))
    expected = np.full((128, 6, 10), -1, np.int32)
    expected[64:128, :, ::2] = affine(64, [[1, 30]], 0, 100).reshape(64, 6, 5)
    np.testing.assert_array_equal(y, expected)


def test_rules():
    tiles = {"y": out((8, 24), "int32")}
    run(lambda t: nisa.iota(t.y, [[1, 2], [1, 3], [1, 2], [1, 2]]), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 2], [1, 3], [1, 2], [1, 2], [1, 1]]), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, []), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 24, 3]]), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 0]]), **tiles)
    refuses("E103", lambda t: nisa.iota(t.y, [[1, 23]]), **tiles)
    refuses("E103", lambda t: nisa.iota(t.y, [[1, 25]]), **tiles)
    run(lambda t: nisa.iota(t.y, [[1, 24]], 2**31 - 1), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 24]], 2**31), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 24]], -(2**31) - 1), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[1, 24]], 0, 2**31), **tiles)
    refuses("E111", lambda t: nisa.iota(t.y, [[2**31, 24]]), **tiles)
    refuses("E107", lambda t: nisa.iota(t.y, [[1, 24]]), y=out((8, 24), "int32", "psum"))
    refuses("E107", lambda t: nisa.iota(t.y, [[1, 24]]), y=out((8, 24), "int32", "hbm"))
