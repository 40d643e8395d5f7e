"""Subscripts with nl.arange, nl.mgrid, slices and tiles of indices, against NumPy's own."""

import numpy as np
import pytest
from older import compute, inside, refused, stored
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl


def grids(*sizes):
    return np.mgrid[tuple(slice(0, n) for n in sizes)]


def test_even_columns_and_a_shift(rng):
    x = rng.standard_normal((128, 64)).astype(np.float32)
    i_p = nl.arange(128)[:, None]
    i_f = nl.arange(31)[None, :]
    found = compute(lambda t: nl.copy(t[i_p, 2 * i_f + 1]), x)
    np.testing.assert_array_equal(found, x[:, 1:63:2])
    found = compute(lambda t: nl.copy(t[i_p, 40 - i_f]), x)
    np.testing.assert_array_equal(found, x[:, 40:9:-1])


def test_free_dimensions_change_places(rng):
    x = rng.standard_normal((16, 6, 5)).astype(np.float32)
    p, a, b = nl.mgrid[0:16, 0:5, 0:6]
    found = compute(lambda t: nl.copy(t[p, b, a]), x)
    np.testing.assert_array_equal(found, x.transpose(0, 2, 1))
    flat = x.reshape(16, 30)
    found = compute(lambda t: nl.copy(t[p, b * 5 + a]), flat)
    np.testing.assert_array_equal(found, x.transpose(0, 2, 1))


def test_windows_overlap(rng):
    x = rng.standard_normal((8, 7, 9)).astype(np.float32)
    w = nl.mgrid[0:8, 0:4, 0:3, 0:3]
    q = np.mgrid[0:8, 0:4, 0:3, 0:3]
    found = compute(lambda t: nl.copy(t[w.p, w.y + 2, 2 * w.x + w.z]), x)
    np.testing.assert_array_equal(found, x[q[0], q[2] + 2, 2 * q[1] + q[3]])


def test_integers_beside_expressions(rng):
    x = rng.standard_normal((3, 32, 8)).astype(np.float32)
    i_p, i_f = nl.mgrid[0:32, 0:8]
    found = stored(lambda out, t: nl.store(out[i_p, i_f], nl.load(t[2, i_p, i_f])), (32, 8), x)
    np.testing.assert_array_equal(found, x[2])


def test_views_of_views(rng):
    x = rng.standard_normal((2, 64, 40)).astype(np.float32)

    def body(out, t):
        head = t[1]
        part = head[:, 8:32]
        tile = nl.load(part[0:64, 4:20])
        nl.store(out, tile[:, 2:10][:, nl.ds(1, 6)])

    np.testing.assert_array_equal(stored(body, (64, 6), x), x[1, :, 15:21])


def test_a_diagonal_of_device_memory(rng):
    x = rng.standard_normal((40, 50)).astype(np.float32)
    i_p, i_f = nl.mgrid[0:16, 0:8]
    found = stored(lambda out, t: nl.store(out, nl.load(t[i_p, i_p + 3 * i_f])), (16, 8), x)
    p, f = grids(16, 8)
    np.testing.assert_array_equal(found, x[p, p + 3 * f])


def test_slices_before_expressions_keep_their_place(rng):
    x = rng.standard_normal((4, 6, 5, 7)).astype(np.float32)
    i, j = nl.mgrid[0:5, 0:3]
    p, q = np.mgrid[0:5, 0:3]
    found = stored(lambda out, t: nl.store(out, nl.load(t[1:4, 2, i, 2 * j])), (3, 5, 3), x)
    np.testing.assert_array_equal(found, x[1:4, 2][:, p, 2 * q])
    refused("E120", lambda t: t[i, :, j], x[0])
    refused("E120", lambda t: t[i, None, j], x[0, 0])


def test_shapes_of_subscripts():
    def body():
        x = nl.ndarray((2, nl.par_dim(64), 3, 5), nl.float32)
        h = nl.ndarray((4, 6, 5), nl.float32, buffer=nl.hbm)
        t = nl.ndarray((64, 8), nl.float32)
        return (
            x.shape, x[1].shape, x[1, :, 2].shape, x[1, :, 2, 0].shape, x[0, 0:32, ..., 4].shape,
            h[1].shape, h[:, 1, 0:2].shape, h[1, 2, 3].shape, h[..., 0].shape,
            t[3, :].shape, t[:, 4].shape, t[3, 4].shape, t[:, 2:4].shape,
        )  # fmt: skip

    assert inside(body) == (
        (2, 64, 3, 5), (64, 3, 5), (64, 5), (64, 1), (32, 3),
        (6, 5), (4, 2), (), (4, 6),
        (1, 8), (64, 1), (1, 1), (64, 2),
    )  # fmt: skip


