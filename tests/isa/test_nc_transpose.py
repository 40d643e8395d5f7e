"""nc_transpose: partitions and free dimension exchanged."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf, scratch
from oracle import FLOATS, INTEGERS, same
from trainyard.nki import isa as nisa

WIDE = [k for k in FLOATS + INTEGERS if dtype(k).itemsize > 1]


def noise(rng, shape, kind):
    kind = dtype(kind)
    return rng.integers(0, 256, (*shape, kind.itemsize), dtype=np.uint8).view(kind)[..., 0]


def equal_bits(actual, expected):
    bits = f"uint{8 * expected.dtype.itemsize}"
    np.testing.assert_array_equal(actual.view(bits), np.ascontiguousarray(expected).view(bits))


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("kind", WIDE)
@pytest.mark.parametrize("shape", [(128, 128), (100, 37), (128, 1), (1, 128), (33, 128)])
def test_tensor_engine_moves_bits(rng, machine, kind, shape):
    x = noise(rng, shape, kind)
    y = run(lambda t: nisa.nc_transpose(t.y, t.x, nisa.engine.tensor), machine, x=x,
            y=out(shape[::-1], kind, "psum"))  # fmt: skip
    equal_bits(y, x.T)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize("shape", [(32, 32), (20, 7), (1, 32), (32, 1)])
@pytest.mark.parametrize("where", [(sbuf, "sbuf"), (psum, "sbuf"), (sbuf, "psum"), (psum, "psum")])
def test_vector_engine_moves_bits(rng, machine, kind, shape, where):
    x = noise(rng, shape, kind)
    y = run(lambda t: nisa.nc_transpose(t.y, t.x), machine, x=where[0](x),
            y=out(shape[::-1], kind, where[1]))  # fmt: skip
    equal_bits(y, x.T)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
def test_version_2_multiplies_with_an_identity(rng, kind):
    x = rng.standard_normal((100, 37)).astype(dtype(kind))
    tiles = {"y": out((37, 100), kind, "psum")}
    call = lambda t: nisa.nc_transpose(t.y, t.x)  # noqa: E731
    same(run(call, "trn1", x=x, **tiles), x.T)
    x[5, 7], x[6, 8], x[9, 8] = np.inf, np.nan, 1
    expected = x.T.astype(np.float32).copy()
    expected[7], expected[8] = np.nan, np.nan
    expected[7, 5] = np.inf
    same(run(call, "trn1", x=x, **tiles), expected.astype(dtype(kind)))


@pytest.mark.parametrize("kind", ["float8_e4m3", "float8_e5m2", "uint8"])
def test_8_bit_elements_leave_the_tensor_engine_as_16(rng, kind):
    x = noise(rng, (100, 37), kind)
    bits = x.view(np.uint8).T.astype(np.uint16)
    y = run(lambda t: nisa.nc_transpose(t.y, t.x), x=x, y=out((37, 100), "uint16", "psum"))
    np.testing.assert_array_equal(y, bits)

    def every_second(t):
        nisa.nc_transpose(t.p[:, :, 0], t.x)
        nisa.tensor_copy(t.y, t.p[:, :, 0])

    z = run(every_second, x=x, p=scratch((37, 100, 2), kind, "psum"), y=out((37, 100), kind))
    equal_bits(z, x.T)
    refuses("E106", lambda t: nisa.nc_transpose(t.y, t.x), x=x, y=out((37, 100), kind, "psum"))
    run(lambda t: nisa.nc_transpose(t.y, t.x), "trn1", x=np.zeros((100, 37), dtype(kind)),
        y=out((37, 100), kind, "psum"))  # fmt: skip


def test_free_dimensions_and_views(rng):
    x = rng.standard_normal((128, 4, 5, 6)).astype(np.float32)
    y = run(lambda t: nisa.nc_transpose(t.y[:60, 3:67], t.x[64:, :, :, ::2]), x=x,
            y=out((128, 128), buffer="psum", initial=0))  # fmt: skip
    same(y[:60, 3:67], x[64:, :, :, ::2].reshape(64, 60).T)
    assert not y[60:].any() and not y[:, 67:].any()


def test_undefined_elements_turn_with_the_others(rng):
    x = rng.standard_normal((64, 8)).astype(np.float32)

    def row(which):
        def call(t):
            nisa.tensor_copy(t.half[:, :4], t.x[:, :4])
            nisa.nc_transpose(t.turned, t.half)
            nisa.tensor_copy(t.all, t.turned)
            nisa.dma_copy(t.y, t.all[which : which + 1])

        return call

    tiles = {"x": x, "half": scratch((64, 8)), "turned": scratch((8, 64), buffer="psum"),
             "all": scratch((8, 64)), "y": out((1, 64))}  # fmt: skip
    same(run(row(3), **tiles), x[:, 3])
    refuses("E210", row(4), **tiles)


def test_rules():
    x = np.ones((128, 129), np.float32)
    engine = nisa.engine

    def no(code, rows, columns, chosen=engine.unknown, **tiles):
        tiles = {"x": x[:rows, :columns], "y": out((columns, rows), buffer="psum")} | tiles
        refuses(code, lambda t: nisa.nc_transpose(t.y, t.x, chosen), **tiles)

    no("E104", 33, 32, engine.vector)
    no("E104", 32, 33, engine.vector)
    no("E107", 64, 64, y=out((64, 64)))
    no("E107", 64, 64, x=psum(x[:64, :64]))
    no("E110", 64, 64, y=out((64, 32), buffer="psum"))
    no("E106", 64, 64, y=out((64, 64), "bfloat16", "psum"))
    no("E112", 64, 64, engine.scalar)
    refuses("E116", lambda t: nisa.nc_transpose(t.y[:, 450:578], t.x[:, :128]), x=x,
            y=out((128, 1024), buffer="psum"))  # fmt: skip
