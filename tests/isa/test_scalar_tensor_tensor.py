"""scalar_tensor_tensor: a tile with a scalar, then with another tile."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf
from oracle import ARITHMETIC, FLOATS, INTEGERS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("op0", ["subtract", "multiply", "maximum"])
@pytest.mark.parametrize("op1", sorted(ARITHMETIC))
def test_operators(rng, machine, op0, op1):
    x, b = random(rng, (2, 100, 37), "float32")
    y = run(
        lambda t: nisa.scalar_tensor_tensor(
            t.y, t.x, getattr(nl, op0), 1.5, getattr(nl, op1), t.b
        ),
        machine, x=x, b=b, y=out((100, 37)))  # fmt: skip
    same(y, operate(op1, operate(op0, x, 1.5), b))


@pytest.mark.parametrize("where", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum)])
@pytest.mark.parametrize("reverse", [(False, True), (True, False), (True, True)])
@pytest.mark.parametrize("columns", [1, 3, 300])
def test_columns_memories_and_order(rng, where, reverse, columns):
    x, b = random(rng, (2, 128, columns), "float32")
    s = random(rng, (128, 1), "float32")
    y = run(
        lambda t: nisa.scalar_tensor_tensor(
            t.y, t.x, nl.subtract, t.s, nl.subtract, t.b, *reverse
        ),
        x=where[0](x), b=where[1](b), s=s, y=out((128, columns)))  # fmt: skip
    first = s - x if reverse[0] else x - s
    same(y, b - first if reverse[1] else first - b)


@pytest.mark.parametrize("target", FLOATS + INTEGERS)
@pytest.mark.parametrize("source", ["bfloat16", "int16", "float8_e4m3"])
def test_types(rng, source, target):
    x, b = random(rng, (64, 70), source), random(rng, (64, 70), "float16")
    y = run(lambda t: nisa.scalar_tensor_tensor(t.y, t.x, nl.multiply, 0.5, nl.add, t.b),
            x=x, b=b, y=out((64, 70), target))  # fmt: skip
    same(y, cast(wide(x) * np.float32(0.5) + wide(b), target))


@pytest.mark.parametrize("kind", [*FLOATS, *INTEGERS])
def test_columns_of_any_type(rng, kind):
    x, b = random(rng, (2, 64, 70), "bfloat16")
    s = random(rng, (64, 1), kind)
    y = run(lambda t: nisa.scalar_tensor_tensor(t.y, t.x, nl.multiply, t.s, nl.add, t.b),
            x=x, b=b, s=s, y=out((64, 70)))  # fmt: skip
    same(y, wide(x) * wide(s) + wide(b))


def test_into_either_operand(rng):
    x, b = random(rng, (2, 128, 100), "float32")
    for name in ("x", "b"):
        tiles = {"x": x, "b": b}
        tiles[name] = out((128, 100), initial=tiles[name])
        y = run(
            lambda t, n=name: nisa.scalar_tensor_tensor(
                getattr(t, n), t.x, nl.add, 2.0, nl.subtract, t.b
            ),
            **tiles,
        )
        same(y, x + 2 - b)


def test_rules():
    x, y = np.ones((64, 8), np.float32), out((64, 8))
    call = nisa.scalar_tensor_tensor

    def no(code, make, **tiles):
        refuses(code, make, **({"x": x, "b": x, "y": y} | tiles))

    no("E107", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.b), x=psum(x), b=psum(x))
    no("E103", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.b), b=x[:, :4])
    no("E109", lambda t: call(t.y, t.x, nl.bitwise_and, 1, nl.add, t.b))
    no("E109", lambda t: call(t.y, t.x, nl.add, 1.0, nl.bitwise_and, t.b))
    no("E109", lambda t: call(t.y, t.x, nl.add, 1.0, nl.abs, t.b))
    no("E112", lambda t: call(t.y, t.x, nl.add, 1.0, nl.power, t.b))
    no("E112", lambda t: call(t.y, t.x, nl.rsqrt, None, nl.add, t.b))
    no("E110", lambda t: call(t.y, t.x, nl.add, t.s, nl.add, t.b), s=np.ones((64, 3), "f"))
    no("E115", lambda t: call(t.y, t.x, nl.add, 1.0, nl.add, t.b, engine=nisa.engine.vector))
