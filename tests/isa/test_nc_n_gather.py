"""nc_n_gather: elements of each partition picked by index."""

import numpy as np
import pytest
from harness import MACHINES, hbm, out, psum, refuses, run, scratch
from oracle import FLOATS, INTEGERS, random, same
from trainyard.nki import isa as nisa


def picked(x, i):
    flat = x.reshape(len(x), -1)
    return np.take_along_axis(flat, i.reshape(len(i), -1).astype(np.int64), axis=1)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize(("shape", "count"), [((128, 100), 30), ((100, 7), 600), ((1, 1), 1)])
def test_types_and_sizes(rng, machine, kind, shape, count):
    x = random(rng, shape, kind)
    i = rng.integers(0, shape[1], (shape[0], count)).astype(np.uint32)
    y = run(lambda t: nisa.nc_n_gather(t.y, t.x, t.i), machine, x=x, i=i,
            y=out((shape[0], count), kind))  # fmt: skip
    same(y, picked(x, i))


def test_free_dimensions_count_as_one(rng):
    x = random(rng, (64, 3, 4, 5), "bfloat16")
    i = rng.integers(0, 60, (64, 2, 6)).astype(np.uint32)
    y = run(lambda t: nisa.nc_n_gather(t.y, t.x, t.i), x=x, i=i, y=out((64, 3, 4), "bfloat16"))
    same(y, picked(x, i))


def test_strided_and_broadcast_views(rng):
    x = random(rng, (128, 40), "float32")
    i = rng.integers(0, 20, (128, 40)).astype(np.uint32)
    y = run(lambda t: nisa.nc_n_gather(t.y[32:64, ::4], t.x[64:96, 1::2], t.i[:32, :10]), x=x, i=i,
            y=out((128, 40), initial=5))  # fmt: skip
    expected = np.full((128, 40), 5, np.float32)
    expected[32:64, ::4] = picked(x[64:96, 1::2], i[:32, :10])
    same(y, expected)
    y = run(lambda t: nisa.nc_n_gather(t.y, t.x, t.i.ap([[40, 128], [0, 3], [1, 8]])), x=x, i=i,
            y=out((128, 24)))  # fmt: skip
    same(y, picked(x, np.tile(i[:, :8], 3)))


@pytest.mark.parametrize("shift", [0, 1])
def test_in_place(rng, shift):
    x = random(rng, (128, 33), "float32")
    i = rng.integers(0, 32, (128, 32)).astype(np.uint32)
    y = run(lambda t: nisa.nc_n_gather(t.x[:, :32], t.x[:, shift : 32 + shift], t.i), i=i,
            x=out((128, 33), initial=x))  # fmt: skip
    same(y[:, :32], picked(x[:, shift : 32 + shift], i))
    same(y[:, 32], x[:, 32])


def test_over_the_indices(rng):
    i = rng.integers(0, 32, (128, 32)).astype(np.uint32)
    x = rng.integers(0, 2**32, (128, 32)).astype(np.uint32)
    y = run(lambda t: nisa.nc_n_gather(t.i, t.x, t.i), x=x, i=out(i.shape, "uint32", initial=i))
    np.testing.assert_array_equal(y, picked(x, i))


def test_every_bit_of_wide_values(rng):
    x = rng.integers(0, 2**32, (128, 16)).astype(np.uint32).view(np.float32)
    i = np.tile(np.arange(15, -1, -1, dtype=np.uint32), (128, 1))
    y = run(lambda t: nisa.nc_n_gather(t.y, t.x, t.i), x=x, i=i, y=out((128, 16)))
    np.testing.assert_array_equal(y.view(np.uint32), x[:, ::-1].view(np.uint32))


def test_indices_at_the_end_and_behind(rng):
    x = random(rng, (32, 10), "float32")
    i = np.zeros((32, 4), np.uint32)
    i[3, 2] = 9
    tiles = {"x": x, "y": out((32, 4))}
    same(run(lambda t: nisa.nc_n_gather(t.y, t.x, t.i), i=i, **tiles), picked(x, i))
    for wrong in (10, 2**32 - 1):
        i[3, 2] = wrong
        message = refuses("E120", lambda t: nisa.nc_n_gather(t.y, t.x, t.i), i=i, **tiles)
        assert f"partition 3 holds index {wrong}" in message and "0 to 9" in message


@pytest.mark.parametrize("machine", MACHINES)
def test_undefined_elements_and_indices_matter_where_they_are_used(rng, machine):
    x = random(rng, (32, 4), "float32")
    i = np.tile(np.array([[0, 3, 4, 1]], np.uint32), (32, 1))

    def call(columns, index_rows=32):
        def kernel(t):
            nisa.tensor_copy(t.half[:, :4], t.x)
            nisa.tensor_copy(t.rows[:index_rows], t.i[:index_rows])
            nisa.nc_n_gather(t.picked, t.half, t.rows)
            nisa.tensor_copy(t.y[:index_rows], t.picked[:index_rows, columns])

        return kernel

    tiles = {"x": x, "i": i, "half": scratch((32, 8)), "rows": scratch((32, 4), "uint32"),
             "picked": scratch((32, 4))}  # fmt: skip
    y = run(call(slice(0, 2)), machine, **tiles, y=out((32, 2)))
    same(y, x[:, [0, 3]])
    refuses("E210", call(slice(2, 3)), machine, **tiles, y=out((32, 1)))
    # Lanes without indices harm nobody until their result is used.
    y = run(call(slice(0, 2), 20), machine, **tiles, y=out((32, 2), initial=0))
    same(y[:20], x[:20, [0, 3]])
    refuses("E210", lambda t: (call(slice(0, 2), 20)(t), nisa.tensor_copy(t.y, t.picked[:, :2])),
            machine, **tiles, y=out((32, 2), initial=0))  # fmt: skip


def test_rules():
    x, i = np.ones((32, 8), np.float32), np.zeros((32, 4), np.uint32)

    def call(t):
        nisa.nc_n_gather(t.y, t.x, t.i)

    def no(code, **more):
        refuses(code, call, **({"x": x, "i": i, "y": out((32, 4))} | more))

    no("E106", y=out((32, 4), "bfloat16"))
    no("E103", y=out((32, 5)))
    no("E102", y=out((31, 4)))
    no("E102", i=i[:31])
    for kind in (np.int32, np.uint16, np.float32):
        no("E105", i=i.astype(kind))
    for name, tile in (("x", psum(x)), ("x", hbm(x)), ("y", out((32, 4), buffer="psum"))):
        no("E107", **{name: tile})
