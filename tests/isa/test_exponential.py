"""exponential: exp after a subtraction, and its sum in the Vector Engine's accumulators."""

import numpy as np
import pytest
from harness import busy_ns, dtype, hbm, out, psum, refuses, run, sbuf
from oracle import INTEGERS, cast, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd
CALL = nisa.exponential
SOURCES = ("float8_e4m3", "float8_e5m2", "float16", "bfloat16", "float32", *INTEGERS)


def exps(x):
    """exp as the Scalar Engine gives it, within an ulp or two of NumPy's (test_activation.py)."""
    y = run(lambda t: nisa.activation(t.y, nl.exp, t.x), "trn3", x=x, y=out(x.shape))
    np.testing.assert_allclose(y, np.exp(x.astype(np.float64)), rtol=4e-7, atol=1e-37)
    return y


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("shape", [(128, 512), (100, 37), (32, 2, 3, 5), (1, 1)])
@pytest.mark.parametrize("largest", [0.0, 1.5, "column"])
def test_results_and_sums(rng, memory, shape, largest):
    x = rng.uniform(-8, 2, shape).astype(np.float32)
    column = rng.uniform(-1, 2, (shape[0], 1)).astype(np.float32)

    def call(t):
        by = t.m if largest == "column" else largest
        CALL(t.y, t.x, by, t.r, reduce_cmd.reset_reduce)

    got = run(call, "trn3", x=memory(x), m=column, y=out(shape), r=out((shape[0], 1)))
    expected = exps(wide(x) - (column if largest == "column" else np.float32(largest)))
    same(got["y"].reshape(shape[0], -1), expected)
    same(got["r"], reduced("add", expected))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", ["float8_e4m3", "float16", "bfloat16", "float32", "uint8",
                                    "int32"])  # fmt: skip
def test_types(rng, source, target):
    x = random(rng, (64, 33), source, 0, 4)
    y = run(lambda t: CALL(t.y, t.x), "trn3", x=x, y=out((64, 33), target))
    same(y, cast(exps(wide(x)), target))


@pytest.mark.parametrize("result", ["float32", "bfloat16", "float16", "float8_e5m2"])
def test_accumulators(rng, result):
    x = rng.uniform(-3, 0, (3, 64, 20)).astype(np.float32)
    first = rng.uniform(0, 9, (64, 1)).astype(np.float32)

    def call(t):
        CALL(t.y, t.a, reduce_cmd=reduce_cmd.load_reduce, reduce_init=t.first)
        CALL(t.y, t.b, reduce_cmd=reduce_cmd.reduce)
        CALL(t.y, t.c, 0.0, t.r, reduce_cmd.reduce)

    r = run(call, "trn3", a=x[0], b=x[1], c=x[2], first=first, y=out((64, 20)),
            r=out((64, 1), result))["r"]  # fmt: skip
    total = first
    for tile in x:
        total = total + reduced("add", exps(tile))
    same(r, cast(total, result))


def test_idle_spoils_the_accumulators():
    def call(t):
        CALL(t.y, t.x, reduce_cmd=reduce_cmd.reset_reduce)
        CALL(t.y, t.x)
        CALL(t.y, t.x, 0.0, t.r, reduce_cmd.reduce)

    x = np.ones((8, 8), np.float32)
    refuses("E214", call, "trn3", x=x, y=out((8, 8)), r=out((8, 1)))


def test_rules():
    x = np.ones((64, 8), np.float32)

    def no(code, machine="trn3", arguments=lambda t: {}, **more):
        tiles = {"x": x, "y": out((64, 8)), "s": np.ones((64, 1), np.float32),
                 "r": out((64, 1), initial=0)} | more  # fmt: skip
        refuses(code, lambda t: CALL(t.y, t.x, **arguments(t)), machine, **tiles)

    for machine in ("trn1", "trn2"):
        no("E113", machine)
    no("E105", y=out((64, 8), "uint32"))
    no("E105", x=x.astype(dtype("float8_e4m3fn")))
    no("E105", r=out((64, 1), "int32", initial=0),
       arguments=lambda t: {"reduce_res": t.r, "reduce_cmd": reduce_cmd.reset_reduce})  # fmt: skip
    no("E105", s=np.ones((64, 1), np.float16), arguments=lambda t: {"max_value": t.s})
    no("E110", s=np.ones((64, 2), np.float32), arguments=lambda t: {"max_value": t.s})
    no("E110", x=np.ones((2, 2, 2, 2, 2), np.float32), y=out((2, 16)))
    no("E110", x=np.ones((2, 16), np.float32), y=out((2, 2, 2, 2, 2)))
    run(lambda t: CALL(t.y, t.x), "trn3", x=np.ones((2, 2, 2, 2), np.float32), y=out((2, 8)))
    no("E111", arguments=lambda t: {"reduce_cmd": reduce_cmd.reset})
    no("E111", arguments=lambda t: {"reduce_res": t.r})
    no("E111", arguments=lambda t: {"reduce_init": 1.0})
    no("E111", arguments=lambda t: {"reduce_init": t.s, "reduce_cmd": reduce_cmd.reduce})
    no("E103", y=out((64, 9)))
    no("E102", y=out((63, 8)))
    no("E107", x=hbm(x))


def test_four_times_as_fast_as_the_scalar_engine():
    x = np.ones((128, 512), np.float32)

    def busy(n):
        return busy_ns("exponential", lambda t: CALL(t.y[:, :n], t.x[:, :n]), "trn3", x=x,
                       y=out((128, 512), initial=0))  # fmt: skip

    assert busy(512) - busy(256) == pytest.approx(256 / 4 / 1.2, rel=1e-3)
