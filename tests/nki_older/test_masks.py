"""Masks: boxes at their edges, diagonals, and what is no mask."""

import numpy as np
import pytest
from older import inside, refused, stored
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl

I_P, I_F = nl.mgrid[0:128, 0:32]


def kept(shape, mask):
    """Ones that a masked square writes over zeros, as a truth array."""

    def body(out):
        tile = nl.zeros((128, 32), nl.float32)
        ones = nl.ones((128, 32), nl.float32)
        tile[I_P, I_F] = nl.square(ones, mask=mask)
        nl.store(out, tile)

    return stored(body, shape) == 1


@pytest.mark.parametrize("n", [0, 1, 63, 127, 128, 129])
def test_rows_below(n):
    p, _ = np.mgrid[0:128, 0:32]
    np.testing.assert_array_equal(kept((128, 32), n > I_P), p < n)
    np.testing.assert_array_equal(kept((128, 32), n - 1 >= I_P), p < n)


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33])
def test_columns_from(n):
    _, f = np.mgrid[0:128, 0:32]
    np.testing.assert_array_equal(kept((128, 32), n <= I_F), f >= n)
    np.testing.assert_array_equal(kept((128, 32), n < 2 * I_F), 2 * f > n)


def test_a_box():
    p, f = np.mgrid[0:128, 0:32]
    mask = (I_P >= 64) & (I_P < 96) & (I_F > 3) & (I_F != 99 if False else I_F < 30)
    np.testing.assert_array_equal(kept((128, 32), mask), (p >= 64) & (p < 96) & (f > 3) & (f < 30))
    np.testing.assert_array_equal(kept((128, 32), I_F == 7), f == 7)


def test_and_between_masks():
    p, f = np.mgrid[0:128, 0:32]
    np.testing.assert_array_equal(kept((128, 32), I_P < 64 and I_F < 5), (p < 64) & (f < 5))
    n = 9
    np.testing.assert_array_equal(
        kept((128, 32), I_P < 64 and (I_F > 2) & (n > I_F)), (p < 64) & (f > 2) & (f < n)
    )
    np.testing.assert_array_equal(kept((128, 32), 2 < I_F < 9), (f > 2) & (f < 9))


def test_a_mask_lost_in_an_and_is_refused():
    first, second = I_P < 64, I_F < 5
    refused("E111", lambda: kept_now(first and second))
    refused("E111", lambda: kept_now(bool(first)))
    refused("E111", lambda: kept_now(first or second))
    refused("E111", lambda: kept_now(first | second))
    refused("E111", lambda: kept_now(~first))


def kept_now(mask):
    return nl.square(nl.zeros((128, 32), nl.float32), mask=mask).access()


@pytest.mark.parametrize("shift", [-3, 0, 5])
def test_diagonals_select(shift):
    p, f = np.mgrid[0:128, 0:32]
    np.testing.assert_array_equal(kept((128, 32), I_P + shift >= I_F), p + shift >= f)
    np.testing.assert_array_equal(
        kept((128, 32), (I_P + shift >= I_F) & (I_P < 20)), (p + shift >= f) & (p < 20)
    )
    np.testing.assert_array_equal(kept((128, 32), I_F + shift == I_P), p == f + shift)


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 128 * 32 - 1, 128 * 32])
def test_elements_in_order(n):
    """A mask on the flat index: whole rows and a part of one."""

    def body(out):
        nl.store(out, nl.zeros((128, 32), nl.float32))
        nl.store(out, nl.ones((128, 32), nl.float32), mask=n > 32 * I_P + I_F)

    found = stored(body, (128, 32))
    np.testing.assert_array_equal(found.ravel(), np.arange(128 * 32) < n)


@pytest.mark.parametrize("size", [127, 128, 129, 300])
def test_ragged_tiles(size, rng):
    """The documented use: the last tile reaches beyond the tensor."""
    x = rng.standard_normal((size, 32)).astype(np.float32)

    def body(out, t):
        for i in nl.affine_range(-(-size // 128)):
            i_p = i * 128 + nl.arange(128)[:, None]
            i_f = nl.arange(32)[None, :]
            tile = nl.load(t[i_p, i_f], mask=(i_p < size))
            nl.store(out[i_p, i_f], nl.multiply(tile, 2.0, mask=(i_p < size)), mask=(i_p < size))

    np.testing.assert_array_equal(stored(body, (size, 32), x), 2 * x)


def test_a_mask_that_is_one_too_wide(rng):
    x = np.zeros((200, 8), np.float32)
    i_p, i_f = nl.mgrid[0:128, 0:8]
    for limit, code in ((200, None), (201, "E120")):

        def body(t, limit=limit):
            return nl.load(t[128 + i_p, i_f], mask=(128 + i_p < limit)).access().shape

        assert inside(body, x) == (128, 8) if code is None else refused(code, body, x)


def test_numbers_as_masks():
    assert kept((128, 32), True).all() and kept((128, 32), None).all()
    assert not kept((128, 32), False).any() and not kept((128, 32), np.bool_(False)).any()
    refused("E111", lambda: kept_now("half"))
    refused("E110", lambda: kept_now(nl.arange(64)[:, None] < 60))


def test_reductions_of_a_part(rng):
    x = rng.standard_normal((128, 32)).astype(np.float32)

    def body(out, t):
        tile = nl.load(t)
        sums = nl.zeros((128, 1), nl.float32)
        sums[:, 0] = nl.max(tile, axis=1, mask=(I_F < 10) & (I_P < 64))
        nl.store(out, sums)

    expected = np.zeros((128, 1), np.float32)
    expected[:64, 0] = x[:64, :10].max(1)
    np.testing.assert_array_equal(stored(body, (128, 1), x), expected)


def test_operands_of_matmul(rng):
    x = rng.standard_normal((64, 32)).astype(np.float32)
    y = rng.standard_normal((64, 48)).astype(np.float32)

    def body(out, a, b):
        i_y = nl.mgrid[0:64, 0:48]
        i_x = nl.mgrid[0:64, 0:32]
        psum = nl.zeros((32, 48), nl.float32, buffer=nl.psum)
        psum[...] = nisa.nc_matmul(nl.load(a)[(i_x.p < 40) & (i_x.x < 20)], nl.load(b)[i_y.x < 30])
        nl.store(out, psum)

    expected = np.zeros((32, 48), np.float32)
    expected[:20, :30] = x[:40, :20].T @ y[:40, :30]
    np.testing.assert_allclose(stored(body, (32, 48), x, y), expected, rtol=1e-5, atol=1e-5)

    def whole(a, b):
        return nisa.nc_matmul(nl.load(a), nl.load(b), mask=nl.arange(64)[:, None] < 3)

    refused("U001", whole, x, y)
