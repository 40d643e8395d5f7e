"""range_select: elements whose index is in a range, and the largest."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf, scratch
from oracle import ARITHMETIC, LOWEST, cast, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd
COMPARISONS = ["equal", "less", "less_equal", "greater", "greater_equal"]


def bounds(rng, rows, columns, start):
    return rng.integers(start - 2, start + columns + 2, (2, rows, 1)).astype(np.float32)


def selected(x, low, high, op0, op1, start):
    index = np.arange(start, start + x.shape[1], dtype=np.float32)
    return np.where(ARITHMETIC[op0](index, low) & ARITHMETIC[op1](index, high), x, LOWEST)


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("op0", COMPARISONS)
@pytest.mark.parametrize("op1", COMPARISONS)
@pytest.mark.parametrize("start", [0, 500, -10])
def test_ranges(rng, machine, op0, op1, start):
    x = rng.standard_normal((100, 37)).astype(np.float32)
    low, high = bounds(rng, 100, 37, start)
    got = run(
        lambda t: nisa.range_select(
            t.y, t.x, getattr(nl, op0), getattr(nl, op1), t.low, t.high, reduce_res=t.r,
            range_start=start),
        machine, x=x, low=low, high=high, y=out((100, 37)), r=out((100, 1)))  # fmt: skip
    expected = selected(x, low, high, op0, op1, start)
    same(got["y"], expected)
    same(got["r"], reduced("maximum", expected))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("source", ["float32", "bfloat16", "float16", "float8_e5m2"])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "float16"])
def test_types(rng, memory, source, target):
    x = cast(rng.standard_normal((128, 200)).astype(np.float32), source)
    low, high = bounds(rng, 128, 200, 0)
    got = run(
        lambda t: nisa.range_select(
            t.y, t.x, nl.greater_equal, nl.less, t.low, t.high, reduce_res=t.r,
            on_false_value=-3.4028235e38),
        x=memory(x), low=low, high=high, y=out((128, 200), target), r=out((128, 1)))  # fmt: skip
    expected = selected(wide(x), low, high, "greater_equal", "less", 0)
    same(got["y"], cast(expected, target))
    same(got["r"], reduced("maximum", expected))


def test_nothing_selected_is_minus_infinity_in_narrow_types():
    x = np.ones((1, 8), np.float32)
    none = np.full((1, 1), -1, np.float32)
    got = run(
        lambda t: nisa.range_select(
            t.y, t.x, nl.equal, nl.equal, t.n, t.n, reduce_res=t.r
        ),
        x=x, n=none, y=out((1, 8), "bfloat16"), r=out((1, 1)))  # fmt: skip
    same(got["y"], np.full((1, 8), -np.inf, dtype("bfloat16")))
    same(got["r"], np.full((1, 1), LOWEST, np.float32))


def test_accumulators(rng):
    x = rng.standard_normal((2, 64, 30)).astype(np.float32)
    low, high = bounds(rng, 64, 30, 0)

    def call(t):
        select = lambda data, **k: nisa.range_select(  # noqa: E731
            t.y, data, nl.greater, nl.less, t.low, t.high, **k
        )
        select(t.b, reduce_cmd=reduce_cmd.reset)
        select(t.a, reduce_cmd=reduce_cmd.reduce)
        select(t.b, reduce_cmd=reduce_cmd.reduce, reduce_res=t.r)

    got = run(call, a=x[0], b=x[1], low=low, high=high, y=out((64, 30)), r=out((64, 1)))
    both = [selected(tile, low, high, "greater", "less", 0) for tile in x]
    same(got["r"], reduced("maximum", np.concatenate(both, axis=1)))


@pytest.mark.parametrize("machine", MACHINES)
def test_rules(machine):
    x, s = np.ones((64, 8), np.float32), np.ones((64, 1), np.float32)
    tiles = {"x": x, "s": s, "y": out((64, 8)), "r": scratch((64, 1))}

    def call(t, op=nl.less, **keywords):
        nisa.range_select(t.y, t.x, op, nl.less, t.s, t.s, **keywords)

    if machine == "trn1":
        refuses("E113", call, machine, **tiles)
        return
    run(call, machine, **tiles)

    def no(code, make=call, **more):
        refuses(code, make, machine, **(tiles | more))

    for op in (nl.not_equal, nl.maximum, nl.bitwise_and):
        no("E109", lambda t, o=op: call(t, o))
    no("E105", x=np.ones((64, 8), np.int32))
    no("E105", s=np.ones((64, 1), np.int32))
    no("E110", s=np.ones((64, 2), np.float32))
    no("E111", lambda t: call(t, on_false_value=0.0))
    no("E111", lambda t: call(t, on_false_value=float("-inf")))
    no("E109", lambda t: call(t, reduce_op=nl.add))
    no("E111", lambda t: call(t, reduce_cmd=reduce_cmd.load_reduce))
    no("E111", lambda t: call(t, reduce_cmd=reduce_cmd.idle, reduce_res=t.r))
    no("E111", lambda t: call(t, range_start=2**24 - 7))
    no("E111", lambda t: call(t, range_start=2**63 - 1))
    run(lambda t: call(t, range_start=2**24 - 8), machine, **tiles)
    no("E103", y=out((64, 9)))
