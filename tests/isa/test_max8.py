"""max8: the eight largest values of each partition."""

import numpy as np
import pytest
from harness import MACHINES, dtype, hbm, out, psum, refuses, run, sbuf
from trainyard.nki import isa as nisa


def top(x):
    flat = x.reshape(len(x), -1).astype(np.float32)
    return np.sort(flat, axis=1)[:, ::-1][:, :8]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("shape", [(128, 8), (100, 9), (64, 300), (32, 4, 25), (1, 2048)])
def test_largest_first(rng, machine, memory, shape):
    x = rng.standard_normal(shape).astype(np.float32)
    y = run(lambda t: nisa.max8(t.y, t.x), machine, x=memory(x), y=out((shape[0], 8)))
    np.testing.assert_array_equal(y, top(x))


@pytest.mark.parametrize("source", ["float32", "bfloat16", "float16", "float8_e4m3", "int32",
                                    "uint8"])  # fmt: skip
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int32"])
def test_types(rng, source, target):
    x = rng.integers(0, 100, (64, 70)).astype(dtype(source))
    y = run(lambda t: nisa.max8(t.y, t.x), x=x, y=out((64, 8), target))
    np.testing.assert_array_equal(y.astype(np.float32), top(x).astype(dtype(target)))


def test_equal_values_count_each():
    x = np.array([[3, 1, 3, 3, 2, 2, 9, 9, 0, 0], [5] * 10], np.float32)
    y = run(lambda t: nisa.max8(t.y, t.x), x=x, y=out((2, 8)))
    np.testing.assert_array_equal(y, [[9, 9, 3, 3, 3, 2, 2, 1], [5] * 8])


def test_infinities_and_nans():
    x = np.full((2, 70), -np.inf, np.float32)
    x[0, [1, 69]], x[0, 5], x[1] = np.inf, 4, np.nan
    x[1, 64:] = 1
    y = run(lambda t: nisa.max8(t.y, t.x), x=x, y=out((2, 8)))
    np.testing.assert_array_equal(y, [[np.inf] * 2 + [4] + [-np.inf] * 5, [1] * 6 + [-np.inf] * 2])


def test_ascending_and_descending_rows():
    x = np.stack([np.arange(1000), -np.arange(1000)]).astype(np.float32)
    y = run(lambda t: nisa.max8(t.y, t.x), x=x, y=out((2, 8)))
    np.testing.assert_array_equal(y, top(x))


def test_strided_and_broadcast_views(rng):
    x = rng.standard_normal((64, 40)).astype(np.float32)
    y = run(lambda t: nisa.max8(t.y[32:, 1::2], t.x[:32, 3::2]), x=x, y=out((64, 16), initial=0))
    np.testing.assert_array_equal(y[32:, 1::2], top(x[:32, 3::2]))
    y = run(lambda t: nisa.max8(t.y, t.x.ap([[40, 64], [0, 4], [1, 2]])), x=x, y=out((64, 8)))
    np.testing.assert_array_equal(y, top(np.tile(x[:, :2], 4)))


@pytest.mark.parametrize(
    ("elements", "code"), [(7, "E104"), (8, None), (16384, None), (16385, "E104")]
)
def test_elements_per_partition(rng, elements, code):
    x = rng.standard_normal((2, elements)).astype(np.float32)
    tiles = {"x": x, "y": out((2, 8))}
    if code:
        refuses(code, lambda t: nisa.max8(t.y, t.x), **tiles)
    else:
        np.testing.assert_array_equal(run(lambda t: nisa.max8(t.y, t.x), **tiles), top(x))


def test_rules(rng):
    x = rng.standard_normal((8, 16)).astype(np.float32)

    def call(t):
        nisa.max8(t.y, t.x)

    refuses("E110", call, x=x, y=out((8, 7)))
    refuses("E110", call, x=x, y=out((8, 9)))
    refuses("E110", call, x=x, y=out((8, 2, 4)))
    refuses("E110", call, x=x.reshape(8, 2, 2, 4), y=out((8, 8)))
    refuses("E102", call, x=x, y=out((7, 8)))
    refuses("E107", call, x=hbm(x), y=out((8, 8)))
    refuses("E107", call, x=x, y=out((8, 8), buffer="hbm"))
