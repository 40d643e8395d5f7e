"""tensor_scalar: one or two operators with numbers or columns."""

import itertools

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf
from oracle import ARITHMETIC, BITS, FLOATS, INTEGERS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("op", sorted(ARITHMETIC))
def test_operators(rng, machine, op, reverse):
    x = random(rng, (100, 37), "float32")
    x[0, :3] = np.nan, np.inf, -np.inf
    y = run(
        lambda t: nisa.tensor_scalar(t.y, t.x, getattr(nl, op), 0.75, reverse0=reverse),
        machine,
        x=x,
        y=out((100, 37)),
    )
    same(y, operate(op, 0.75, x) if reverse else operate(op, x, 0.75))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("columns", [1, 2, 37, 512])
@pytest.mark.parametrize("reverse", [(False, False), (True, False), (False, True), (True, True)])
def test_columns_as_operands(rng, memory, columns, reverse):
    x = random(rng, (100, columns), "float32")
    a, b = random(rng, (2, 100, 1), "float32")
    y = run(
        lambda t: nisa.tensor_scalar(
            t.y, t.x, nl.subtract, t.a, reverse[0], nl.multiply, t.b, reverse[1]
        ),
        x=memory(x),
        a=memory(a),
        b=b,
        y=out((100, columns), buffer=memory.__name__),
    )
    same(y, (a - x if reverse[0] else x - a) * b)


PAIRS = ["add", "subtract", "multiply", "minimum", "maximum", "greater"]


@pytest.mark.parametrize("op0", PAIRS)
@pytest.mark.parametrize("op1", [None, *PAIRS])
@pytest.mark.parametrize("kinds", list(itertools.product(["float32", "bfloat16"], repeat=2)))
@pytest.mark.parametrize("reverse", list(itertools.product([False, True], repeat=2)))
def test_pairs_of_operators(rng, op0, op1, kinds, reverse):
    """Packed tiles with numbers or columns, and strided ones, take different loops."""
    x = rng.standard_normal((32, 80)).astype(dtype(kinds[0]))
    x[:, :6] = np.nan, np.inf, -np.inf, 0, -0.0, 1
    first = rng.standard_normal((32, 1)).astype(np.float32)
    second = rng.standard_normal((32, 1)).astype(np.float32)
    first[:3], second[1:4] = [[0], [-0.0], [np.inf]], [[-0.0], [0], [np.nan]]

    def expected(a, b):
        once = operate(op0, a, wide(x)) if reverse[0] else operate(op0, wide(x), a)
        if op1:
            once = operate(op1, b, once) if reverse[1] else operate(op1, once, b)
        return cast(once, kinds[1])

    def call(columns, a, b):
        def kernel(t):
            rest = [getattr(nl, op1), t.b if b is None else b, reverse[1]] if op1 else []
            nisa.tensor_scalar(t.y[:, columns], t.x[:, columns], getattr(nl, op0),
                               t.a if a is None else a, reverse[0], *rest)  # fmt: skip

        return run(kernel, x=x, a=first, b=second, y=out((32, 80), kinds[1], initial=0))

    same(call(slice(None), None, None), expected(first, second))
    same(call(slice(None), 1.5, -0.0), expected(1.5, -0.0))
    strided = slice(1, None, 2)
    same(call(strided, None, 0.5)[:, strided], expected(first, 0.5)[:, strided])


@pytest.mark.parametrize("source", FLOATS + INTEGERS)
@pytest.mark.parametrize("target", FLOATS + INTEGERS)
def test_types(rng, source, target):
    x = random(rng, (64, 70), source)
    y = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.multiply, 2.5, op1=nl.add, operand1=1.25),
            x=x, y=out((64, 70), target))  # fmt: skip
    same(y, cast(wide(x) * 2.5 + 1.25, target))


def test_views(rng):
    x = random(rng, (128, 64), "bfloat16")
    y = run(
        lambda t: nisa.tensor_scalar(t.y[32:64, 1::2], t.x[64:96, ::2], nl.add, 1.0),
        x=x,
        y=out((128, 64), initial=-1),
    )
    expected = np.full((128, 64), -1, np.float32)
    expected[32:64, 1::2] = wide(x)[64:96, ::2] + 1
    same(y, expected)


