"""rand2: random numbers of a range."""

import numpy as np
import pytest
from harness import out, psum, refuses, run, scratch
from oracle import FLOATS, INTEGERS, cast
from trainyard.nki import isa as nisa
from xorwow import Xorwow, random_states, uniform

F32 = np.float32


def numbers(states, n, low, high):
    low, high = F32(low), F32(high)
    return np.minimum(low + uniform(Xorwow(states).words(n)) * (high - low), high)


def call(t, low=-1.0, high=2.5):
    nisa.rand_set_state(t.s, nisa.engine.vector)
    nisa.rand2(t.y, low, high)


@pytest.mark.parametrize("kind", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
def test_numbers_and_types(rng, kind, buffer):
    states = random_states(rng, 100, 24)
    y = run(lambda t: call(t, 3.0, 97.5), "trn3", s=states, y=out((100, 37), kind, buffer))
    np.testing.assert_array_equal(y, cast(numbers(states, 37, 3, 97.5), kind))


def test_columns_and_views(rng):
    states = random_states(rng, 32, 24)
    low = rng.standard_normal((32, 1)).astype(F32)
    high = low + rng.uniform(0.1, 3, (32, 1)).astype(F32)

    def kernel(t):
        nisa.rand_set_state(t.s, nisa.engine.vector)
        nisa.rand2(t.y[:, ::2], t.low, t.high)

    y = run(kernel, "trn3", s=states, low=low, high=psum(high), y=out((32, 10), initial=7))
    np.testing.assert_array_equal(y[:, ::2], numbers(states, 5, low, high))
    assert (y[:, 1::2] == 7).all()


def test_spread():
    y = run(lambda t: nisa.rand2(t.y, -1.0, 3.0), "trn3", y=out((128, 512)))
    assert y.min() >= -1 and y.max() <= 3
    counts, _ = np.histogram(y, bins=16, range=(-1, 3))
    expected = y.size / 16
    assert ((counts - expected) ** 2 / expected).sum() < 40  # chi squared, 15 degrees of freedom


def test_rules(rng):
    def no(code, low=0.0, high=1.0, machine="trn3", **more):
        def kernel(t):
            pick = lambda v: getattr(t, v) if isinstance(v, str) else v  # noqa: E731
            nisa.rand2(t.y, pick(low), pick(high))

        refuses(code, kernel, machine, **({"y": out((16, 8))} | more))

    for machine in ("trn1", "trn2"):
        no("E113", machine=machine)
    no("E111", 1.0, 1.0)
    no("E111", 1.0, 0.5)
    no("E111", float("nan"), 0.5)
    no("E111", 0.0, "s", s=np.zeros((16, 1), F32))
    no("E105", 0.0, "s", s=np.ones((16, 1), np.float16))
    no("E110", 0.0, "s", s=np.ones((16, 2), F32))
    no("E105", y=out((16, 8), "float8_e4m3fn"))
    no("E210", 0.0, "s", s=scratch((16, 1)))
