"""tensor_scalar_cumulative: running reductions, and the Vector Engine's accumulators."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf, scratch
from oracle import FLOATS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

reduce_cmd = nisa.reduce_cmd
NEUTRAL = {"add": 0, "subtract": 0, "multiply": 1, "maximum": -np.inf, "minimum": np.inf}
CALL = nisa.tensor_scalar_cumulative


def running(x, op0, imm0, op1, start=None):
    """[P, N] of running results in float32."""
    terms = operate(op0, wide(x), np.float32(imm0))
    state = np.broadcast_to(np.float32(NEUTRAL[op1] if start is None else start), (len(x), 1))
    results = np.empty_like(terms)
    for i in range(terms.shape[1]):
        state = operate(op1, terms[:, i : i + 1], state)
        results[:, i : i + 1] = state
    return results


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("op0", ["add", "multiply", "maximum", "less"])
@pytest.mark.parametrize("op1", NEUTRAL)
@pytest.mark.parametrize("shape", [(100, 37), (128, 2, 64), (32, 1), (64, 65)])
def test_operators_and_shapes(rng, machine, op0, op1, shape):
    x = rng.uniform(0.7, 1.4, shape).astype(np.float32)
    y = run(lambda t: CALL(t.y, t.x, getattr(nl, op0), getattr(nl, op1), 0.25), machine, x=x,
            y=out(shape))  # fmt: skip
    same(y, running(x, op0, 0.25, op1))


@pytest.mark.parametrize("source", [*FLOATS, "float8_e4m3fn", "int8", "uint8", "int16", "uint16"])
@pytest.mark.parametrize("target", ["bfloat16", "float32", "float8_e5m2", "uint8", "int16"])
def test_types_and_the_state_in_float32(rng, source, target):
    x = random(rng, (64, 70), source, -2, 3)
    y = run(lambda t: CALL(t.y, t.x, nl.multiply, nl.add, 0.5), x=x, y=out((64, 70), target))
    same(y, cast(running(x, "multiply", 0.5, "add"), target))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
def test_columns_and_memories(rng, memory, buffer):
    x, s, first = random(rng, (100, 37), "bfloat16"), *random(rng, (2, 100, 1), "float32")
    y = run(
        lambda t: CALL(t.y, t.x, nl.add, nl.maximum, t.s, t.first, reduce_cmd.load_reduce),
        x=memory(x), s=s, first=first, y=out((100, 37), buffer=buffer))  # fmt: skip
    same(y, running(x, "add", s, "maximum", first))


def test_views_and_in_place(rng):
    x = random(rng, (128, 64), "float32")
    y = run(lambda t: CALL(t.y[32:64, ::2], t.x[64:96, 1::2], nl.add, nl.add, 1.0), x=x,
            y=out((128, 64), initial=0))  # fmt: skip
    same(y[32:64, ::2], running(x[64:96, 1::2], "add", 1, "add"))
    y = run(lambda t: CALL(t.x, t.x, nl.add, nl.add, 1.0), x=out(x.shape, initial=x))
    same(y, running(x, "add", 1, "add"))


def test_going_on_from_the_accumulators(rng):
    x = rng.standard_normal((3, 128, 40)).astype(np.float32)

    def call(t):
        CALL(t.y, t.a, nl.add, nl.add, 0.0, 2.0, reduce_cmd.load_reduce)
        CALL(t.y, t.b, nl.add, nl.add, 0.0, 5.0, reduce_cmd.reduce)  # 5 does not count
        nisa.tensor_scalar_reduce(t.z, t.c, nl.multiply, 1.0, nl.add, t.r,
                                  reduce_cmd=reduce_cmd.reduce)  # fmt: skip
        CALL(t.z, t.a, nl.add, nl.maximum, 0.0, reduce_cmd=reduce_cmd.reduce)

    got = run(call, a=x[0], b=x[1], c=x[2], y=out((128, 40)), z=out((128, 40)), r=out((128, 1)))
    first = running(x[0], "add", 0, "add", 2)
    second = running(x[1], "add", 0, "add", first[:, -1:])
    same(got["y"], second)
    np.testing.assert_allclose(got["r"], second[:, -1:] + x[2].sum(1, keepdims=True), atol=1e-4)
    same(got["z"], running(x[0], "add", 0, "maximum", got["r"]))


def test_going_on_from_nothing_is_refused():
    def go_on(t):
        CALL(t.y, t.x, nl.add, nl.add, 0.0, reduce_cmd=reduce_cmd.reduce)

    refuses("E214", go_on, x=np.ones((64, 4), np.float32), y=out((64, 4)))


def test_undefined_from_there_on(rng):
    x = random(rng, (64, 8), "float32")

    def column(which, imm=0.0):
        def call(t):
            nisa.tensor_copy(t.half[:, :4], t.x[:, :4])
            CALL(t.sums, t.half, nl.add, nl.add, t.s if imm is None else imm)
            nisa.tensor_copy(t.y, t.sums[:, which : which + 1])

        return call

    tiles = {"x": x, "half": scratch((64, 8)), "sums": scratch((64, 8)), "s": scratch((64, 1)),
             "y": out((64, 1))}  # fmt: skip
    same(run(column(3), **tiles), running(x[:, :4], "add", 0, "add")[:, 3:])
    refuses("E210", column(4), **tiles)
    refuses("E210", column(0, None), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)
    tiles = {"x": x, "y": out((64, 8))}

    def no(code, op0=nl.add, op1=nl.add, imm0=1.0, imm1=None, cmd=reduce_cmd.reset_reduce, **more):
        def call(t):
            resolve = lambda v: t.s if v is tiles else v  # noqa: E731
            CALL(t.y, t.x, op0, op1, resolve(imm0), resolve(imm1), cmd)

        refuses(code, call, **(tiles | more))

    for op in (nl.bitwise_and, nl.abs, nl.exp):
        no("E109", op0=op)
    for op in (nl.divide, nl.logical_and, nl.bitwise_or, nl.greater):
        no("E109", op1=op)
    no("E112", op0=nl.power)
    for cmd in (reduce_cmd.idle, reduce_cmd.reset):
        no("E111", cmd=cmd)
    no("E111", cmd=reduce_cmd.load_reduce)
    no("E111", imm0=None)
    no("E103", y=out((64, 9)))
    no("E102", y=out((63, 8)))
    for kind in ("int32", "uint32"):
        no("E105", x=x.astype(kind))
        no("E105", y=out((64, 8), kind))
    for name in ("imm0", "imm1"):
        no("E105", **{name: tiles}, s=np.ones((64, 1), np.float16))
        no("E110", **{name: tiles}, s=np.ones((64, 2), np.float32))