def test_in_place_and_shifted_onto_itself(rng):
    x = random(rng, (128, 65), "float32")
    for target in (slice(0, 64), slice(1, 65)):
        y = run(lambda t, s=target: nisa.tensor_scalar(t.y[:, s], t.y[:, :64], nl.multiply, 2.0),
                y=out((128, 65), initial=x))  # fmt: skip
        expected = x.copy()
        expected[:, target] = x[:, :64] * 2
        same(y, expected)


@pytest.mark.parametrize("op", sorted(BITS))
@pytest.mark.parametrize("kind", INTEGERS)
def test_bits(rng, op, kind):
    info = np.iinfo(kind)
    x = rng.integers(info.min, info.max, (100, 37), endpoint=True, dtype=kind)
    y = run(
        lambda t: nisa.tensor_scalar(t.y, t.x, getattr(nl, op), 0x5B), x=x, y=out((100, 37), kind)
    )
    same(y, BITS[op](x, np.dtype(kind).type(0x5B)))


@pytest.mark.parametrize("kind", INTEGERS)
def test_shifts_fill_with_zeros(rng, kind):
    info = np.iinfo(kind)
    x = rng.integers(info.min, info.max, (64, 33), endpoint=True, dtype=kind)
    unsigned = x.view(f"uint{8 * x.itemsize}")
    y = run(
        lambda t: nisa.tensor_scalar(t.y, t.x, nl.right_shift, 3, op1=nl.left_shift, operand1=1),
        x=x,
        y=out((64, 33), kind),
    )
    same(y, ((unsigned >> 3) << 1).view(kind))


def test_bits_with_columns_and_invert(rng):
    x = rng.integers(0, 2**32, (100, 37), dtype=np.uint32)
    m = rng.integers(0, 2**32, (100, 1), dtype=np.uint32)
    y = run(
        lambda t: nisa.tensor_scalar(t.y, t.x, nl.bitwise_and, t.m, op1=nl.invert, operand1=None),
        x=x,
        m=m,
        y=out((100, 37), "uint32"),
    )
    same(y, ~(x & m))


def test_shift_operand_reversed(rng):
    x = rng.integers(0, 40, (32, 8), dtype=np.int32)
    y = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.left_shift, 1, reverse0=True),
            x=x, y=out((32, 8), "int32"))  # fmt: skip
    same(y, np.where(x < 32, (1 << np.minimum(x, 31)).astype(np.int64), 0).astype(np.int32))


@pytest.mark.parametrize("kind", ["int32", "uint32"])
def test_address_arithmetic_is_exact(kind):
    x = np.array([[2**24 + 1, 2**30 + 7]], kind)
    y = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.multiply, 3, op1=nl.add, operand1=5),
            x=x, y=out((1, 2), kind))  # fmt: skip
    same(y, (x.astype(np.int64) * 3 + 5).astype(np.uint32).view(kind))
    z = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.add, 0.0), x=x, y=out((1, 2), kind))
    same(z, x.astype(np.float32).astype(kind))


def test_unary_operators(rng):
    x = random(rng, (100, 37), "float32")
    for operand in (None, 0, 0.0):
        y = run(lambda t, o=operand: nisa.tensor_scalar(t.y, t.x, nl.abs, o), x=x, y=out((100, 37)))
        same(y, abs(x))
    z = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.square, None, op1=nl.relu), "trn3", x=x,
            y=out((100, 37)))  # fmt: skip
    same(z, x * x)
    positive = abs(x) + 1
    r = run(lambda t: nisa.tensor_scalar(t.y, t.x, nl.add, 1.0, op1=nl.rsqrt), x=positive,
            y=out((100, 37)))  # fmt: skip
    np.testing.assert_array_max_ulp(
        r, (1 / np.sqrt(positive.astype(np.float64) + 1)).astype("f"), 2
    )


@pytest.mark.parametrize("machine", MACHINES)
def test_square_and_relu_need_version_4(machine):
    x = np.ones((32, 4), np.float32)
    for op in (nl.square, nl.relu):
        call = lambda t, op=op: nisa.tensor_scalar(t.y, t.x, op, None)  # noqa: E731
        if machine == "trn3":
            run(call, machine, x=x, y=out((32, 4)))
        else:
            refuses("E113", call, machine, x=x, y=out((32, 4)))


