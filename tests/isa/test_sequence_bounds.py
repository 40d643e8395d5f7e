"""sequence_bounds: where segments begin and end."""

import numpy as np
import pytest
from harness import MACHINES, hbm, out, psum, refuses, run, scratch
from trainyard.nki import isa as nisa


def bounds(ids):
    """Element by element, as the stub describes it."""
    n = len(ids)
    begins, ends = np.zeros(n), np.zeros(n)
    for i, number in enumerate(ids):
        begin = end = i
        while begin > 0 and ids[begin - 1] == number:
            begin -= 1
        while end < n and ids[end] == number:
            end += 1
        begins[i], ends[i] = (begin, end) if number else (n, -1)
    return np.stack([begins, ends])[None]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("kind", ["float32", "int32"])
@pytest.mark.parametrize("target", ["float32", "int32"])
@pytest.mark.parametrize("n", [1, 2, 9, 512])
def test_sorted_and_unsorted(rng, machine, kind, target, n):
    for ids in (np.sort(rng.integers(0, n, n)), rng.integers(0, 3, n), np.zeros(n)):
        x = ids.astype(kind)[None]
        y = run(lambda t: nisa.sequence_bounds(t.y, t.x), machine, x=x, y=out((1, 2, n), target))
        assert y.dtype == np.dtype(target)
        np.testing.assert_array_equal(y, bounds(ids))


def test_documented_example():
    x = np.array([[0, 1, 1, 2, 2, 2, 0, 3, 3]], np.int32)
    y = run(lambda t: nisa.sequence_bounds(t.y, t.x), x=x, y=out((1, 2, 9), "int32"))
    np.testing.assert_array_equal(y, [[[9, 1, 1, 3, 3, 3, 9, 7, 7], [-1, 3, 3, 6, 6, 6, -1, 9, 9]]])


def test_numbers_that_float32_cannot_tell_apart():
    x = np.array([[2**24, 2**24 + 1, 2**31 - 1, 2**31 - 2]], np.int32)
    y = run(lambda t: nisa.sequence_bounds(t.y, t.x), x=x, y=out((1, 2, 4), "int32"))
    np.testing.assert_array_equal(y, bounds(x[0]))


def test_views(rng):
    x = rng.integers(0, 3, (64, 40)).astype(np.float32)
    y = run(lambda t: nisa.sequence_bounds(t.y[32:33, ::2], t.x[32:33, 1::2]), x=x,
            y=out((64, 80), initial=0))  # fmt: skip
    np.testing.assert_array_equal(y[32:33, ::2].reshape(1, 2, 20), bounds(x[32, 1::2]))


def test_undefined_numbers_make_all_undefined():
    def call(t):
        nisa.tensor_copy(t.half[:, :4], t.x)
        nisa.sequence_bounds(t.y, t.half[:, : t.n.shape[1]])

    tiles = {"x": np.ones((1, 4), np.int32), "half": scratch((1, 8), "int32")}
    run(call, **tiles, n=scratch((1, 4)), y=out((1, 2, 4), "int32"))
    refuses("E210", call, **tiles, n=scratch((1, 5)), y=out((1, 2, 5), "int32"))


def test_rules():
    x = np.ones((1, 8), np.float32)

    def no(code, **more):
        tiles = {"x": x, "y": out((1, 2, 8))} | more
        refuses(code, lambda t: nisa.sequence_bounds(t.y, t.x), **tiles)

    no("E110", x=np.ones((2, 8), np.float32))
    no("E110", y=out((2, 8)))
    for wrong in (15, 17):
        no("E110", y=out((1, wrong)))
    for kind in (np.uint32, np.int16, np.float16):
        no("E105", x=x.astype(kind))
    no("E105", y=out((1, 2, 8), "bfloat16"))
    for name, tile in (("x", psum(x)), ("x", hbm(x)), ("y", out((1, 2, 8), buffer="psum"))):
        no("E107", **{name: tile})
