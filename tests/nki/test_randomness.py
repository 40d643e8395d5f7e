"""nl.rand, random_seed, dropout and gather_flattened."""

import numpy as np
import pytest
from inside import inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

MACHINES = ("trn1", "trn2", "trn3")


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_random_numbers(machine, buffer, dtype):
    def body():
        x = nl.rand((128, 512), getattr(nl, dtype), getattr(nl, buffer))
        assert x.buffer is getattr(nl, buffer) and x.dtype.name == dtype
        return nl.copy(x, nl.float32).numpy()

    x = inside(body, machine=machine)
    assert x.min() >= 0 and x.max() <= 1
    counts, _ = np.histogram(x, bins=16, range=(0, 1))
    expected = x.size / 16
    assert ((counts - expected) ** 2 / expected).sum() < 45


@pytest.mark.parametrize("machine", MACHINES)
def test_a_seed_gives_the_same_numbers(machine):
    def body():
        drawn = []
        for seed in (42, 42, 43):
            nl.random_seed(nl.full((1, 1), seed, dtype=nl.int32))
            drawn.append(nl.rand((64, 32), nl.float32).numpy())
            drawn.append(nl.dropout(nl.ones((64, 32), nl.float32), 0.5).numpy())
        return drawn

    a, dropped, same, same_dropped, other, _ = inside(body, machine=machine)
    np.testing.assert_array_equal(a, same)
    np.testing.assert_array_equal(dropped, same_dropped)
    assert (a != other).mean() > 0.99


def test_dropout():
    def body():
        x = nl.full((128, 512), 3.0, nl.float32)
        rates = nl.zeros((128, 1), nl.float32)
        nisa.memset(rates[64:], 1.0)
        return [t.numpy() for t in (nl.dropout(x, 0.25), nl.dropout(x, rates, dtype=nl.bfloat16))]

    quarter, halves = inside(body)
    assert set(np.unique(quarter)) == {0, 3}
    assert abs((quarter == 0).mean() - 0.25) < 0.01
    assert halves.dtype.name == "bfloat16"
    assert (halves[:64] == 3).all() and (halves[64:] == 0).all()


@pytest.mark.parametrize("indices", ["uint32", "int32", "uint16"])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
def test_gather_flattened(indices, buffer):
    def body():
        data = nl.ndarray((32, 4, 5), nl.float32, getattr(nl, buffer))
        nisa.tensor_copy(data, _counted((32, 4, 5)))
        at = nl.ndarray((32, 3, 2), getattr(nl, indices))
        nisa.iota(at, [[7, 3], [1, 2]], channel_multiplier=0)
        return [nl.gather_flattened(data, at, dtype=dtype).numpy() for dtype in (None, nl.int32)]

    def _counted(shape):
        tile = nl.ndarray(shape, nl.float32)
        nisa.iota(tile, [[1, 20]], channel_multiplier=20)
        return tile

    as_it_is, converted = inside(body)
    at = np.array([[0, 1], [7, 8], [14, 15]])
    expected = 20 * np.arange(32)[:, None, None] + at
    assert as_it_is.dtype == np.float32 and converted.dtype == np.int32
    np.testing.assert_array_equal(as_it_is, expected)
    np.testing.assert_array_equal(converted, expected)


def test_what_is_refused():
    refused("U001", lambda: nl.rand((4, 4), nl.float32, nl.shared_hbm))
    refused("E111", lambda: nl.random_seed(3))
    refused("E110", lambda: nl.random_seed(nl.zeros((1, 2), nl.int32)))
    refused("E111", lambda: nl.dropout(nl.zeros((4, 4), nl.float32), 1.5))
    tile = lambda: nl.zeros((4, 4), nl.uint32)  # noqa: E731
    refused("E111", lambda: nl.gather_flattened(tile(), tile(), axis=1))
    refused("E111", lambda: nl.gather_flattened(tile(), [0]))