@pytest.mark.parametrize("buffer", [nl.sbuf, nl.psum])
def test_blocks(rng, buffer):
    x = rng.standard_normal((3, 32, 8)).astype(np.float32)

    def body(out, t):
        tiles = nl.ndarray((3, nl.par_dim(32), 8), nl.float32, buffer=buffer)
        for b in nl.affine_range(3):
            tiles[b] = nl.copy(nl.load(t[b]))
        i_p, i_f = nl.mgrid[0:32, 0:8]
        for b in nl.affine_range(3):
            nl.store(out[b], tiles[2 - b, i_p, 7 - i_f])

    np.testing.assert_array_equal(stored(body, (3, 32, 8), x), x[::-1, :, ::-1])


def test_blocks_in_sbuf_are_one_access(rng):
    x = rng.standard_normal((32, 24)).astype(np.float32)

    def body(out, t):
        tiles = nl.ndarray((3, nl.par_dim(32), 8), nl.float32)
        p, b, f = nl.mgrid[0:32, 0:3, 0:8]
        tiles[b, p, f] = nl.copy(nl.load(t).reshape((32, 3, 8)))
        nl.store(out, tiles[1])

    np.testing.assert_array_equal(stored(body, (32, 8), x), x[:, 8:16])


@pytest.mark.parametrize("blocks", [12, 13])
def test_blocks_in_sbuf_that_do_not_fit_are_placed_one_by_one(rng, blocks):
    """Of 13 blocks of 16 KiB a partition of trn2 has 12; two are in use at a time."""
    x = rng.standard_normal((blocks, 4, 4096)).astype(np.float32)

    def body(out, t):
        tiles = nl.ndarray((blocks, nl.par_dim(4), 4096), nl.float32)
        for b in nl.affine_range(blocks):
            tiles[b] = nl.copy(nl.load(t[b]))
            nl.store(out[b], tiles[b])

    np.testing.assert_array_equal(stored(body, x.shape, x), x)


def test_a_tensor_with_blocks_is_no_tile():
    error = refused("E110", lambda: nl.exp(nl.zeros((2, nl.par_dim(32), 8), nl.float32)))
    assert "block" in str(error)
    text = str(
        refused("E110", lambda: nl.exp(nl.zeros((2, nl.par_dim(4), 8), nl.float32, buffer=nl.psum)))
    )
    assert "tensor[i_block]" in text


def test_numbers_for_single_elements():
    def body(out):
        tile = nl.zeros((32, 8), nl.float32)
        for i in nl.static_range(32):
            tile[i, i % 8] = i + 1
        nl.store(out, tile)

    expected = np.zeros((32, 8))
    expected[np.arange(32), np.arange(32) % 8] = np.arange(32) + 1
    np.testing.assert_array_equal(stored(body, (32, 8)), expected)


def test_partitions_come_first():
    i_p, i_f = nl.mgrid[0:16, 0:16]
    refused("E110", lambda: nl.exp(nl.zeros((16, 16), nl.float32)[i_f, i_p]))
    refused("E110", lambda: nl.exp(nl.zeros((16, 32), nl.float32)[i_p, i_p + i_f]))


@pytest.mark.parametrize(("last", "code"), [(15, None), (16, "E120")])
def test_bounds_of_expressions(last, code):
    i_p, i_f = nl.mgrid[0:4, 0:8]

    def body():
        tile = nl.zeros((4, 16), nl.float32)
        return nl.copy(tile[i_p, i_f + last - 7]).access().shape

    assert inside(body) == (4, 8) if code is None else refused(code, body)


@pytest.mark.parametrize(("stop", "code"), [(16, None), (17, "E120")])
def test_bounds_of_slices(stop, code):
    def body():
        tile = nl.zeros((4, 16), nl.float32)
        return nl.copy(tile[:, 8:stop]).access().shape

    assert inside(body) == (4, 8) if code is None else refused(code, body)


