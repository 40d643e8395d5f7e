"""Every code of every format, and a million fp32 numbers, against ml_dtypes and NumPy."""

import ml_dtypes
import numpy as np
import pytest

from trainyard import _core

FLOATS = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3": ml_dtypes.float8_e4m3,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e3m4": ml_dtypes.float8_e3m4,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
    "float4_e2m1fn": ml_dtypes.float4_e2m1fn,
}
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32"]


def codes_of(name: str) -> np.ndarray:
    """Every bit pattern of a format."""
    if name == "float4_e2m1fn":
        return np.arange(16, dtype=np.uint8)
    size = np.dtype(FLOATS[name]).itemsize
    return np.arange(1 << 8 * size, dtype=np.uint32).astype(f"u{size}")


def numbers(name: str) -> np.ndarray:
    """All kinds of fp32: any bits, common magnitudes, and all around the format's own values."""
    rng = np.random.default_rng(1)
    own = codes_of(name).view(FLOATS[name]).astype(np.float32)
    own = np.sort(own[np.isfinite(own)])
    middles = ((own[1:].astype(np.float64) + own[:-1]) / 2).astype(np.float32)
    near = np.concatenate([own, middles])
    return np.concatenate(
        [
            rng.integers(0, 1 << 32, 700_000, dtype=np.uint32).view(np.float32),
            (rng.normal(size=300_000) * np.exp(6 * rng.normal(size=300_000))).astype(np.float32),
            near,
            np.nextafter(near, np.float32(np.inf)),
            np.nextafter(near, np.float32(-np.inf)),
            np.array([0.0, -0.0, np.inf, -np.inf, np.nan], np.float32),
        ]
    )


@pytest.mark.parametrize("name", FLOATS)
def test_every_code_widens_as_in_ml_dtypes(name):
    codes = codes_of(name)
    expected = codes.view(FLOATS[name]).astype(np.float32)
    actual = _core.convert_to_fp32(name, codes.view(np.uint8))
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(actual), nan)
    np.testing.assert_array_equal(actual.view(np.uint32)[~nan], expected.view(np.uint32)[~nan])


@pytest.mark.parametrize("name", FLOATS)
def test_fp32_narrows_as_in_ml_dtypes(name):
    values = numbers(name)
    with np.errstate(all="ignore"):
        expected = values.astype(FLOATS[name])
    actual = _core.convert_from_fp32(name, values)
    unsigned = f"u{np.dtype(FLOATS[name]).itemsize}"
    nan = np.isnan(expected.astype(np.float32))
    if name == "float4_e2m1fn":  # has no NaN: ours becomes a zero of either sign
        assert set(actual[np.isnan(values)]) <= {0, 8}
        nan |= np.isnan(values)
    else:
        widened = _core.convert_to_fp32(name, actual)
        np.testing.assert_array_equal(np.isnan(widened), nan)
    differ = (actual.view(unsigned) != expected.view(unsigned)) & ~nan
    assert not differ.any(), (values[differ][:5], actual.view(unsigned)[differ][:5])


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_round_to_even_and_saturate(name):
    values = numbers("float16")
    limits = np.iinfo(name)
    with np.errstate(all="ignore"):  # signalling NaNs
        exact = np.nan_to_num(values.astype(np.float64), nan=0, posinf=1e300, neginf=-1e300)
    expected = np.clip(np.rint(exact), limits.min, limits.max).astype(name)
    np.testing.assert_array_equal(_core.convert_from_fp32(name, values).view(name), expected)
    codes = np.random.default_rng(2).integers(limits.min, limits.max, 100_000, name, endpoint=True)
    widened = _core.convert_to_fp32(name, codes.view(np.uint8))
    np.testing.assert_array_equal(widened, codes.astype(np.float32))


def test_tf32_keeps_ten_bits():
    values = numbers("bfloat16")
    bits = values.view(np.uint32).astype(np.uint64)
    expected = ((bits + 0xFFF + (bits >> 13 & 1)) & ~np.uint64(0x1FFF)).astype(np.uint32)
    actual = _core.convert_from_fp32("tfloat32", values).view(np.uint32)
    number = ~np.isnan(values)
    np.testing.assert_array_equal(actual[number], expected[number])
    assert np.isnan(actual.view(np.float32)[~number]).all()


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn"])
def test_packs_hold_lane_zero_lowest(name):
    values = np.array([1, -2, 0.5, 6, 0, 3, -0.5, 1.5], np.float32)
    packed = _core.convert_from_fp32(name + "_x4", values)
    one = _core.convert_from_fp32(name, values)
    if name == "float4_e2m1fn":
        one = one[0::2] | one[1::2] << 4
    np.testing.assert_array_equal(packed, one)
    np.testing.assert_array_equal(_core.convert_to_fp32(name + "_x4", packed), values)


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3", "float8_e5m2"])
def test_stochastic_rounding_takes_a_neighbour_with_the_right_chance(name):
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(size=16).astype(np.float32), 1 << 14)
    rounded = _core.convert_to_fp32(name, _core.convert_from_fp32(name, values, True, 1, 2))
    for value, group in zip(values[:: 1 << 14], rounded.reshape(16, -1), strict=True):
        low, high = group.min().astype(np.float64), group.max().astype(np.float64)
        assert low <= value <= high
        if low == high:
            continue
        chance = (value - low) / (high - low)
        share = np.mean(group == high)
        assert abs(share - chance) < 5 * np.sqrt(chance * (1 - chance) / group.size) + 1e-9
