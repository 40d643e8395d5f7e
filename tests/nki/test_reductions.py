"""Reductions of nl, softmax and rms_norm against NumPy."""

import ml_dtypes
import numpy as np
import pytest
from inside import compute, inside, refused
from trainyard.nki import language as nl

NUMPY = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
}


@pytest.fixture
def x(rng):
    return rng.uniform(0.5, 1.5, (32, 4, 6)).astype(np.float32)


@pytest.mark.parametrize("name", NUMPY)
@pytest.mark.parametrize("axis", [2, -1, (1, 2), [1, 2]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(name, axis, keepdims, x):
    axes = tuple(axis) if isinstance(axis, list) else axis
    expected = NUMPY[name](x, axis=axes, keepdims=keepdims)
    if expected.ndim == 1:
        expected = expected[:, None]
    found = compute(lambda t: getattr(nl, name)(t, axis, keepdims=keepdims), x)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_variance_keeps_its_axes(axis, x):
    found = compute(lambda t: nl.var(t, axis), x)
    np.testing.assert_allclose(found, np.var(x, axis=axis, keepdims=True), rtol=1e-4)


def test_all(rng):
    x = rng.integers(0, 8, (32, 12)).astype(np.float32)
    expected = np.all(x != 0, axis=1, keepdims=True)
    np.testing.assert_array_equal(compute(lambda t: nl.all(t, 1), x), expected)


@pytest.mark.parametrize("axis", [0, 1, (0, 1, 2), (0, 2), 3, ()])
def test_axes_that_are_not_trailing_are_refused(axis, x):
    refused("E111", lambda t: nl.sum(nl.load(t), axis), x)


def test_result_type(x):
    half = x.astype(ml_dtypes.bfloat16)
    assert compute(lambda t: nl.sum(t, (1, 2)), half).dtype == half.dtype
    assert compute(lambda t: nl.sum(t, (1, 2), dtype=nl.float32), half).dtype == np.float32


def softmax(x, axis):
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("axis", [-1, (1, 2)])
@pytest.mark.parametrize("machine", ["trn1", "trn2"])
def test_softmax(axis, machine, rng):
    x = rng.normal(0, 3, (64, 5, 16)).astype(np.float32)
    found = compute(lambda t: nl.softmax(t, axis), x, machine=machine)
    np.testing.assert_allclose(found, softmax(x, axis), rtol=2e-5, atol=1e-7)


def test_softmax_of_rows_takes_four_instructions(rng):
    x = rng.normal(0, 3, (64, 512)).astype(np.float32)

    def body(tensor):
        from trainyard import _core

        tile = nl.load(tensor)
        before = _core.current_trace().size
        nl.softmax(tile, axis=1)
        return _core.current_trace().size - before

    assert inside(body, x) == 4


@pytest.mark.parametrize("weights", ["full", "row"])
def test_rms_norm(weights, rng):
    x = rng.normal(0, 2, (64, 48)).astype(np.float32)
    w = rng.normal(1, 0.2, (64 if weights == "full" else 1, 48)).astype(np.float32)
    expected = x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-6) * w
    found = compute(lambda a, b: nl.rms_norm(a, b, 1, 48), x, w)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_rms_norm_of_the_last_axis(rng):
    x = rng.normal(0, 2, (32, 3, 16)).astype(np.float32)
    w = rng.normal(1, 0.2, (32, 3, 16)).astype(np.float32)
    expected = x / np.sqrt((x**2).mean(2, keepdims=True) + 1e-6) * w
    found = compute(lambda a, b: nl.rms_norm(a, b, 2, 16), x, w)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
