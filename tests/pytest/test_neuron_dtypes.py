"""neuron_dtypes, as public goldens call it."""

import ml_dtypes
import numpy as np
import pytest
from trainyard.nki import language as nl
from trainyard.pytest import neuron_dtypes as dt


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e4m3", "float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("spelling", [str, lambda k: getattr(nl, k), lambda k: getattr(dt, k)])
def test_a_cast_rounds_to_nearest_even(kind, spelling):
    x = np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)
    found = dt.static_cast(x, spelling(kind))
    assert found.dtype == getattr(ml_dtypes, kind)
    # The nearest of all values of the type, by looking at each.
    code = np.arange(1 << 8 * found.dtype.itemsize, dtype=f"u{found.dtype.itemsize}")
    with np.errstate(invalid="ignore"):  # of the codes that are no numbers
        values = code.view(found.dtype).astype(np.float64)
    values = np.sort(values[np.isfinite(values)])
    above = values.searchsorted(x)
    nearest = np.minimum(values[above] - x, x - values[above - 1])
    np.testing.assert_array_equal(np.abs(x - found.astype(np.float64)), nearest)


def test_types_without_a_counterpart_on_the_chip():
    assert dt.static_cast([1.5], np.float64).dtype == np.float64
    assert dt.static_cast(np.array([3.7]), np.int64)[0] == 3


@pytest.mark.parametrize("element", ["float8_e4m3fn", "float8_e5m2"])
def test_packs_of_bytes_have_element_0_lowest(element):
    x = np.array([[1.0, -2.0, 0.5, 4.0, 1.5, 0.0, -0.25, 8.0]], np.float32)
    packed = dt.static_cast(x, getattr(nl, element + "_x4"))
    codes = x.astype(getattr(ml_dtypes, element)).view(np.uint8).astype(np.uint32).reshape(1, 2, 4)
    expected = sum(codes[..., i] << 8 * i for i in range(4))
    np.testing.assert_array_equal(packed.view(np.uint32), expected)
    np.testing.assert_array_equal(dt.static_cast(packed, np.float32), x)


def test_packs_of_nibbles_have_element_0_lowest():
    x = np.array([[1.0, -6.0, 0.5, 3.0]], np.float32)
    packed = dt.static_cast(x, dt.float4_e2m1fn_x4)
    assert packed.view(np.uint16)[0, 0] == 0x2 | 0xF << 4 | 0x1 << 8 | 0x5 << 12
    np.testing.assert_array_equal(dt.static_cast(packed, nl.float32), x)


def test_a_pack_in_another_format_is_opened_and_packed_again():
    x = np.array([[1.0, -2.0, 0.5, 4.0]], np.float32)
    packed = dt.static_cast(dt.static_cast(x, dt.float8_e5m2_x4), dt.float8_e4m3fn_x4)
    np.testing.assert_array_equal(packed, dt.static_cast(x, dt.float8_e4m3fn_x4))
    assert dt.static_cast(packed, nl.float8_e4m3fn_x4) is not packed


def test_packs_take_whole_quads():
    with pytest.raises(ValueError, match="5 elements"):
        dt.static_cast(np.zeros((2, 5), np.float32), nl.float8_e5m2_x4)


def test_sizes_limits_and_kinds():
    sizes = {np.float32: 4, nl.bfloat16: 2, nl.float8_e4m3: 1, nl.float8_e5m2_x4: 4}
    assert {kind: dt.sizeinbytes(kind) for kind in sizes} == sizes
    assert dt.sizeinbytes(nl.float4_e2m1fn_x4) == 2
    assert dt.finfo(nl.float8_e4m3fn).max == 448 and dt.finfo(nl.bfloat16).bits == 16
    assert dt.finfo(np.float32).dtype == np.float32
    floats = [np.float16, np.float64, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2]
    assert all(dt.is_float_type(np.dtype(kind)) for kind in floats)
    assert not any(dt.is_float_type(np.dtype(kind)) for kind in (np.bool_, np.int32, np.uint8))
