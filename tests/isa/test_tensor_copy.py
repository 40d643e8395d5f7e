"""tensor_copy: copies and casts within SBUF and PSUM."""

import numpy as np
import pytest
from harness import MACHINES, dtype, out, psum, refuses, run, sbuf
from oracle import FLOATS, INTEGERS, cast, random, same, wide
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

engine = nisa.engine


def noise(rng, shape, kind):
    kind = dtype(kind)
    return rng.integers(0, 256, (*shape, kind.itemsize), dtype=np.uint8).view(kind)[..., 0]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
@pytest.mark.parametrize("chosen", ["unknown", "vector", "scalar", "gpsimd"])
def test_equal_types_keep_their_bits(rng, machine, kind, chosen):
    x = noise(rng, (100, 37), kind)
    call = lambda t: nisa.tensor_copy(t.y, t.x, engine[chosen])  # noqa: E731
    tiles = {"x": x, "y": out((100, 37), kind)}
    if (machine, chosen) == ("trn1", "scalar"):
        refuses("E113", call, machine, **tiles)
        return
    bits = f"uint{8 * x.itemsize}"
    np.testing.assert_array_equal(run(call, machine, **tiles).view(bits), x.view(bits))


@pytest.mark.parametrize("source", FLOATS + INTEGERS)
@pytest.mark.parametrize("target", FLOATS + INTEGERS)
def test_other_types_pass_through_float32(rng, source, target):
    x = random(rng, (64, 70), source, -15, 15)
    y = run(lambda t: nisa.tensor_copy(t.y, t.x), x=x, y=out((64, 70), target))
    same(y, cast(wide(x), target))


def test_integers_round_to_even_and_saturate():
    x = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 300, -300, 1e20, -1e20]], np.float32)
    for kind in INTEGERS:
        y = run(lambda t: nisa.tensor_copy(t.y, t.x), x=x, y=out((1, 9), kind))
        same(y, cast(x, kind))


@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("buffer", ["sbuf", "psum"])
@pytest.mark.parametrize(
    "shapes",
    [
        ((128, 512), (128, 512)),
        ((64, 1), (64, 1)),
        ((33, 4, 6), (33, 24)),
        ((100, 30), (100, 2, 3, 5)),
    ],
)
def test_memories_and_shapes(rng, memory, buffer, shapes):
    x = rng.standard_normal(shapes[0]).astype(np.float32)
    y = run(lambda t: nisa.tensor_copy(t.y, t.x), x=memory(x), y=out(shapes[1], buffer=buffer))
    same(y, x.reshape(shapes[1]))


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_strides_broadcasts_and_quadrants(rng, kind):
    x = random(rng, (128, 8, 9), "float32")
    y = run(lambda t: nisa.tensor_copy(t.y[96:128, 1::3], t.x[32:64, ::2, 4]), x=x,
            y=out((128, 12), kind, initial=0))  # fmt: skip
    expected = np.zeros((128, 12), np.float32)
    expected[96:, 1::3] = x[32:64, ::2, 4]
    same(y, cast(expected, kind))
    z = run(lambda t: nisa.tensor_copy(t.y, t.x.ap([[72, 128], [0, 5], [9, 8]])), x=x,
            y=out((128, 40), kind))  # fmt: skip
    same(z, cast(np.tile(x[:, :, 0], 5), kind))


def test_onto_itself(rng):
    x = random(rng, (64, 40), "float32")
    for kind in ("float32", "int32"):
        tile = cast(x, kind)
        y = run(
            lambda t: nisa.tensor_copy(t.y[:, 3:33], t.y[:, :30]),
            y=out((64, 40), kind, initial=tile),
        )
        tile[:, 3:33] = tile[:, :30].copy()
        same(y, tile)


def test_start_partitions():
    x = np.ones((128, 4), np.float32)
    tiles = {"x": x, "y": out((128, 4), initial=0)}

    def copy(first, count):
        rows = slice(first, first + count)
        return lambda t: nisa.tensor_copy(t.y[rows], t.x[rows])

    for first, count in ((0, 128), (0, 65), (64, 64), (0, 33), (96, 32), (32, 1)):
        run(copy(first, count), **tiles)
    for first, count in ((1, 127), (32, 65), (32, 64), (32, 33), (96, 33), (16, 32), (1, 1)):
        if first + count <= 128:
            refuses("E108", copy(first, count), **tiles)


def test_rules():
    x = np.ones((64, 8), np.float32)
    refuses("E103", lambda t: nisa.tensor_copy(t.y, t.x), x=x, y=out((64, 9)))
    refuses("E102", lambda t: nisa.tensor_copy(t.y, t.x), x=x, y=out((32, 8)))
    refuses("E107", lambda t: nisa.tensor_copy(t.y, t.x, engine.gpsimd), x=psum(x), y=out((64, 8)))
    refuses("E112", lambda t: nisa.tensor_copy(t.y, t.x, engine.tensor), x=x, y=out((64, 8)))
    refuses("E112", lambda t: nisa.tensor_copy(t.y, t.x, engine.sync), x=x, y=out((64, 8)))


def test_packed_types_are_copied_but_not_cast():
    def call(t, target):
        packed = nl.ndarray((64, 8), dtype=nl.float8_e4m3fn_x4, buffer=nl.sbuf)
        nisa.memset(packed, 0)
        nisa.tensor_copy(nl.ndarray((64, 8), dtype=target, buffer=nl.sbuf), packed)
        nisa.tensor_copy(t.y, t.x)

    tiles = {"x": np.ones((64, 8), np.float32), "y": out((64, 8))}
    run(lambda t: call(t, nl.float8_e4m3fn_x4), "trn3", **tiles)
    refuses("E105", lambda t: call(t, nl.float32), "trn3", **tiles)
