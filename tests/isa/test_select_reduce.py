"""select_reduce: one of two values by a predicate, and the largest."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf
from oracle import FLOATS, cast, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("other", [-2.5, "tile"])
@pytest.mark.parametrize("shape", [(100, 37), (128, 512), (32, 1)])
def test_selection(rng, machine, reverse, other, shape):
    x, p = random(rng, shape, "float32"), rng.integers(0, 2, shape).astype(np.uint8)
    s = random(rng, (shape[0], 1), "float32")
    y = run(
        lambda t: nisa.select_reduce(
            t.y, t.p, t.x, t.s if other == "tile" else other, reverse_pred=reverse
        ),
        machine, x=x, p=p, s=s, y=out(shape))  # fmt: skip
    chosen = (p == 0) if reverse else (p != 0)
    same(y, np.where(chosen, x, s if other == "tile" else np.float32(other)))


@pytest.mark.parametrize("where", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum)])
@pytest.mark.parametrize("mask", ["int8", "uint8", "int16", "uint16"])
@pytest.mark.parametrize("source", [*FLOATS, "int16", "uint8"])
@pytest.mark.parametrize("target", ["float32", "bfloat16"])
def test_types_and_memories(rng, where, mask, source, target):
    x = random(rng, (64, 50), source)
    p = (rng.integers(-1, 2, (64, 50)) * 64).astype(mask)
    y = run(lambda t: nisa.select_reduce(t.y, t.p, t.x, 1.5), x=where[0](x), p=where[1](p),
            y=out((64, 50), target))  # fmt: skip
    same(y, cast(np.where(p != 0, wide(x), np.float32(1.5)), target))


@pytest.mark.parametrize("result", ["float32", "bfloat16"])
def test_largest(rng, result):
    x = rng.standard_normal((2, 100, 37)).astype(np.float32)
    p = rng.integers(0, 2, (100, 37)).astype(np.int8)

    def call(t):
        nisa.select_reduce(t.y, t.p, t.a, -9.0, reduce_cmd=reduce_cmd.reset_reduce)
        nisa.select_reduce(t.y, t.p, t.b, -9.0, t.r, reduce_cmd.reduce, nl.maximum)

    got = run(call, a=x[0], b=x[1], p=p, y=out((100, 37)), r=out((100, 1), result))
    chosen = np.where(p != 0, x, np.float32(-9))
    same(got["y"], chosen[1])
    same(got["r"], cast(reduced("maximum", np.concatenate(chosen, axis=1)), result))


def test_an_idle_selection_spoils_the_accumulators():
    x, p = np.ones((64, 8), np.float32), np.ones((64, 8), np.uint8)

    def call(t):
        nisa.select_reduce(t.y, t.p, t.x, 0.0, reduce_cmd=reduce_cmd.reset_reduce)
        nisa.select_reduce(t.y, t.p, t.x, 0.0)
        nisa.select_reduce(t.y, t.p, t.x, 0.0, t.r, reduce_cmd.reduce)

    refuses("E214", call, x=x, p=p, y=out((64, 8)), r=out((64, 1)))


def test_rules():
    x, p = np.ones((64, 8), np.float32), np.ones((64, 8), np.uint8)
    call = nisa.select_reduce

    def no(code, make=lambda t: call(t.y, t.p, t.x, 0.0), **tiles):
        refuses(code, make, **({"x": x, "p": p, "y": out((64, 8)), "r": out((64, 1))} | tiles))

    no("E107", x=psum(x), p=psum(p))
    for kind in ("float32", "int32", "uint32"):
        no("E105", p=np.ones((64, 8), kind))
    for kind in ("int32", "uint32"):
        no("E105", x=np.ones((64, 8), kind))
    no("E103", p=p[:, :4])
    no("E105", lambda t: call(t.y, t.p, t.x, t.s), s=np.ones((64, 1), np.float16))
    no("E110", lambda t: call(t.y, t.p, t.x, t.s), s=np.ones((64, 8), np.float32))
    no("E111", lambda t: call(t.y, t.p, t.x, 0.0, t.r))
    for cmd in (reduce_cmd.reset, reduce_cmd.load_reduce):
        no("E111", lambda t, c=cmd: call(t.y, t.p, t.x, 0.0, t.r, c))
    no("E109", lambda t: call(t.y, t.p, t.x, 0.0, t.r, reduce_cmd.reset_reduce, nl.add))
    no("E105", lambda t: call(t.y, t.p, t.x, 0.0, t.r, reduce_cmd.reset_reduce),
       r=out((64, 1), "int32"))  # fmt: skip
