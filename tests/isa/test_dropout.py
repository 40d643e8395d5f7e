"""dropout: elements replaced with zeros at random."""

import numpy as np
import pytest
from harness import MACHINES, busy_ns, out, psum, refuses, run, sbuf
from oracle import FLOATS, INTEGERS, random
from trainyard.nki import isa as nisa
from xorwow import Xorwow, random_states, uniform


@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("columns", [False, True])
def test_elements_of_known_states(rng, kind, memory, columns):
    states = random_states(rng, 100, 24)
    x = random(rng, (100, 6, 7), kind, 1, 9)
    p = rng.random((100, 1)).astype(np.float32)

    def call(t):
        nisa.rand_set_state(t.s, nisa.engine.vector)
        nisa.dropout(t.y, t.x, t.p if columns else 0.3)

    y = run(call, "trn3", s=states, x=memory(x), p=p, y=out(x.shape, kind))
    drops = uniform(Xorwow(states).words(42)) < (p if columns else np.float32(0.3))
    expected = np.where(drops.reshape(x.shape), np.zeros((), x.dtype), x)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("machine", MACHINES)
def test_how_many(rng, machine):
    x = np.ones((128, 512), np.float32)
    p = np.linspace(0, 1, 128, dtype=np.float32)[:, None]
    y = run(lambda t: nisa.dropout(t.y, t.x, t.p), machine, x=x, p=p, y=out(x.shape))
    assert (y[0] == 1).all() and (y[-1] == 0).all()
    dropped = (y == 0).mean(axis=1)
    assert np.abs(dropped - p[:, 0]).max() < 4.5 * 0.5 / np.sqrt(512)


@pytest.mark.parametrize(("prob", "kept"), [(0, 1), (1, 0), (0.0, 1), (1.0, 0)])
def test_never_and_always(prob, kept):
    x = np.full((128, 512), 3, np.int32)
    y = run(lambda t: nisa.dropout(t.y, t.x, prob), x=x, y=out(x.shape, "int32"))
    assert (y == 3 * kept).all()


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16", "float8_e5m2"])
def test_types_of_probabilities(rng, kind):
    x = np.ones((64, 8), np.float16)
    p = random(rng, (64, 1), kind, 0, 2)
    y = run(lambda t: nisa.dropout(t.y, t.x, t.p), x=x, p=p, y=out(x.shape, "float16"))
    p = p.astype(np.float32)[:, 0]
    assert (y[p >= 1] == 0).all() and (y[p <= 0] == 1).all()


def test_in_place_and_views(rng):
    x = random(rng, (128, 20), "float32", 1, 9)
    y = run(lambda t: nisa.dropout(t.x[32:64, 1:], t.x[32:64, :-1], 0.5), x=out(x.shape, initial=x))
    changed = y[32:64, 1:]
    assert ((changed == 0) | (changed == x[32:64, :-1])).all()
    assert 0.3 < (changed == 0).mean() < 0.7
    np.testing.assert_array_equal(y[:32], x[:32])


def test_rules():
    x = np.ones((64, 8), np.float32)

    def no(code, prob=0.5, **more):
        def call(t):
            nisa.dropout(t.y, t.x, getattr(t, prob) if isinstance(prob, str) else prob)

        tiles = {"x": x, "y": out((64, 8)), "h": np.ones((64, 1), np.float16)}
        refuses(code, call, **(tiles | more))

    for wrong in (-0.01, 1.01, float("nan")):
        no("E111", wrong)
    no("E106", y=out((64, 8), "bfloat16"))
    no("E103", y=out((64, 9)))
    no("E102", y=out((63, 8)))
    no("E105", "h", x=x.astype(np.int32), y=out((64, 8), "int32"))
    no("E105", "i", i=np.ones((64, 1), np.int32))
    no("E110", "w", w=np.ones((64, 2), np.float32))


def test_cost():
    x = np.ones((128, 512), np.float32)
    busy = busy_ns("dropout", lambda t: nisa.dropout(t.y, t.x, 0.5), "trn1", x=x, y=out(x.shape))
    assert busy == pytest.approx(512 / 1.12, rel=1e-3)
