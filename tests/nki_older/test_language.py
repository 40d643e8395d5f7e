"""Functions of nl against NumPy."""

import math

import ml_dtypes
import numpy as np
import pytest
from older import compute, inside, refused, stored
from trainyard.nki_older import language as nl

BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "mod", "fmod", "power"]
COMPARE = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
UNARY = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "square": np.square,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "abs": np.abs,
    "reciprocal": np.reciprocal,
    "negative": np.negative,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arctan": np.arctan,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "softplus": lambda x: np.log1p(np.exp(x)),
}


@pytest.mark.parametrize("name", BINARY)
def test_two_tiles_and_numbers(name, rng):
    x, y = (rng.uniform(0.5, 3, (32, 24)).astype(np.float32) for _ in range(2))
    ours, theirs = getattr(nl, name), getattr(np, name)
    close = {"rtol": 2e-5, "atol": 1e-6}
    np.testing.assert_allclose(compute(lambda a, b: ours(a, b), x, y), theirs(x, y), **close)
    np.testing.assert_allclose(
        compute(lambda a: ours(a, 1.5), x), theirs(x, np.float32(1.5)), **close
    )
    np.testing.assert_allclose(
        compute(lambda a: ours(1.5, a), x), theirs(np.float32(1.5), x), **close
    )


@pytest.mark.parametrize("name", COMPARE)
def test_comparisons(name, rng):
    x, y = (rng.integers(0, 4, (32, 24)).astype(np.float32) for _ in range(2))
    ours, theirs = getattr(nl, name), getattr(np, name)
    np.testing.assert_array_equal(compute(lambda a, b: ours(a, b), x, y), theirs(x, y))
    np.testing.assert_array_equal(compute(lambda a: ours(2.0, a), x), theirs(2.0, x))


@pytest.mark.parametrize("name", UNARY)
def test_one_tile(name, rng):
    x = rng.uniform(0.2, 1.4 if name == "tan" else 3, (32, 24)).astype(np.float32)
    found = compute(lambda a: getattr(nl, name)(a), x)
    np.testing.assert_allclose(found, UNARY[name](x.astype(np.float64)), rtol=1e-4, atol=1e-5)
    found = compute(lambda a: getattr(nl, name)(a, dtype=nl.bfloat16), x)
    assert found.dtype == ml_dtypes.bfloat16


def test_operators(rng):
    x, y = (rng.uniform(1, 3, (8, 6)).astype(np.float32) for _ in range(2))
    i, j = (rng.integers(0, 15, (8, 6)).astype(np.int32) for _ in range(2))
    np.testing.assert_allclose(
        compute(lambda a, b: -((2.0 - a * b / 4.0 + a) ** 2), x, y),
        -((2 - x * y / 4 + x) ** 2),
        rtol=1e-5,
    )
    np.testing.assert_array_equal(compute(lambda a, b: (a & b) | (a ^ 3), i, j), (i & j) | (i ^ 3))
    np.testing.assert_array_equal(compute(lambda a: (a << 2) >> 1, i), (i << 2) >> 1)
    np.testing.assert_array_equal(compute(lambda a: ~a, i), ~i)
    refused("E303", lambda a: bool(nl.load(a) == 1), i)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((32, 1), (32, 8)),
        ((1, 8), (32, 8)),
        ((1, 1), (32, 8)),
        ((32, 1), (1, 8)),
        ((32, 4, 1), (32, 1, 6)),
    ],
)
def test_broadcasting(first, second, rng):
    x = rng.standard_normal(first).astype(np.float32)
    y = rng.standard_normal(second).astype(np.float32)
    np.testing.assert_array_equal(compute(lambda a, b: a - b, x, y), x - y)
    np.testing.assert_array_equal(compute(lambda a, b: b - a, x, y), y - x)


def test_shapes_that_do_not_fit(rng):
    x, y = np.zeros((32, 5), np.float32), np.zeros((32, 6), np.float32)
    refused("E120", lambda a, b: nl.load(a) + nl.load(b), x, y)


@pytest.mark.parametrize("axis", [1, 2, [1, 2], (-1,), [-2, -1]])
@pytest.mark.parametrize("name", ["sum", "max", "min", "mean", "var", "prod"])
def test_reductions(name, axis, rng):
    x = rng.uniform(0.5, 1.5, (16, 4, 6)).astype(np.float32)
    if axis == 1 and name in ("mean", "var"):
        refused("E111", lambda a: getattr(nl, name)(nl.load(a), axis), x)
        return
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    kept = getattr(np, name)(x.astype(np.float64), axis=axes, keepdims=True)
    found = compute(lambda a: getattr(nl, name)(a, axis, keepdims=True), x)
    np.testing.assert_allclose(found, kept, rtol=1e-5)
    found = compute(lambda a: getattr(nl, name)(a, axis), x)
    assert found.shape == ((16, 1) if kept.shape == (16, 1, 1) else kept.squeeze().shape)
    np.testing.assert_allclose(found.ravel(), kept.ravel(), rtol=1e-5)


