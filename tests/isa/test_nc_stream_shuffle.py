"""nc_stream_shuffle: partitions exchanged within quadrants."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf, scratch
from oracle import FLOATS, INTEGERS, random, same
from trainyard.nki import isa as nisa

BROADCAST = [0] * 32
REVERSED = list(range(31, -1, -1))


def shuffled(x, old, mask):
    y = old.copy()
    for i in range(len(y)):
        if mask[i % 32] != 255:
            y[i] = x[i - i % 32 + mask[i % 32]]
    return y


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("partitions", [32, 64, 96, 128])
@pytest.mark.parametrize("untouched", [False, True])
def test_every_quadrant(rng, machine, memory, partitions, untouched):
    x, old = random(rng, (2, partitions, 5, 7), "float32")
    mask = rng.integers(0, 32, 32)
    if untouched:
        mask[::3] = 255
    y = run(lambda t: nisa.nc_stream_shuffle(t.y, t.x, list(mask)), machine, x=memory(x),
            y=out(x.shape, buffer=memory.__name__, initial=old))  # fmt: skip
    same(y, shuffled(x, old, mask))


@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
def test_types(rng, kind):
    x = random(rng, (64, 10), kind)
    y = run(lambda t: nisa.nc_stream_shuffle(t.y, t.x, REVERSED), x=x, y=out((64, 10), kind))
    same(y, shuffled(x, x, REVERSED))


@pytest.mark.parametrize("partitions", [1, 20, 32])
def test_one_partition_to_many(rng, partitions):
    x = random(rng, (1, 100), "bfloat16")
    y = run(lambda t: nisa.nc_stream_shuffle(t.y[64 : 64 + partitions], t.x, BROADCAST), x=x,
            y=out((128, 100), "bfloat16", initial=0))  # fmt: skip
    expected = np.zeros((128, 100), x.dtype)
    expected[64 : 64 + partitions] = x
    same(y, expected)


def test_in_place_and_between_quadrants(rng):
    x = random(rng, (128, 8), "float32")
    y = run(lambda t: nisa.nc_stream_shuffle(t.x, t.x, REVERSED), x=out((128, 8), initial=x))
    same(y, shuffled(x, x, REVERSED))
    z = run(lambda t: nisa.nc_stream_shuffle(t.y[96:], t.x[32:64], REVERSED), x=x,
            y=out((128, 8), initial=0))  # fmt: skip
    same(z[96:], x[32:64][::-1])


def test_only_partitions_that_are_taken_must_be_defined(rng):
    x = random(rng, (1, 8), "float32")

    def call(mask):
        def kernel(t):
            nisa.tensor_copy(t.tile[0:1], t.x)
            nisa.nc_stream_shuffle(t.y, t.tile, mask)

        return kernel

    tiles = {"x": x, "tile": scratch((32, 8)), "y": out((32, 8))}
    same(run(call(BROADCAST), **tiles), np.broadcast_to(x, (32, 8)))
    refuses("E210", call([0] * 31 + [1]), **tiles)
    refuses("E210", call([0] * 31 + [255]), **tiles)


def test_rules():
    x = np.ones((128, 8), np.float32)

    def no(code, mask=BROADCAST, rows=slice(0, 32), source=slice(0, 32), **tiles):
        tiles = {"x": x, "y": out((128, 8), initial=0)} | tiles
        call = lambda t: nisa.nc_stream_shuffle(t.y[rows], t.x[source], mask)  # noqa: E731
        refuses(code, call, **tiles)

    no("E111", [0] * 31)
    no("E111", [0] * 33)
    for entry in (32, -1, 254, 256):
        no("E111", [0] * 31 + [entry])
    no("E106", y=out((128, 8), "bfloat16", initial=0))
    no("E110", y=out((128, 9), initial=0))
    no("E108", rows=slice(0, 40), source=slice(32, 64))
    no("E108", rows=slice(0, 70), source=slice(64, 96))
    no("E110", list(range(32)), source=slice(0, 16))
    no("E110", rows=slice(0, 64), source=slice(0, 32))