def test_what_is_no_index():
    i = nl.arange(4)
    tile = lambda: nl.zeros((4, 16), nl.float32)  # noqa: E731
    refused("E120", lambda: tile()[i, i])
    refused("E120", lambda: tile()[0, 0, 0])
    refused("E120", lambda: tile()[1.5])
    refused("E120", lambda: tile()[:, 4:4])
    refused("E120", lambda: i * i)
    refused("E120", lambda: i // 2)
    refused("E120", lambda: bool(i))
    refused("E120", lambda: nl.mgrid[0:4, 0:4:2])
    refused("E111", lambda: nl.arange(4, 4))
    refused("E120", lambda: nl.arange(4)[:, None] + nl.arange(3)[:, None])


def test_rows_by_a_tile_of_indices(rng):
    x = rng.standard_normal((2, 50, 12)).astype(np.float32)
    rows = rng.permutation(50)[:32].astype(np.int32).reshape(32, 1)
    i_f = nl.arange(7)[None, :]

    def gather(out, t, index):
        picks = nl.load(index)
        nl.store(out, nl.load(t[1, picks, 4 + i_f]))

    found = stored(gather, (32, 7), x, rows)
    np.testing.assert_array_equal(found, x[1, rows[:, 0], 4:11])

    def scatter(out, t, index):
        zeros = nl.zeros((50, 12), nl.float32)
        nl.store(out, zeros)
        nl.store(out[nl.load(index), nl.arange(12)[None, :]], nl.load(t[0, 0:32]))

    expected = np.zeros((50, 12), np.float32)
    expected[rows[:, 0]] = x[0, :32]
    np.testing.assert_array_equal(stored(scatter, (50, 12), x, rows), expected)


@pytest.mark.parametrize(("row", "error"), [(49, None), (50, IndexError)])
def test_rows_outside(row, error):
    x = np.arange(600, dtype=np.float32).reshape(50, 12)

    def body(out, t):
        picks = nisa.iota(row + 0 * nl.arange(4)[:, None], dtype=nl.int32)
        nl.store(out, nl.load(t[picks, nl.arange(12)[None, :]]))

    if error is None:
        np.testing.assert_array_equal(stored(body, (4, 12), x), x[[row] * 4])
    else:
        with pytest.raises(error, match="index 600 is out of bounds for axis 0 with size 600"):
            stored(body, (4, 12), x)


def test_views(rng):
    x = rng.standard_normal((16, 24)).astype(np.float32)
    found = compute(lambda t: nl.copy(t.reshape((16, 4, 6))[:, 1:3]), x)
    np.testing.assert_array_equal(found, x.reshape(16, 4, 6)[:, 1:3])
    found = compute(lambda t: nl.copy(t.view(nl.uint8)[:, 4:8]), x)
    np.testing.assert_array_equal(found, x.view(np.uint8)[:, 4:8])
    found = compute(lambda t: nl.copy(t[:, 3:4].broadcast_to((16, 9))), x)
    np.testing.assert_array_equal(found, np.repeat(x[:, 3:4], 9, 1))
    found = compute(lambda t: nl.copy(t[0:1].broadcast_to((16, 24))), x)
    np.testing.assert_array_equal(found, np.repeat(x[:1], 16, 0))
    assert compute(lambda t: nl.copy(t.expand_dims(1)), x).shape == (16, 1, 24)
    refused("E121", lambda t: nl.load(t).reshape((8, 48)), x)
    refused("E121", lambda t: nl.load(t)[:, 0:20:2].reshape((16, 3, 3)), x)
    refused("E110", lambda t: t.assert_shape((16, 25)), x)


def test_an_offset_that_a_tile_holds(rng):
    x = rng.standard_normal((32, 20, 4)).astype(np.float32)
    picks = np.array([[7, 0, 16]], np.int32)
    i_p, i_f, i_z = nl.mgrid[0:32, 0:3, 0:4]

    def read(out, t, index):
        tile, offsets = nl.load(t), nl.load(index)
        for i in nl.affine_range(3):
            nl.store(out[i], nisa.tensor_copy_dynamic_src(tile[i_p, offsets[0, i] + 1 + i_f, i_z]))

    expected = np.stack([x[:, n + 1 : n + 4] for n in picks[0]])
    np.testing.assert_array_equal(stored(read, (3, 32, 3, 4), x, picks), expected)

    def write(out, t, index):
        tile, offsets = nl.zeros((32, 20, 4), nl.float32), nl.load(index)
        source = nl.load(t)
        for i in nl.affine_range(3):
            place = tile[i_p, offsets[0, i] + i_f, i_z]
            nisa.tensor_copy_dynamic_dst(dst=place, src=source[:, 3 * i : 3 * i + 3])
        nl.store(out, tile)

    expected = np.zeros_like(x)
    for i, n in enumerate(picks[0]):
        expected[:, n : n + 3] = x[:, 3 * i : 3 * i + 3]
    np.testing.assert_array_equal(stored(write, x.shape, x, picks), expected)
    start = lambda t, index: nl.load(t)[nl.load(index)[0, 0] + i_p, i_f, i_z]  # noqa: E731
    refused("E110", start, x, picks)
