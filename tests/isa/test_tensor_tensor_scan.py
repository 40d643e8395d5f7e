"""tensor_tensor_scan: a recurrence along each partition."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf, scratch
from oracle import FLOATS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


def scan(a, b, state, op0, op1, reverse0=False, reverse1=False):
    results = np.empty_like(a)
    state = np.broadcast_to(np.float32(state), (len(a), 1))[:, 0]
    for i in range(a.shape[1]):
        x, y = (state, a[:, i]) if reverse0 else (a[:, i], state)
        step = operate(op0, x, y)
        x, y = (b[:, i], step) if reverse1 else (step, b[:, i])
        state = results[:, i] = operate(op1, x, y)
    return results


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("ops", [("multiply", "add"), ("add", "maximum"), ("maximum", "subtract"),
                                 ("subtract", "multiply"), ("less", "add")])  # fmt: skip
@pytest.mark.parametrize("columns", [1, 63, 64, 65, 200])
def test_recurrences(rng, machine, ops, columns):
    a, b = rng.standard_normal((2, 100, columns)).astype(np.float32)
    y = run(
        lambda t: nisa.tensor_tensor_scan(
            t.y, t.a, t.b, 0.5, getattr(nl, ops[0]), getattr(nl, ops[1])
        ),
        machine, a=a, b=b, y=out((100, columns)))  # fmt: skip
    same(y, scan(a, b, 0.5, *ops))


@pytest.mark.parametrize("where", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum)])
@pytest.mark.parametrize("reverse", [(False, True), (True, False), (True, True)])
@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_columns_memories_and_order(rng, where, reverse, kind):
    a, b = rng.standard_normal((2, 128, 50)).astype(np.float32)
    s = random(rng, (128, 1), kind)
    y = run(
        lambda t: nisa.tensor_tensor_scan(
            t.y, t.a, t.b, t.s, nl.subtract, nl.subtract, *reverse
        ),
        a=where[0](a), b=where[1](b), s=s, y=out((128, 50)))  # fmt: skip
    same(y, scan(a, b, wide(s), "subtract", "subtract", *reverse))


@pytest.mark.parametrize("source", [*FLOATS, "int16", "uint8"])
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int32"])
def test_types_and_the_state_in_float32(rng, source, target):
    b = random(rng, (64, 70), source)
    ones = np.ones((64, 70), np.float16)
    y = run(lambda t: nisa.tensor_tensor_scan(t.y, t.a, t.b, 0.0, nl.multiply, nl.add), a=ones, b=b,
            y=out((64, 70), target))  # fmt: skip
    same(y, cast(np.cumsum(wide(b), axis=1, dtype=np.float32), target))


def test_in_place(rng):
    a, b = rng.standard_normal((2, 128, 100)).astype(np.float32)
    y = run(lambda t: nisa.tensor_tensor_scan(t.b, t.a, t.b, 1.0, nl.multiply, nl.add), a=a,
            b=out((128, 100), initial=b))  # fmt: skip
    same(y, scan(a, b, 1.0, "multiply", "add"))


def test_undefined_from_there_on(rng):
    x = random(rng, (64, 8), "float32")

    def column(which):
        def call(t):
            nisa.tensor_copy(t.half[:, :4], t.x[:, :4])
            nisa.tensor_tensor_scan(t.sums, t.x, t.half, 0.0, nl.multiply, nl.add)
            nisa.tensor_copy(t.y, t.sums[:, which : which + 1])

        return call

    tiles = {"x": x, "half": scratch((64, 8)), "sums": scratch((64, 8)), "y": out((64, 1))}
    run(column(3), **tiles)
    refuses("E210", column(4), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)

    def no(code, op0=nl.multiply, op1=nl.add, initial=0.0, **tiles):
        tiles = {"a": x, "b": x, "y": out((64, 8))} | tiles
        start = lambda t: t.s if "s" in tiles else initial  # noqa: E731
        refuses(code, lambda t: nisa.tensor_tensor_scan(t.y, t.a, t.b, start(t), op0, op1), **tiles)

    no("E107", a=psum(x), b=psum(x))
    no("E103", b=x[:, :4])
    no("E109", op0=nl.bitwise_or)
    no("E109", op1=nl.exp)
    no("E109", op1=nl.abs)
    no("E112", op0=nl.power)
    no("E110", s=np.ones((64, 2), np.float32))
    no("E105", s=np.ones((64, 1), np.int32))