def on(engine, *arguments, **keywords):
    return lambda t: nisa.tensor_scalar(t.y, t.x, *arguments, engine=engine, **keywords)


@pytest.mark.parametrize("machine", MACHINES)
def test_engines(machine):
    x, y = np.ones((32, 4), np.float32), out((32, 4))
    scalar, gpsimd, vector = nisa.engine.scalar, nisa.engine.gpsimd, nisa.engine.vector
    for call in (
        on(scalar, nl.multiply, 2.0),
        on(scalar, nl.add, 2.0),
        on(scalar, nl.multiply, 2.0, op1=nl.add, operand1=1.0),
    ):
        if machine == "trn1":
            refuses("E113", call, machine, x=x, y=y)
        else:
            run(call, machine, x=x, y=y)
    if machine != "trn1":
        refuses("E112", on(scalar, nl.subtract, 2.0), machine, x=x, y=y)
        refuses("E112", on(scalar, nl.add, 2.0, op1=nl.multiply, operand1=1.0), machine, x=x, y=y)
    run(on(gpsimd, nl.rsqrt, None), machine, x=x, y=y)
    run(on(gpsimd, nl.power, 2.0), machine, x=x, y=y)
    refuses("E112", on(gpsimd, nl.add, 2.0), machine, x=x, y=y)
    refuses("E112", on(vector, nl.rsqrt, None), machine, x=x, y=y)
    refuses("E112", on(vector, nl.power, 2.0), machine, x=x, y=y)
    refuses("E112", on(nisa.engine.tensor, nl.add, 2.0), machine, x=x, y=y)
    refuses("E107", on(nisa.engine.unknown, nl.rsqrt, None), machine, x=psum(x), y=y)
    bits = np.ones((32, 4), np.int32)
    refuses("E112", on(gpsimd, nl.bitwise_and, 1), machine, x=bits, y=out((32, 4), "int32"))


def test_rules(rng):
    x, y = np.ones((64, 8), np.float32), out((64, 8))
    i, j = np.ones((64, 8), np.int32), out((64, 8), "int32")
    call = nisa.tensor_scalar

    def no(code, make, **tiles):
        refuses(code, make, **({"x": x, "y": y} | tiles))

    no("E102", lambda t: call(t.y, t.x, nl.add, 1.0), y=out((32, 8)))
    no("E103", lambda t: call(t.y, t.x, nl.add, 1.0), y=out((64, 9)))
    no("E105", lambda t: call(t.y, t.x, nl.add, t.s), s=np.ones((64, 1), np.float16))
    no("E110", lambda t: call(t.y, t.x, nl.add, t.s), s=np.ones((64, 2), np.float32))
    no("E110", lambda t: call(t.y, t.x, nl.add, t.s), s=np.ones((32, 1), np.float32))
    no("E109", lambda t: call(t.y, t.x, nl.exp, None))
    no("E109", lambda t: call(t.y, t.x, nl.bitwise_and, 1, op1=nl.add, operand1=1), x=i, y=j)
    no("E105", lambda t: call(t.y, t.x, nl.bitwise_and, 1))
    no("E105", lambda t: call(t.y, t.x, nl.bitwise_and, t.s), x=i, y=j, s=np.ones((64, 1), "f"))
    no("E111", lambda t: call(t.y, t.x, nl.bitwise_and, 1.5), x=i, y=j)
    no("E111", lambda t: call(t.y, t.x, nl.abs, 1.0))
    no("E111", lambda t: call(t.y, t.x, nl.abs, t.s), s=np.ones((64, 1), "f"))
    no("E111", lambda t: call(t.y, t.x, nl.add, None))
    no("E111", lambda t: call(t.y, t.x, nl.add, 1.0, operand1=2.0))
    no("E108", lambda t: call(t.y[0:40], t.x[24:64], nl.add, 1.0))
    no("E114", lambda t: call(t.y, t.x, nl.add))
    no("E115", lambda t: call(t.y, t.x, nl.add, 1.0, reverse=True))
