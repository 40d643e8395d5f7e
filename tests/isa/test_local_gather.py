"""local_gather: 16 partitions gather with the indices that they share."""

import numpy as np
import pytest
from harness import MACHINES, busy_ns, dtype, hbm, out, psum, refuses, run, scratch
from oracle import FLOATS, INTEGERS, random, same
from trainyard.nki import isa as nisa


def gathered(x, index, run_length=1, valid=None):
    """As the stub says, core by core."""
    flat = x.reshape(len(x), -1)
    parts = []
    for core in range(0, len(x), 16):
        listed = index[core : core + 16].reshape(16, -1).flatten(order="F")[:valid]
        at = listed.astype(np.int64)[:, None] + np.arange(run_length)
        parts.append(flat[core : core + 16, at.ravel()])
    return np.concatenate(parts)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("run_length", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("partitions", [16, 48, 128])
@pytest.mark.parametrize("valid", [None, 1, 30])
def test_runs_and_valid_indices(rng, machine, run_length, partitions, valid):
    x = random(rng, (partitions, 100), "float32")
    index = rng.integers(0, 101 - run_length, (partitions, 2)).astype(np.uint16)
    n = (valid or 32) * run_length
    y = run(lambda t: nisa.local_gather(t.y, t.x, t.i, run_length, valid), machine, x=x, i=index,
            y=out((partitions, n)))  # fmt: skip
    same(y, gathered(x, index, run_length, valid))


@pytest.mark.parametrize("kind", FLOATS + INTEGERS)
def test_types(rng, kind):
    x = random(rng, (32, 50), kind)
    index = rng.integers(0, 49, (32, 3)).astype(np.uint16)
    y = run(lambda t: nisa.local_gather(t.y, t.x, t.i, num_elem_per_idx=2), x=x, i=index,
            y=out((32, 96), kind))  # fmt: skip
    same(y, gathered(x, index, 2))


def test_free_dimensions_and_views(rng):
    x = random(rng, (128, 12, 4), "bfloat16")
    index = (4 * rng.integers(0, 12, (128, 2, 2))).astype(np.uint16)
    y = run(lambda t: nisa.local_gather(t.y, t.x, t.i, 4, 64), x=x, i=index,
            y=out((128, 4, 16, 4), "bfloat16"))  # fmt: skip
    same(y, gathered(x, index, 4))
    x = random(rng, (128, 40), "float32")
    index = rng.integers(0, 20, (128, 8)).astype(np.uint16)
    y = run(lambda t: nisa.local_gather(t.y[32:64, 1::2], t.x[64:96, ::2], t.i[:32, ::4]), x=x,
            i=index, y=out((128, 64), initial=9))  # fmt: skip
    expected = np.full((128, 64), 9, np.float32)
    expected[32:64, 1::2] = gathered(x[64:96, ::2], index[:32, ::4])
    same(y, expected)


def test_in_place(rng):
    x = random(rng, (128, 32), "float32")
    index = rng.integers(0, 32, (128, 2)).astype(np.uint16)
    y = run(lambda t: nisa.local_gather(t.x, t.x, t.i), i=index, x=out(x.shape, initial=x))
    same(y, gathered(x, index))


@pytest.mark.parametrize("run_length", [1, 8])
def test_indices_at_the_end_and_behind(rng, run_length):
    x = random(rng, (16, 64), "float32")
    index = np.zeros((16, 1), np.uint16)
    tiles = {"x": x, "y": out((16, 16 * run_length))}
    call = lambda t: nisa.local_gather(t.y, t.x, t.i, run_length)  # noqa: E731
    index[5] = 64 - run_length
    same(run(call, i=index, **tiles), gathered(x, index, run_length))
    index[5] = 65 - run_length
    message = refuses("E120", call, i=index, **tiles)
    assert f"partition 5 holds index {65 - run_length}" in message
    # Indices that do not count may be anything.
    y = run(lambda t: nisa.local_gather(t.y, t.x, t.i, run_length, 5), i=index, x=x,
            y=out((16, 5 * run_length)))  # fmt: skip
    same(y, gathered(x, index, run_length, 5))


def test_undefined_elements_and_indices_matter_where_they_are_used(rng):
    x = random(rng, (32, 4), "float32")
    index = np.full((32, 1), 1, np.uint16)
    index[0] = 5

    def call(index_rows, y_columns):
        def kernel(t):
            nisa.tensor_copy(t.half[:, :4], t.x)
            nisa.tensor_copy(t.rows[:index_rows], t.i[:index_rows])
            nisa.local_gather(t.picked, t.half, t.rows)
            nisa.tensor_copy(t.y, t.picked[:, y_columns])

        return kernel

    tiles = {"x": x, "i": index, "half": scratch((32, 8)), "rows": scratch((32, 1), "uint16"),
             "picked": scratch((32, 16)), "y": out((32, 4))}  # fmt: skip
    same(run(call(32, slice(1, 5)), **tiles), np.repeat(x[:, 1:2], 4, axis=1))
    refuses("E210", call(32, slice(0, 4)), **tiles)
    same(run(call(21, slice(1, 5)), **tiles), np.repeat(x[:, 1:2], 4, axis=1))
    refuses("E210", call(20, slice(1, 5)), **tiles)


def test_limits():
    x, index = np.ones((32, 8), np.float32), np.zeros((32, 4), np.uint16)

    def no(code, *arguments, **more):
        tiles = {"x": x, "i": index, "y": out((32, 64))} | more
        refuses(code, lambda t: nisa.local_gather(t.y, t.x, t.i, *arguments), **tiles)

    for wrong in (0, 3, 64, -1):
        no("E111", wrong)
    for wrong in (0, 65, -1):
        no("E111", 1, wrong)
    for wrong in (63, 65):
        no("E110", y=out((32, wrong)))
    no("E110", 2)
    no("E106", y=out((32, 64), "bfloat16"))
    for kind in (np.uint32, np.int16, np.float32):
        no("E105", i=index.astype(kind))
    for name, tile in (("x", psum(x)), ("x", hbm(x)), ("y", out((32, 64), buffer="psum"))):
        no("E107", **{name: tile})
    no("E102", i=index[:16])
    no("E110", x=x[:17], i=index[:17], y=out((17, 64)))
    big = np.zeros((16, 257), np.uint16)
    no("E111", x=x[:16], i=big, y=out((16, 4112)))
    run(lambda t: nisa.local_gather(t.y, t.x, t.i, 1, 4096), x=x[:16], i=big, y=out((16, 4096)))


@pytest.mark.parametrize(("kind", "run_length", "cycles"), [
    ("float32", 1, 150 + 64 * 8), ("float32", 8, 150 + 64 * 15), ("bfloat16", 2, 150 + 64 * 9 / 2),
    ("uint8", 4, 150 + 64 * 11 / 4)])  # fmt: skip
def test_cost(kind, run_length, cycles):
    """The published law at Trainium1's 1.4 GHz."""
    index = np.zeros((32, 4), np.uint16)
    busy = busy_ns("local_gather", lambda t: nisa.local_gather(t.y, t.x, t.i, run_length), "trn1",
                   x=np.zeros((32, 64), dtype(kind)), i=index,
                   y=out((32, 64 * run_length), kind))  # fmt: skip
    assert busy == pytest.approx(cycles / 1.4, rel=1e-3)
