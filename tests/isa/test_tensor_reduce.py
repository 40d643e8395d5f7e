"""tensor_reduce: the last free dimensions reduced."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf, scratch
from oracle import BITS, FLOATS, INTEGERS, cast, random, reduced, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

REDUCING = ["add", "multiply", "maximum", "minimum", "logical_and", "logical_or", "logical_xor"]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("columns", [1, 2, 15, 16, 17, 37, 512, 1000])
@pytest.mark.parametrize("op", REDUCING)
def test_order_of_reductions(rng, machine, columns, op):
    x = rng.uniform(0.7, 1.4, (100, columns)).astype(np.float32)
    y = run(
        lambda t: nisa.tensor_reduce(t.y, getattr(nl, op), t.x, 1), machine, x=x, y=out((100, 1))
    )
    same(y, reduced(op, x))


@pytest.mark.parametrize(("axis", "kept"), [((3,), 35), (3, 35), ([2, 3], 5), ((1, 2, 3), 1),
                                            (-1, 35), ((-2, -1), 5), ((3, 2), 5)])  # fmt: skip
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("memory", [sbuf, psum])
def test_axes(rng, axis, kept, keepdims, memory):
    x = rng.standard_normal((64, 5, 7, 9)).astype(np.float32)
    y = run(lambda t: nisa.tensor_reduce(t.y, nl.add, t.x, axis, keepdims=keepdims), x=memory(x),
            y=out((64, kept), buffer=memory.__name__))  # fmt: skip
    same(y, reduced("add", x.reshape(64 * kept, -1)))


def test_subtract_takes_the_others_from_the_first(rng):
    x = random(rng, (64, 20), "float32")
    y = run(lambda t: nisa.tensor_reduce(t.y, nl.subtract, t.x, 1), x=x, y=out((64, 1)))
    same(y, np.subtract.reduce(x, axis=1, keepdims=True))


@pytest.mark.parametrize("source", FLOATS + INTEGERS)
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int32"])
@pytest.mark.parametrize("negate", [False, True])
def test_types_and_negation(rng, source, target, negate):
    x = random(rng, (100, 37), source)
    y = run(lambda t: nisa.tensor_reduce(t.y, nl.add, t.x, axis=(1,), negate=negate), x=x,
            y=out((100, 1), target))  # fmt: skip
    sums = reduced("add", wide(x))
    same(y, cast(-sums if negate else sums, target))


@pytest.mark.parametrize("op", sorted(BITS))
@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("columns", [1, 5, 64])
def test_bits(rng, op, kind, columns):
    info = np.iinfo(kind)
    x = rng.integers(info.min, info.max, (100, 2, columns), endpoint=True, dtype=kind)
    y = run(lambda t: nisa.tensor_reduce(t.y, getattr(nl, op), t.x, 2), x=x, y=out((100, 2), kind))
    same(y, BITS[op].reduce(x, axis=2))


def test_views_and_partitions(rng):
    x = random(rng, (128, 6, 8), "bfloat16")
    y = run(
        lambda t: nisa.tensor_reduce(t.y[64:96, 1:4], nl.maximum, t.x[32:64, ::2, 1:7:2], 2),
        x=x,
        y=out((128, 5), initial=9),
    )
    expected = np.full((128, 5), 9, np.float32)
    expected[64:96, 1:4] = x.astype(np.float32)[32:64, ::2, 1:7:2].max(axis=2)
    same(y, expected)


def test_onto_its_own_input(rng):
    x = rng.standard_normal((128, 8, 32)).astype(np.float32)
    y = run(lambda t: nisa.tensor_reduce(t.x[:, 0, 3:11], nl.add, t.x, 2),
            x=out((128, 8, 32), initial=x))  # fmt: skip
    x[:, 0, 3:11] = reduced("add", x.reshape(-1, 32)).reshape(128, 8)
    same(y, x)


def test_only_the_groups_with_undefined_elements_are_undefined(rng):
    x = random(rng, (64, 2, 8), "float32")

    def group(which):
        def call(t):
            nisa.tensor_copy(t.half[:, 0], t.x[:, 0])
            nisa.tensor_reduce(t.sums, nl.add, t.half, 2)
            nisa.tensor_copy(t.y, t.sums[:, which : which + 1])

        return call

    tiles = {"x": x, "half": scratch((64, 2, 8)), "sums": scratch((64, 2)), "y": out((64, 1))}
    same(run(group(0), **tiles), x[:, 0].sum(axis=1))
    refuses("E210", group(1), **tiles)


def test_maximum_in_bfloat16_of_infinities():
    x = np.array([[-np.inf] * 20, [np.nan] * 20, [np.inf, -1] * 10], dtype("bfloat16"))
    y = run(lambda t: nisa.tensor_reduce(t.y, nl.maximum, t.x, 1), x=x, y=out((3, 1)))
    same(y, np.array([[-np.inf], [-np.inf], [np.inf]], np.float32))


def test_rules():
    x, y, i = np.ones((64, 4, 8), "f"), out((64, 1)), np.ones((64, 4, 8), np.int16)

    def no(code, op, axis, **tiles):
        keywords = {"negate": True} if tiles.pop("negate", False) else {}
        tiles = {"x": x, "y": y} | tiles
        refuses(code, lambda t: nisa.tensor_reduce(t.y, op, t.x, axis, **keywords), **tiles)

    for axis in (0, 1, (0, 1, 2), (1,), (2, 2), 3, (1, 3), -3):
        no("E111", nl.add, axis)
    no("E110", nl.add, 2)
    no("E110", nl.add, (1, 2), y=out((64, 2)))
    no("E102", nl.add, (1, 2), y=out((32, 1)))
    no("E109", nl.divide, (1, 2))
    no("E109", nl.equal, (1, 2))
    no("E109", nl.exp, (1, 2))
    for op in (nl.abs_max, nl.abs_min):  # of activate2 alone
        refuses("E109", lambda t, op=op: nisa.tensor_reduce(t.y, op, t.x, (1, 2)), "trn3", x=x, y=y)
    no("E105", nl.bitwise_and, (1, 2))
    no("E105", nl.bitwise_and, (1, 2), x=i)
    no("E111", nl.bitwise_and, (1, 2), x=i, y=out((64, 1), "int16"), negate=True)
