"""nc_find_index8: where eight values are found in each partition."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa


def places(data, vals, none):
    """The k-th equal value gets the k-th place, in ascending order."""
    data, vals = (a.reshape(len(a), -1).astype(np.float32) for a in (data, vals))
    found = np.full(vals.shape, none, np.int64)
    for p, row in enumerate(data):
        for k, value in enumerate(vals[p]):
            hits = np.flatnonzero(row == value)
            earlier = np.count_nonzero(vals[p, :k] == value)
            if earlier < len(hits):
                found[p, k] = hits[earlier]
    return found


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memories", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum), (psum, psum)])
@pytest.mark.parametrize("type_name", ["uint16", "uint32"])
def test_ties_and_missing_values(rng, machine, memories, type_name):
    data = rng.integers(0, 40, (100, 70)).astype(np.float32)
    vals = rng.integers(0, 45, (100, 8)).astype(np.float32)
    y = run(
        lambda t: nisa.nc_find_index8(t.y, t.data, t.vals),
        machine,
        data=memories[0](data),
        vals=memories[1](vals),
        y=out((100, 8), type_name),
    )
    expected = places(data, vals, np.iinfo(type_name).max)
    assert (expected == np.iinfo(type_name).max).any()
    np.testing.assert_array_equal(y, expected)


def test_after_max8(rng):
    data = rng.permutation(64 * 500).reshape(64, 500).astype(np.float32)

    def call(t):
        nisa.max8(t.top, t.data)
        nisa.nc_find_index8(t.y, t.data, t.top)

    y = run(call, data=data, top=np.zeros((64, 8), np.float32), y=out((64, 8), "uint32"))
    np.testing.assert_array_equal(y, np.argsort(-data, axis=1)[:, :8])


def test_all_equal_values_ascend():
    data, vals = np.zeros((1, 70), np.float32), np.full((1, 8), 2, np.float32)
    data[0, [1, 5, 63, 64, 65, 69]] = 2
    y = run(
        lambda t: nisa.nc_find_index8(t.y, t.data, t.vals),
        data=data,
        vals=vals,
        y=out((1, 8), "uint32"),
    )
    np.testing.assert_array_equal(y, [[1, 5, 63, 64, 65, 69, 2**32 - 1, 2**32 - 1]])


@pytest.mark.parametrize("data_type", ["float32", "bfloat16", "int32", "uint8"])
@pytest.mark.parametrize("vals_type", ["float32", "float16", "uint32"])
def test_types_compare_in_float32(rng, data_type, vals_type):
    data = rng.integers(0, 50, (32, 3, 20)).astype(dtype(data_type))
    vals = rng.integers(0, 50, (32, 2, 4)).astype(dtype(vals_type))
    y = run(
        lambda t: nisa.nc_find_index8(t.y, t.data, t.vals),
        data=data,
        vals=vals,
        y=out((32, 8), "uint32"),
    )
    np.testing.assert_array_equal(y, places(data, vals, 2**32 - 1))


def test_nans_and_signed_zeros():
    data = np.array([[np.nan, -0.0, 0.0, np.inf, -np.inf, 1, 2, 3]], np.float32)
    vals = np.array([[np.nan, 0.0, np.inf, -np.inf, -0.0, 1, 2, 3]], np.float32)
    y = run(
        lambda t: nisa.nc_find_index8(t.y, t.data, t.vals),
        data=data,
        vals=vals,
        y=out((1, 8), "uint16"),
    )
    np.testing.assert_array_equal(y, [[0xFFFF, 1, 3, 4, 2, 5, 6, 7]])


def test_strided_and_broadcast_views(rng):
    data, vals = rng.integers(0, 9, (64, 60)), rng.integers(0, 9, (64, 2))
    data, vals = data.astype(np.float32), vals.astype(np.float32)

    def call(t):
        nisa.nc_find_index8(t.y[:, 4:12], t.data[:, ::3], t.vals.ap([[2, 64], [0, 8], [1, 1]]))

    y = run(call, data=data, vals=vals, y=out((64, 16), "uint32", initial=0))
    repeated = np.repeat(vals[:, :1], 8, axis=1)
    np.testing.assert_array_equal(y[:, 4:12], places(data[:, ::3], repeated, 2**32 - 1))


@pytest.mark.parametrize(
    ("elements", "code"), [(7, "E104"), (8, None), (16384, None), (16385, "E104")]
)
def test_elements_per_partition(elements, code):
    data = np.arange(elements, dtype=np.float32)[None]
    vals = data[:, -8:] if elements >= 8 else np.zeros((1, 8), np.float32)
    tiles = {"data": data, "vals": vals, "y": out((1, 8), "uint16")}

    def call(t):
        nisa.nc_find_index8(t.y, t.data, t.vals)

    if code:
        refuses(code, call, **tiles)
    else:
        np.testing.assert_array_equal(run(call, **tiles), vals)


def test_rules():
    data, vals = np.zeros((8, 16), np.float32), np.zeros((8, 8), np.float32)

    def call(t):
        nisa.nc_find_index8(t.y, t.data, t.vals)

    tiles = {"data": data, "vals": vals, "y": out((8, 8), "uint32")}
    run(call, **tiles)
    for type_name in ("int32", "float32", "uint8", "int16"):
        refuses("E105", call, **(tiles | {"y": out((8, 8), type_name)}))
    refuses("E110", call, **(tiles | {"vals": vals[:, :7]}))
    refuses("E110", call, **(tiles | {"vals": np.zeros((8, 9), np.float32)}))
    refuses("E110", call, **(tiles | {"vals": vals.reshape(8, 2, 2, 2)}))
    refuses("E110", call, **(tiles | {"data": data.reshape(8, 2, 2, 4)}))
    refuses("E110", call, **(tiles | {"y": out((8, 7), "uint32")}))
    refuses("E110", call, **(tiles | {"y": out((8, 2, 4), "uint32")}))
    refuses("E102", call, **(tiles | {"vals": vals[:7]}))
    refuses("E102", call, **(tiles | {"y": out((7, 8), "uint32")}))
    refuses("E107", call, **(tiles | {"data": hbm(data)}))
