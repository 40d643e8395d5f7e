"""nonzero_with_count: places and number of the elements that are not zero."""

import numpy as np
import pytest
from harness import hbm, out, psum, refuses, run, scratch
from trainyard.nki import isa as nisa

UNTOUCHED = 77


def places(x, old, offset=0, padding=-1):
    y = old.copy()
    for row in range(0, len(x), 16):
        flat = x[row].ravel()
        found = np.flatnonzero(flat)
        y[row] = padding
        y[row, : len(found)] = (found + offset).astype(np.int64).astype(np.uint32).view(np.int32)
        y[row, -1] = len(found)
    return y


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("kind", [np.float32, np.int32])
@pytest.mark.parametrize("shape", [(128, 300), (1, 1), (17, 8), (33, 4, 5), (96, 64)])
@pytest.mark.parametrize("density", [0, 0.3, 1])
def test_places_and_number(rng, machine, kind, shape, density):
    x = np.where(rng.random(shape) < density, rng.integers(1, 99, shape), 0).astype(kind)
    n = int(np.prod(shape[1:]))
    y = run(lambda t: nisa.nonzero_with_count(t.y, t.x), machine, x=x,
            y=out((shape[0], n + 1), "int32", initial=UNTOUCHED))  # fmt: skip
    old = np.full((shape[0], n + 1), UNTOUCHED, np.int32)
    np.testing.assert_array_equal(y, places(x.reshape(shape[0], -1), old))


def test_documented_example():
    x = np.array([[0, 1, 1, 0, 0, 1, 0, 0]], np.float32)
    y = run(lambda t: nisa.nonzero_with_count(t.y, t.x, index_offset=16, padding_val=-1), x=x,
            y=out((1, 9), "int32"))  # fmt: skip
    np.testing.assert_array_equal(y, [[17, 18, 21, -1, -1, -1, -1, -1, 3]])


def test_what_is_zero():
    x = np.array([[0.0, -0.0, np.nan, 1e-45, -np.inf]], np.float32)
    y = run(lambda t: nisa.nonzero_with_count(t.y, t.x), x=x, y=out((1, 6), "int32"))
    np.testing.assert_array_equal(y, [[2, 3, 4, -1, -1, 3]])
    wide = np.array([[0, -(2**31), 2**24 + 1, 0]], np.int32)
    y = run(lambda t: nisa.nonzero_with_count(t.y, t.x), x=wide, y=out((1, 5), "int32"))
    np.testing.assert_array_equal(y, [[1, 2, -1, -1, 2]])


@pytest.mark.parametrize(("offset", "padding"), [(2**31 - 1, -(2**31)), (-(2**31), 2**31 - 1)])
def test_offset_and_padding_at_their_limits(offset, padding):
    x = np.array([[1, 0, 1]], np.int32)
    y = run(lambda t: nisa.nonzero_with_count(t.y, t.x, offset, padding), x=x,
            y=out((1, 4), "int32"))  # fmt: skip
    np.testing.assert_array_equal(y, places(x, np.zeros((1, 4), np.int32), offset, padding))


def test_views(rng):
    x = rng.integers(0, 2, (128, 40)).astype(np.int32)
    y = run(lambda t: nisa.nonzero_with_count(t.y[64:, 1:22], t.x[:64, ::2]), x=x,
            y=out((128, 30), "int32", initial=UNTOUCHED))  # fmt: skip
    expected = np.full((128, 30), UNTOUCHED, np.int32)
    expected[64:, 1:22] = places(x[:64, ::2], expected[64:, 1:22])
    np.testing.assert_array_equal(y, expected)


def test_only_every_16th_partition_is_read_and_written(rng):
    x = rng.integers(0, 2, (1, 8)).astype(np.float32)

    def call(rows):
        def kernel(t):
            nisa.tensor_copy(t.half[0:1], t.x)
            nisa.nonzero_with_count(t.fresh, t.half)
            nisa.tensor_copy(t.y[0:rows], t.fresh[0:rows])

        return kernel

    tiles = {"x": x, "half": scratch((16, 8)), "fresh": scratch((16, 9), "int32")}
    y = run(call(1), **tiles, y=out((1, 9), "int32"))
    np.testing.assert_array_equal(y, places(x, np.zeros((1, 9), np.int32)))
    refuses("E210", call(2), **tiles, y=out((2, 9), "int32"))
    # Partition 16 is written, from one that nobody wrote.
    wide = tiles | {"half": scratch((32, 8)), "fresh": scratch((32, 9), "int32")}

    def row_16(t):
        nisa.tensor_copy(t.half[0:1], t.x)
        nisa.nonzero_with_count(t.fresh, t.half)
        nisa.dma_copy(t.y, t.fresh[16:17])

    refuses("E210", row_16, **wide, y=out((1, 9), "int32"))


def test_rules():
    x = np.ones((32, 8), np.float32)

    def call(t):
        nisa.nonzero_with_count(t.y, t.x)

    good = out((32, 9), "int32", initial=0)
    refuses("E113", call, "trn1", x=x, y=good)
    for wrong in (8, 10):
        refuses("E110", call, x=x, y=out((32, wrong), "int32", initial=0))
    refuses("E102", call, x=x, y=out((31, 9), "int32", initial=0))
    refuses("E105", call, x=x, y=out((32, 9), "float32", initial=0))
    refuses("E105", call, x=x.astype(np.uint32), y=good)
    refuses("E105", call, x=x.astype(np.float16), y=good)
    refuses("E107", call, x=psum(x), y=good)
    refuses("E107", call, x=x, y=out((32, 9), "int32", buffer="psum", initial=0))
    refuses("E107", call, x=hbm(x), y=good)
    for name in ("index_offset", "padding_val"):
        for wrong in (2**31, -(2**31) - 1):
            refuses("E111", lambda t, n=name, w=wrong: nisa.nonzero_with_count(t.y, t.x, **{n: w}),
                    x=x, y=good)  # fmt: skip
        refuses("E111", lambda t, n=name: nisa.nonzero_with_count(t.y, t.x, **{n: 0.5}),
                x=x, y=good)  # fmt: skip