def test_all_and_where(rng):
    x = rng.integers(0, 3, (16, 8)).astype(np.float32)
    np.testing.assert_array_equal(compute(lambda a: nl.all(a, 1), x)[:, 0], np.all(x, 1))
    np.testing.assert_array_equal(
        compute(lambda a: nl.where(a > 1, a, -1.0), x), np.where(x > 1, x, -1)
    )


def test_softmax_and_rms_norm(rng):
    x = rng.standard_normal((32, 48)).astype(np.float32)
    w = rng.standard_normal((1, 48)).astype(np.float32)
    e = np.exp(x - x.max(1, keepdims=True))
    np.testing.assert_allclose(
        compute(lambda a: nl.softmax(a, 1), x), e / e.sum(1, keepdims=True), rtol=1e-4
    )
    norm = x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-6) * w
    found = compute(lambda a, b: nl.rms_norm(a, b, 1, 48), x, w)
    np.testing.assert_allclose(found, norm, rtol=1e-4, atol=1e-5)


def test_matmul_and_transposes(rng):
    x = rng.standard_normal((40, 60)).astype(np.float32)
    y = rng.standard_normal((60, 50)).astype(np.float32)
    np.testing.assert_allclose(
        compute(lambda a, b: nl.matmul(a, b), x, y), x @ y, rtol=1e-4, atol=1e-4
    )
    found = compute(lambda a, b: nl.matmul(a, b, transpose_x=True), x.T.copy(), y)
    np.testing.assert_allclose(found, x @ y, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(compute(lambda a: nl.transpose(a), x), x.T)
    np.testing.assert_array_equal(
        stored(lambda out, t: nl.store(out, nl.load_transpose2d(t)), (60, 40), x), x.T
    )
    small = rng.integers(-99, 99, (40, 60)).astype(np.int8)
    np.testing.assert_array_equal(compute(lambda a: nl.transpose(a), small), small.T)


def test_moving(rng):
    x = rng.standard_normal((1, 24)).astype(np.float32)
    np.testing.assert_array_equal(
        compute(lambda a: nl.broadcast_to(a, shape=(9, 24)), x), np.repeat(x, 9, 0)
    )
    found = stored(lambda out, t: nl.store(out, nl.load(t, dtype=nl.bfloat16)), (1, 24), x)
    np.testing.assert_array_equal(found, x.astype(ml_dtypes.bfloat16).astype(np.float32))
    assert (stored(lambda out: nl.store(out, 7), (5, 6), dtype=nl.int32) == 7).all()
    assert (
        stored(lambda out: nl.store(out, nl.full((5, 6), 2.5, nl.float32)), (5, 6)) == 2.5
    ).all()
    one = np.arange(6, dtype=np.float32)
    assert inside(lambda t: (nl.load(t).shape, nl.load(t[2]).shape), one) == ((6, 1), (1, 1))
    refused("E107", lambda t: nl.exp(t), x)
    refused("E107", lambda t: nl.load(nl.load(t)), x)


def test_static_cast_and_limits():
    x = np.linspace(-2, 2, 9)
    assert nl.static_cast(x, nl.bfloat16).dtype == ml_dtypes.bfloat16
    assert nl.static_cast(x, "float32").dtype == np.float32
    assert nl.fp32.min == float(np.finfo(np.float32).min)
    assert nl.finfo(nl.bfloat16).min == float(ml_dtypes.finfo(ml_dtypes.bfloat16).min)


def test_constants(rng):
    values = rng.standard_normal((16, 8))
    found = stored(
        lambda out: nl.store(out, nl.load(nl.shared_constant(values, nl.float32))), (16, 8)
    )
    np.testing.assert_array_equal(found, values.astype(np.float32))
    found = stored(lambda out: nl.store(out, nl.load(nl.shared_identity_matrix(16))), (16, 16))
    np.testing.assert_array_equal(found, np.eye(16))


def test_unknown_keywords_are_refused():
    error = refused("E115", lambda: nl.exp(nl.zeros((4, 4), nl.float32), fast=True))
    assert "fast" in str(error) and math.isfinite(nl.fp32.min)


def test_what_is_not_there_yet_says_so():
    tile = lambda: nl.zeros((4, 4), nl.float32)  # noqa: E731
    assert "nl.all_reduce" in str(refused("U001", lambda: nl.all_reduce(tile(), np.add, 0)))
