"""nc_match_replace8: the first place of each of eight values overwritten."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


def replaced(data, vals, imm, none):
    """From slot 7 down, each value takes the first equal element not taken yet."""
    flat, vals = (a.reshape(len(a), -1).astype(np.float32) for a in (data, vals))
    result = data.reshape(len(data), -1).copy()
    index = np.full(vals.shape, none, np.int64)
    for p, row in enumerate(flat):
        taken = np.zeros(row.size, bool)
        for k in range(7, -1, -1):
            hits = np.flatnonzero((row == vals[p, k]) & ~taken)
            if hits.size:
                taken[hits[0]] = True
                index[p, k] = hits[0]
                result[p, hits[0]] = imm
    return result.reshape(data.shape), index


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memories", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum)])
@pytest.mark.parametrize("type_name", ["uint16", "uint32"])
def test_ties_and_missing_values(rng, machine, memories, type_name):
    data = rng.integers(0, 40, (100, 70)).astype(np.float32)
    vals = rng.integers(0, 45, (100, 8)).astype(np.float32)

    def call(t):
        nisa.nc_match_replace8(t.y, t.data, t.vals, -1.5, t.index)

    results = run(
        call,
        machine,
        data=memories[0](data),
        vals=memories[1](vals),
        y=out(data.shape),
        index=out((100, 8), type_name),
    )
    expected, index = replaced(data, vals, -1.5, np.iinfo(type_name).max)
    np.testing.assert_array_equal(results["y"], expected)
    np.testing.assert_array_equal(results["index"], index)


def test_the_documented_example():
    data = np.array([[1, 2, 3, 4, 8, 8, 8, 8, 8, 8, 8]], np.float32)
    vals = np.array([[3, 8, 8, 8, 8, 8, 8, 8]], np.float32)
    results = run(
        lambda t: nisa.nc_match_replace8(t.y, t.data, t.vals, 0.0, dst_idx=t.index),
        data=data,
        vals=vals,
        y=out(data.shape),
        index=out((1, 8), "uint32"),
    )
    np.testing.assert_array_equal(results["index"], [[2, 10, 9, 8, 7, 6, 5, 4]])
    np.testing.assert_array_equal(results["y"], [[1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0]])


def test_in_place_top_16(rng):
    data = rng.permutation(32 * 200).reshape(32, 200).astype(np.float32)

    def call(t):
        top = nl.ndarray((32, 8), dtype=nl.float32, buffer=nl.sbuf)
        for k in range(2):
            nisa.max8(top, t.data)
            nisa.nc_match_replace8(t.data, t.data, top, float("-inf"), t.y[:, 8 * k : 8 * k + 8])

    y = run(call, data=data, y=out((32, 16), "uint32"))
    np.testing.assert_array_equal(y, np.argsort(-data, axis=1)[:, :16])


@pytest.mark.parametrize("type_name", ["float32", "bfloat16", "float16", "int32", "uint16", "int8"])
def test_equal_types_keep_bits(rng, type_name):
    data = rng.integers(-30 if type_name[0] != "u" else 0, 100, (32, 5, 8)).astype(dtype(type_name))
    if type_name == "int32":
        data[:, 0, 0] = 2**31 - 7  # not a float32
    vals = data.reshape(32, 40)[:, 3:11]
    y = run(
        lambda t: nisa.nc_match_replace8(t.y, t.data, t.vals, 7),
        data=data,
        vals=vals,
        y=out((32, 40), type_name),
    )
    np.testing.assert_array_equal(y, replaced(data, vals, 7, 0)[0].reshape(32, 40))


@pytest.mark.parametrize("source", ["float32", "bfloat16", "int32"])
@pytest.mark.parametrize("target", ["bfloat16", "float32", "int16"])
def test_casts(rng, source, target):
    data = rng.integers(0, 50, (32, 40)).astype(dtype(source))
    vals = rng.integers(0, 50, (32, 8)).astype(np.float32)
    y = run(
        lambda t: nisa.nc_match_replace8(t.y, t.data, t.vals, -2.5),
        data=data,
        vals=vals,
        y=out((32, 40), target),
    )
    imm = dtype(target).type(-2 if target == "int16" or source == "int32" == target else -2.5)
    expected = replaced(data.astype(np.float32), vals, np.float32(imm), 0)[0]
    np.testing.assert_array_equal(y.astype(np.float32), expected)


def test_the_number_itself_is_not_sought_again():
    data = np.array([[1, 2, 3, 4, 5, 6, 7, 8]], np.float32)
    vals = np.array([[5, 5, 5, 5, 5, 5, 5, 1]], np.float32)
    y = run(
        lambda t: nisa.nc_match_replace8(t.y, t.data, t.vals, 5.0),
        data=data,
        vals=vals,
        y=out((1, 8)),
    )
    np.testing.assert_array_equal(y, [[5, 2, 3, 4, 5, 6, 7, 8]])


def test_strided_views(rng):
    data, vals = rng.integers(0, 9, (64, 60)), rng.integers(0, 9, (64, 16))
    data, vals = data.astype(np.float32), vals.astype(np.float32)
    y = run(
        lambda t: nisa.nc_match_replace8(t.y[32:, ::2], t.data[:32, ::3], t.vals[32:, ::2], 99.0),
        data=data,
        vals=vals,
        y=out((64, 40), initial=0),
    )
    expected = replaced(data[:32, ::3], vals[32:, ::2], 99, 0)[0]
    np.testing.assert_array_equal(y[32:, ::2], expected)
    assert (y[:32] == 0).all() and (y[:, 1::2] == 0).all()


@pytest.mark.parametrize(
    ("elements", "code"), [(7, "E104"), (8, None), (16384, None), (16385, "E104")]
)
def test_elements_per_partition(elements, code):
    data = np.arange(elements, dtype=np.float32)[None]
    tiles = {"data": data, "vals": np.full((1, 8), elements - 1, np.float32), "y": out(data.shape)}

    def call(t):
        nisa.nc_match_replace8(t.y, t.data, t.vals, 0.5)

    if code:
        refuses(code, call, **tiles)
    else:
        assert run(call, **tiles)[0, -1] == 0.5


def test_rules():
    data, vals = np.zeros((8, 16), np.float32), np.zeros((8, 8), np.float32)

    def call(t):
        nisa.nc_match_replace8(t.y, t.data, t.vals, 1.0, t.index)

    tiles = {"data": data, "vals": vals, "y": out((8, 16)), "index": out((8, 8), "uint32")}
    run(call, **tiles)
    refuses("E105", call, **(tiles | {"index": out((8, 8), "int32")}))
    refuses("E110", call, **(tiles | {"index": out((8, 9), "uint32")}))
    refuses("E102", call, **(tiles | {"index": out((7, 8), "uint32")}))
    refuses("E110", call, **(tiles | {"vals": vals[:, :7]}))
    refuses("E102", call, **(tiles | {"vals": vals[:7]}))
    refuses("E103", call, **(tiles | {"y": out((8, 15))}))
    refuses("E102", call, **(tiles | {"y": out((7, 16))}))
    refuses("E110", call, **(tiles | {"data": data.reshape(8, 2, 2, 4)}))
    refuses("E107", call, **(tiles | {"data": hbm(data)}))
