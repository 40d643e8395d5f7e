"""tensor_tensor: two tiles, element by element."""

import itertools

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf, scratch
from oracle import ARITHMETIC, BITS, FLOATS, INTEGERS, cast, operate, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("op", sorted(ARITHMETIC))
def test_operators(rng, machine, op):
    a, b = random(rng, (2, 100, 37), "float32")
    a[0, :4] = np.nan, np.inf, -np.inf, 3
    b[0, :5] = 1, -np.inf, -np.inf, np.nan, 0
    y = run(lambda t: nisa.tensor_tensor(t.y, t.a, t.b, getattr(nl, op)), machine, a=a, b=b,
            y=out((100, 37)))  # fmt: skip
    same(y, operate(op, a, b))


@pytest.mark.parametrize("op", ["add", "subtract", "multiply", "maximum", "minimum", "less"])
@pytest.mark.parametrize("kinds", list(itertools.product(["float32", "bfloat16"], repeat=3)))
@pytest.mark.parametrize("columns", [slice(None), slice(3, 70), slice(1, None, 2)])
def test_floats_in_every_combination(rng, op, kinds, columns):
    """Packed, packed within a partition, strided: different loops."""
    a, b = (rng.standard_normal((64, 80)).astype(dtype(kind)) for kind in kinds[:2])
    a[0, :8] = np.nan, np.inf, -np.inf, 0, -0.0, 0, -0.0, 1
    b[0, :8] = 1, np.inf, np.inf, -0.0, 0, 0, -0.0, np.nan
    y = run(
        lambda t: nisa.tensor_tensor(
            t.y[:, columns], t.a[:, columns], t.b[:, columns], getattr(nl, op)
        ),
        a=a, b=b, y=out((64, 80), kinds[2], initial=0))  # fmt: skip
    same(y[:, columns], cast(operate(op, wide(a), wide(b)), kinds[2])[:, columns])


@pytest.mark.parametrize("first", [sbuf, psum])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
@pytest.mark.parametrize("shape", [(128, 512), (128, 1), (3, 2, 5, 7), (33, 40)])
def test_memories_and_shapes(rng, first, buffer, shape):
    a, b = random(rng, (2, *shape), "float32")
    y = run(lambda t: nisa.tensor_tensor(t.y, t.a, t.b, nl.add), a=first(a), b=b,
            y=out(shape, buffer=buffer))  # fmt: skip
    same(y, a + b)


@pytest.mark.parametrize("kinds", [("bfloat16", "float16"), ("float8_e5m2", "int8"),
                                   ("float32", "uint16"), ("int32", "float32")])  # fmt: skip
@pytest.mark.parametrize("target", FLOATS + INTEGERS)
def test_types(rng, kinds, target):
    a, b = (random(rng, (64, 70), kind, 0, 8) for kind in kinds)
    y = run(lambda t: nisa.tensor_tensor(t.y, t.a, t.b, nl.multiply), a=a, b=b,
            y=out((64, 70), target))  # fmt: skip
    same(y, cast(wide(a) * wide(b), target))


def test_broadcast_views(rng):
    a, b = random(rng, (100, 8, 16), "bfloat16"), random(rng, (100, 16), "float32")
    y = run(
        lambda t: nisa.tensor_tensor(t.y, t.a, t.b.ap([[16, 100], [0, 8], [1, 16]]), nl.subtract),
        a=a,
        b=b,
        y=out((100, 128)),
    )
    same(y, a.astype(np.float32) - b[:, None, :])


@pytest.mark.parametrize("kind", ["int32", "uint32"])
@pytest.mark.parametrize("op", ["add", "subtract", "multiply", "maximum", "less", "not_equal"])
def test_32_bit_integers_are_exact_on_gpsimd(rng, kind, op):
    info = np.iinfo(kind)
    a, b = rng.integers(info.min, info.max, (2, 64, 33), endpoint=True, dtype=kind)
    call = lambda t: nisa.tensor_tensor(t.y, t.a, t.b, getattr(nl, op))  # noqa: E731
    exact = ARITHMETIC[op] if op not in ("maximum",) else np.maximum
    with np.errstate(over="ignore"):
        same(run(call, a=a, b=b, y=out((64, 33), kind)), exact(a, b).astype(kind))
    rounded = run(
        lambda t: nisa.tensor_tensor(t.y, t.a, t.b, getattr(nl, op), nisa.engine.vector),
        a=a, b=b, y=out((64, 33), kind))  # fmt: skip
    same(rounded, cast(operate(op, a, b), kind))
    same(run(call, a=psum(a), b=b, y=out((64, 33), kind)), rounded)


