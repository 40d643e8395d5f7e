"""tensor_partition_reduce: across partitions, on GpSimd."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, scratch
from oracle import FLOATS, INTEGERS, cast, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


def expected(op, x):
    total = x[0].astype(np.float32)
    for row in x[1:]:
        row = row.astype(np.float32)
        total = np.fmax(total, row) if op == "maximum" else total + row
    return total / np.float32(len(x)) if op == "average" else total


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("op", ["add", "average", "maximum"])
@pytest.mark.parametrize("shape", [(128, 512), (100, 37), (1, 8), (3, 4, 5)])
def test_values(rng, machine, op, shape):
    x = rng.standard_normal(shape).astype(np.float32)
    y = run(lambda t: nisa.tensor_partition_reduce(t.y, getattr(nl, op), t.x), machine, x=x,
            y=out((1, *shape[1:])))  # fmt: skip
    same(y, expected(op, x))


@pytest.mark.parametrize("source", FLOATS + INTEGERS)
@pytest.mark.parametrize("target", ["float32", "bfloat16", "int16"])
def test_types(rng, source, target):
    x = random(rng, (64, 50), source)
    y = run(lambda t: nisa.tensor_partition_reduce(t.y, nl.add, t.x), x=x, y=out((1, 50), target))
    same(y, cast(expected("add", wide(x)), target))


@pytest.mark.parametrize("op", ["bitwise_or", "bitwise_and"])
@pytest.mark.parametrize("kind", INTEGERS)
def test_bits(rng, op, kind):
    x = rng.integers(0, 127, (100, 37), dtype=kind)
    y = run(lambda t: nisa.tensor_partition_reduce(t.y, getattr(nl, op), t.x), x=x,
            y=out((1, 37), kind))  # fmt: skip
    same(y, getattr(np, op).reduce(x, axis=0))


def test_undefined_columns_stay_columns(rng):
    x = random(rng, (64, 8), "float32")

    def column(which):
        def call(t):
            nisa.tensor_copy(t.half[:, :4], t.x[:, :4])
            nisa.tensor_partition_reduce(t.sums, nl.add, t.half)
            nisa.tensor_copy(t.y, t.sums[:, which : which + 1])

        return call

    tiles = {"x": x, "half": scratch((64, 8)), "sums": scratch((1, 8)), "y": out((1, 1))}
    same(run(column(3), **tiles), x[:, 3].sum())
    refuses("E210", column(4), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)

    def no(code, op, **tiles):
        tiles = {"x": x, "y": out((1, 8))} | tiles
        refuses(code, lambda t: nisa.tensor_partition_reduce(t.y, op, t.x), **tiles)

    for op in (nl.minimum, nl.multiply, nl.bitwise_xor, nl.exp):
        no("E109", op)
    no("E110", nl.add, y=out((2, 8)))
    no("E110", nl.add, y=out((1, 9)))
    no("E107", nl.add, x=psum(x))
    no("E105", nl.bitwise_or)
