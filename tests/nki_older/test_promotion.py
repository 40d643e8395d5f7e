"""Number formats of results, by the table of the documentation."""

import ml_dtypes
import numpy as np
import pytest
from older import compute, inside
from trainyard.nki_older import language as nl

PAIRS = [
    (nl.int32, nl.float16, "float16"),
    (nl.float32, nl.bfloat16, "float32"),
    (nl.float16, nl.bfloat16, "float32"),
    (nl.float8_e4m3, nl.float16, "float16"),
    (nl.float8_e4m3, nl.bfloat16, "bfloat16"),
    (nl.float8_e4m3, nl.float8_e5m2, "bfloat16"),
    (nl.int16, nl.int32, "int32"),
    (nl.uint8, nl.uint16, "uint16"),
    (nl.uint16, nl.int32, "int32"),
    (nl.int8, nl.uint8, "int16"),
    (nl.int8, nl.uint16, "int32"),
    (nl.int32, nl.uint32, "float32"),
]


def name_of(dtype):
    return np.dtype(dtype).name


@pytest.mark.parametrize(("a", "b", "expected"), PAIRS)
def test_two_tiles(a, b, expected):
    def body(first=a, second=b):
        return name_of(nl.add(nl.ones((4, 4), first), nl.ones((4, 4), second)).dtype)

    assert inside(body) == expected
    assert inside(lambda: body(b, a)) == expected


SCALARS = [
    (nl.int8, 2, "int32"),
    (nl.float16, 1.2, "float32"),
    (nl.bfloat16, 2, "bfloat16"),
    (nl.float16, np.float16(2), "float16"),
    (nl.int16, np.int16(2), "int16"),
    (nl.uint8, True, "uint8"),
]


@pytest.mark.parametrize(("kind", "number", "expected"), SCALARS)
def test_a_tile_and_a_number(kind, number, expected):
    assert inside(lambda: name_of((nl.ones((4, 4), kind) * number).dtype)) == expected
    assert inside(lambda: name_of((number * nl.ones((4, 4), kind)).dtype)) == expected


def test_dtype_has_the_last_word():
    def body():
        return name_of(nl.add(nl.ones((4, 4), nl.int16), 2, dtype=nl.bfloat16).dtype)

    assert inside(body) == "bfloat16"


def test_comparisons_give_booleans_and_quotients_floats(rng):
    x = rng.integers(-9, 9, (8, 8)).astype(np.int32)
    np.testing.assert_array_equal(compute(lambda t: t < 3, x), x < 3)
    assert compute(lambda t: t < 3, x).dtype == np.bool_
    assert compute(lambda t: nl.less(t, 3, dtype=nl.float32), x).dtype == np.float32
    np.testing.assert_allclose(compute(lambda t: t / 4, x), x / 4)


def test_assignment_rounds_once_to_what_dtype_says(rng):
    x = rng.standard_normal((16, 64)).astype(np.float32)

    def body(t):
        out = nl.ndarray((16, 64), nl.float32)
        out[...] = nl.multiply(t, 1.7, dtype=nl.bfloat16)
        return out

    expected = (x * np.float32(1.7)).astype(ml_dtypes.bfloat16).astype(np.float32)
    np.testing.assert_array_equal(compute(body, x), expected)