@pytest.mark.parametrize("op", sorted(BITS))
@pytest.mark.parametrize("kind", INTEGERS)
def test_bits(rng, op, kind):
    info = np.iinfo(kind)
    a, b = rng.integers(info.min, info.max, (2, 100, 37), endpoint=True, dtype=kind)
    y = run(lambda t: nisa.tensor_tensor(t.y, t.a, t.b, getattr(nl, op)), a=a, b=b,
            y=out((100, 37), kind))  # fmt: skip
    same(y, BITS[op](a, b))


def test_power_runs_on_gpsimd(rng):
    a = rng.uniform(0.1, 4, (64, 20)).astype(np.float32)
    b = rng.uniform(-3, 3, (64, 20)).astype(np.float32)
    y = run(lambda t: nisa.tensor_tensor(t.y, t.a, t.b, nl.power), a=a, b=b, y=out((64, 20)))
    np.testing.assert_allclose(y, np.power(a.astype(float), b.astype(float)), rtol=1e-6)


@pytest.mark.parametrize("op", ["abs_max", "abs_min"])
def test_magnitudes(op):
    a, b = np.array([[-5, 3, 1, -2]], "f"), np.array([[3, -5, -1, 2]], "f")
    call = lambda t: nisa.tensor_tensor(t.y, t.a, t.b, getattr(nl, op))  # noqa: E731
    expected = {"abs_max": [[-5, -5, -1, 2]], "abs_min": [[3, 3, -1, 2]]}[op]
    same(run(call, "trn3", a=a, b=b, y=out((1, 4))), np.array(expected, "f"))
    refuses("E113", call, "trn2", a=a, b=b, y=out((1, 4)))


def test_rules():
    f, i = np.ones((64, 8), np.float32), np.ones((64, 8), np.int32)

    def no(code, op, engine=nisa.engine.unknown, machine="trn2", **tiles):
        tiles = {"a": f, "b": f, "y": out((64, 8))} | tiles
        refuses(code, lambda t: nisa.tensor_tensor(t.y, t.a, t.b, op, engine), machine, **tiles)

    no("E107", nl.add, a=psum(f), b=psum(f))
    no("E107", nl.power, a=psum(f))
    no("E107", nl.add, nisa.engine.gpsimd, a=psum(f))
    no("E112", nl.power, nisa.engine.vector)
    no("E112", nl.add, nisa.engine.scalar)
    no("E112", nl.bitwise_or, nisa.engine.gpsimd, a=i, b=i, y=out((64, 8), "int32"))
    no("E105", nl.bitwise_or, b=i, y=out((64, 8), "int32"))
    no("E102", nl.add, b=f[:32])
    no("E103", nl.add, b=f[:, :4])
    no("E109", nl.exp)
    no("E109", nl.abs)


def test_undefined_elements_travel(rng):
    a = random(rng, (64, 8), "float32")

    def columns(which):
        def call(t):
            nisa.tensor_copy(t.half[:, :4], t.a[:, :4])
            nisa.tensor_tensor(t.sum, t.a, t.half, nl.add)
            nisa.tensor_copy(t.y, t.sum[:, which])

        return call

    tiles = {"a": a, "half": scratch((64, 8)), "sum": scratch((64, 8)), "y": out((64, 4))}
    same(run(columns(slice(0, 4)), **tiles), 2 * a[:, :4])
    refuses("E210", columns(slice(1, 5)), **tiles)


def test_rounding_to_narrow_types_is_to_nearest_even():
    x = np.array([[1 + 2**-8, 1 + 3 * 2**-8]], np.float32)
    y = run(lambda t: nisa.tensor_tensor(t.y, t.x, t.x, nl.maximum), x=x, y=out((1, 2), "bfloat16"))
    same(y, np.array([[1, 1 + 2**-6]]).astype(dtype("bfloat16")))
