"""topk: the largest values of 16 partitions, and their places, in winding order."""

import ml_dtypes
import numpy as np
import pytest
from harness import MACHINES, busy_ns, hbm, out, psum, refuses, run, scratch
from trainyard.nki import isa as nisa

BF16 = ml_dtypes.bfloat16


def largest(x, n, k):
    """Values and places of one core's 16 partitions, ascending."""
    flat = x.flatten(order="F")[:n].astype(np.float32)
    ranked = np.where(np.isnan(flat), -np.inf, flat)
    order = sorted(range(n), key=lambda i: (ranked[i], not np.isnan(flat[i]), -i))[-k:]
    return flat[order], np.array(order)


def winding(tile, core, k):
    """The first k elements of a core's partitions, column by column."""
    return tile[core : core + 16].flatten(order="F")[:k]


def check(x, n, k, got):
    for core in range(0, len(x), 16):
        values, places = largest(x[core : core + 16], n, k)
        np.testing.assert_array_equal(winding(got["v"], core, k).astype(np.float32), values)
        np.testing.assert_array_equal(winding(got["i"], core, k), places)


def tiles_of(x, k):
    return {"x": x, "v": out((len(x), k), "bfloat16", initial=3),
            "i": out((len(x), k), "uint32", initial=7)}  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("partitions", [16, 48, 128])
@pytest.mark.parametrize(("n", "k"), [(8, 1), (8, 8), (42, 8), (48, 16), (1000, 17), (1000, 100)])
def test_values_and_places(rng, machine, partitions, n, k):
    x = rng.standard_normal((partitions, -(-n // 16) + 1)).astype(BF16)
    got = run(lambda t: nisa.topk(t.v, t.i, t.x, n), machine, **tiles_of(x, k))
    check(x, n, k, got)


def test_the_rest_stays(rng):
    x = rng.standard_normal((32, 4)).astype(BF16)
    got = run(lambda t: nisa.topk(t.v, t.i, t.x, 64), **tiles_of(x, 20))
    written = np.zeros((32, 20), bool)
    written[:, 0] = True
    written[[0, 1, 2, 3, 16, 17, 18, 19], 1] = True
    assert (got["v"].astype(np.float32)[~written] == 3).all()
    assert (got["i"][~written] == 7).all()
    check(x, 64, 20, got)


def test_equal_values_zeros_and_nans():
    x = np.array([2, 0, -0.0, np.nan, 2, -np.inf, np.inf, 2, -1, 0], np.float32)
    tile = np.zeros((16, 1), BF16)
    tile[:10, 0] = x
    for k in range(1, 11):
        check(tile, 10, k, run(lambda t: nisa.topk(t.v, t.i, t.x, 10), **tiles_of(tile, k)))


def test_views(rng):
    x = rng.standard_normal((128, 30)).astype(BF16)
    got = run(lambda t: nisa.topk(t.v[32:64, 1::2], t.i[64:96, :4], t.x[96:, ::3], 150), x=x,
              v=out((128, 8), "bfloat16", initial=0),
              i=out((128, 8), "uint32", initial=0))  # fmt: skip
    check(x[96:, ::3], 150, 4, {"v": got["v"][32:64, 1::2], "i": got["i"][64:96, :4]})


@pytest.mark.parametrize(("n", "code"), [(7, "E111"), (8, None), (65535, None), (65536, "E111")])
def test_how_many_count(rng, n, code):
    x = rng.standard_normal((16, 4096)).astype(BF16)
    tiles = tiles_of(x, 8)
    if code:
        refuses(code, lambda t: nisa.topk(t.v, t.i, t.x, n), **tiles)
    else:
        check(x, n, 8, run(lambda t: nisa.topk(t.v, t.i, t.x, n), **tiles))


@pytest.mark.parametrize(
    ("n", "k", "code"),
    [(40, 40, None), (40, 41, "E104"), (40000, 32767, None), (40000, 32768, "E104")],
)
def test_how_many_are_found(rng, n, k, code):
    x = rng.permutation(40016).astype(np.uint16).reshape(16, -1)
    x = (x & 0x7F7F).view(BF16)  # finite
    tiles = tiles_of(x, k)
    if code:
        refuses(code, lambda t: nisa.topk(t.v, t.i, t.x, n), **tiles)
    else:
        check(x, n, k, run(lambda t: nisa.topk(t.v, t.i, t.x, n), **tiles))


def test_undefined_elements_matter_if_they_count(rng):
    x = rng.standard_normal((16, 2)).astype(BF16)

    def call(n, column=0):
        def kernel(t):
            nisa.tensor_copy(t.half[:, :2], t.x)
            nisa.topk(t.fresh, t.places, t.half, n)
            nisa.tensor_copy(t.v, t.fresh[:, column : column + 1])

        return kernel

    tiles = {"x": x, "half": scratch((16, 3), "bfloat16"), "fresh": scratch((16, 16), "bfloat16"),
             "places": scratch((16, 16), "uint32"), "v": out((16, 1), "bfloat16")}  # fmt: skip
    values = run(call(32), **tiles)
    np.testing.assert_array_equal(values.astype(np.float32)[:, 0], largest(x, 32, 16)[0])
    refuses("E210", call(33), **tiles)
    refuses("E210", call(32, 1), **tiles)  # not written


def test_rules():
    x = np.ones((32, 4), BF16)

    def no(code, n=64, **more):
        refuses(code, lambda t: nisa.topk(t.v, t.i, t.x, n), **(tiles_of(x, 8) | more))

    no("E111", 65)
    no("E105", x=x.astype(np.float32))
    no("E105", v=out((32, 8), initial=0))
    no("E105", i=out((32, 8), "int32", initial=0))
    no("E103", i=out((32, 7), "uint32", initial=0))
    no("E102", i=out((16, 8), "uint32", initial=0))
    no("E110", **tiles_of(x[:17], 8))
    for name, tile in (("x", psum(x)), ("x", hbm(x)),
                       ("v", out((32, 8), "bfloat16", "psum", initial=0))):  # fmt: skip
        no("E107", **{name: tile})


def test_cost():
    """4n + K cycles beyond the engine's overhead of 150, at Trainium1's 1.4 GHz."""
    x = np.ones((16, 4), BF16)
    busy = busy_ns("topk", lambda t: nisa.topk(t.v, t.i, t.x, 64), "trn1", **tiles_of(x, 8))
    assert busy == pytest.approx((150 + 4 * 64 + 8) / 1.4, rel=1e-3)
