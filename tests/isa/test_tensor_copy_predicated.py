"""tensor_copy_predicated: elements copied where a predicate says so."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf, scratch
from oracle import FLOATS, INTEGERS, same
from trainyard.nki import isa as nisa


def noise(rng, shape, kind):
    kind = dtype(kind)
    return rng.integers(0, 256, (*shape, kind.itemsize), dtype=np.uint8).view(kind)[..., 0]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize("mask", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("reverse", [False, True])
def test_bits_are_copied(rng, machine, kind, mask, reverse):
    x, old = noise(rng, (2, 100, 37), kind)
    p = (rng.integers(0, 2, (100, 37)) * 128).astype(mask)
    y = run(lambda t: nisa.tensor_copy_predicated(t.y, t.x, t.p, reverse), machine, x=x, p=p,
            y=out((100, 37), kind, initial=old))  # fmt: skip
    bits = f"uint{8 * dtype(kind).itemsize}"
    expected = np.where((p == 0) if reverse else (p != 0), x.view(bits), old.view(bits))
    np.testing.assert_array_equal(y.view(bits), expected)


@pytest.mark.parametrize("where", [(sbuf, sbuf), (psum, sbuf), (sbuf, psum)])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
@pytest.mark.parametrize("shape", [(128, 512), (64, 1), (33, 3, 5)])
def test_memories_and_shapes(rng, where, buffer, shape):
    x, old = rng.standard_normal((2, *shape)).astype(np.float32)
    p = rng.integers(0, 2, shape).astype(np.uint8)
    y = run(lambda t: nisa.tensor_copy_predicated(t.y, t.x, t.p), x=where[0](x), p=where[1](p),
            y=out(shape, buffer=buffer, initial=old))  # fmt: skip
    same(y, np.where(p, x, old))


@pytest.mark.parametrize(("kind", "value"), [("float32", 0.1), ("bfloat16", -2.5), ("int32", -7),
                                             ("uint32", 2**32 - 1), ("uint8", 200)])  # fmt: skip
def test_numbers(rng, kind, value):
    p = rng.integers(0, 2, (100, 37)).astype(np.uint8)
    y = run(lambda t: nisa.tensor_copy_predicated(t.y, value, t.p), p=p,
            y=out((100, 37), kind, initial=3))  # fmt: skip
    same(y, np.where(p, np.array(value).astype(dtype(kind)), np.array(3).astype(dtype(kind))))


def test_views(rng):
    x = rng.standard_normal((128, 64)).astype(np.float32)
    p = rng.integers(0, 2, (128, 64)).astype(np.uint16)
    y = run(lambda t: nisa.tensor_copy_predicated(t.y[32:64, ::2], t.x[:32, 1::2], t.p[96:, :32]),
            x=x, p=p, y=out((128, 64), initial=5))  # fmt: skip
    expected = np.full((128, 64), 5, np.float32)
    expected[32:64, ::2] = np.where(p[96:, :32], x[:32, 1::2], 5)
    same(y, expected)


def test_two_halves_make_a_whole(rng):
    x = rng.standard_normal((2, 64, 30)).astype(np.float32)
    p = rng.integers(0, 2, (64, 30)).astype(np.uint8)

    def call(t):
        nisa.tensor_copy_predicated(t.y, t.a, t.p)
        nisa.tensor_copy_predicated(t.y, t.b, t.p, reverse_pred=True)

    tiles = {"a": x[0], "b": x[1], "p": p, "y": out((64, 30))}
    same(run(call, **tiles), np.where(p, x[0], x[1]))
    refuses("E210", lambda t: nisa.tensor_copy_predicated(t.y, t.a, t.p), **tiles)


def test_undefined_elements_that_are_not_taken_do_not_matter(rng):
    x = rng.standard_normal((64, 8)).astype(np.float32)
    p = np.zeros((64, 8), np.uint8)
    p[:, :4] = 1

    def call(t):
        nisa.tensor_copy(t.half[:, :4], t.x[:, :4])
        nisa.tensor_copy_predicated(t.y, t.half, t.p)

    tiles = {"x": x, "half": scratch((64, 8)), "y": out((64, 8), initial=0)}
    same(run(call, p=p, **tiles), np.where(p, x, np.float32(0)))
    refuses("E210", call, p=1 - p, **tiles)


def test_rules():
    x, p = np.ones((64, 8), np.float32), np.ones((64, 8), np.uint8)

    def no(code, **tiles):
        tiles = {"x": x, "p": p, "y": out((64, 8), initial=0)} | tiles
        refuses(code, lambda t: nisa.tensor_copy_predicated(t.y, t.x, t.p), **tiles)

    for kind in ("int8", "int16", "int32", "float32"):
        no("E105", p=np.ones((64, 8), kind))
    no("E106", x=x.astype(np.float16))
    no("E107", x=psum(x), p=psum(p))
    no("E103", p=p[:, :4])
    no("E102", p=p[:32])
