"""reciprocal: 1 / x on the Vector Engine."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf
from oracle import FLOATS, cast, random, same, wide
from trainyard.nki import isa as nisa


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("shape", [(128, 512), (100, 37), (128, 1)])
def test_values(rng, machine, memory, shape):
    x = rng.standard_normal(shape).astype(np.float32)
    y = run(lambda t: nisa.reciprocal(t.y, t.x), machine, x=memory(x), y=out(shape))
    same(y, np.float32(1) / x)


@pytest.mark.parametrize("source", [*FLOATS, "int32", "uint8"])
@pytest.mark.parametrize("target", FLOATS)
def test_types(rng, source, target):
    x = random(rng, (64, 50), source, 1, 8)
    y = run(lambda t: nisa.reciprocal(t.y, t.x), x=x, y=out((64, 50), target))
    same(y, cast(np.float32(1) / wide(x), target))


def test_special_values():
    x = np.array([[0.0, -0.0, np.inf, -np.inf, np.nan, 2**127, 2.0**-126]], np.float32)
    y = run(lambda t: nisa.reciprocal(t.y, t.x), x=x, y=out((1, 7)))
    with np.errstate(divide="ignore"):
        same(y, 1 / x)
    assert np.signbit(y[0, 3])


def test_rules():
    x = np.ones((64, 8), np.float32)
    refuses("E103", lambda t: nisa.reciprocal(t.y, t.x), x=x, y=out((64, 9)))
    refuses("E102", lambda t: nisa.reciprocal(t.y, t.x), x=x, y=out((32, 8)))
