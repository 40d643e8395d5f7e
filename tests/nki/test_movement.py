"""Making tensors, loading, storing, transposing, multiplying and broadcasting."""

import ml_dtypes
import numpy as np
import pytest
from inside import compute, inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl


@pytest.fixture
def x(rng):
    return rng.standard_normal((64, 96), dtype=np.float32)


def test_load_and_store_convert(x):
    found = compute(lambda t: nl.copy(t, dtype=nl.bfloat16), x)
    np.testing.assert_array_equal(found, x.astype(ml_dtypes.bfloat16))
    half = inside(lambda t: nl.load(t, dtype=nl.float16).numpy(), x)
    np.testing.assert_array_equal(half, x.astype(np.float16))


def test_load_of_a_part_and_store_to_a_part(x):
    def body(t):
        out = nl.zeros((64, 96), nl.float32, buffer=nl.shared_hbm)
        nl.store(out[8:16, 0:4], nl.load(t[0:8, 92:96]))
        expected = np.zeros_like(x)
        expected[8:16, 0:4] = x[0:8, 92:96]
        np.testing.assert_array_equal(out.numpy(), expected)

    inside(body, x)


def test_memories_are_checked(x):
    refused("E107", lambda t: nl.load(nl.load(t)), x)
    refused("E107", lambda t: nl.store(nl.load(t), nl.load(t)), x)
    refused("E107", lambda t: nl.copy(t), x)
    refused("E110", lambda t: nl.load_transpose2d(t.reshape((64, 4, 24))), x)


def test_a_transposing_load_drops_sizes_of_one(x):
    def body(t):
        deep = nl.load_transpose2d(t.reshape((64, 96, 1, 1)))
        np.testing.assert_array_equal(deep.numpy(), x.T)

    inside(body, x)


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
@pytest.mark.parametrize("machine", ["trn1", "trn2", "trn3"])
def test_transposes(dtype, machine, x):
    values = x.astype(dtype)
    np.testing.assert_array_equal(compute(nl.transpose, values, machine=machine), values.T)


def test_transpose_goes_to_psum_and_casts_in_sbuf(x):
    def body(t):
        tile = nl.load(t)
        assert nl.transpose(tile).buffer is nl.psum
        cast = nl.transpose(tile, dtype=nl.bfloat16)
        assert (cast.buffer, cast.dtype, cast.shape) == (nl.sbuf, nl.bfloat16, (96, 64))

    inside(body, x)


def test_load_transpose2d(x):
    half = x.astype(ml_dtypes.bfloat16)
    found = inside(lambda t: nl.load_transpose2d(t).numpy(), half)
    np.testing.assert_array_equal(found, half.T)


@pytest.mark.parametrize("transpose_x", [False, True])
def test_matmul(transpose_x, rng):
    a = rng.standard_normal((96, 64), dtype=np.float32)
    b = rng.standard_normal((96 if transpose_x else 64, 128), dtype=np.float32)
    expected = (a.T if transpose_x else a) @ b
    found = compute(lambda x, y: nl.matmul(x, y, transpose_x=transpose_x), a, b)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "uint8"])
@pytest.mark.parametrize(
    "shapes", [((1, 700), (96, 700)), ((32, 1), (32, 40)), ((1, 1), (64, 20))], ids=str
)
def test_broadcast_to(shapes, dtype, rng):
    dtype = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    x = rng.integers(0, 200, shapes[0]).astype(dtype)
    found = compute(lambda t: nl.broadcast_to(t, shapes[1]), x)
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, np.broadcast_to(x, shapes[1]))


def test_broadcast_to_in_three_dimensions(rng):
    x = rng.standard_normal((1, 3, 1), dtype=np.float32)
    found = compute(lambda t: nl.broadcast_to(t, (16, 3, 5)), x)
    np.testing.assert_array_equal(found, np.broadcast_to(x, (16, 3, 5)))


def test_broadcast_to_the_same_shape_is_the_tile_itself(x):
    def body(t):
        tile = nl.load(t)
        assert nl.broadcast_to(tile, tile.shape) is tile
        assert nl.expand_dims(tile, 1).shape == (64, 1, 96)

    inside(body, x)
    refused("E110", lambda t: nl.broadcast_to(nl.load(t), (64, 97)), x)
    refused("E110", lambda t: nl.broadcast_to(nl.load(t), (64, 96, 2)), x)


@pytest.mark.parametrize("buffer", ["sbuf", "psum", "private_hbm", "shared_hbm"])
@pytest.mark.parametrize("dtype", ["float32", "int32", "bfloat16", "uint8"])
def test_filled_tensors(buffer, dtype):
    def body():
        place, shape = getattr(nl, buffer), (130 if "hbm" in buffer else 100, 70)
        assert (nl.zeros(shape, dtype, buffer=place).numpy() == 0).all()
        assert (nl.ones(shape, dtype, buffer=place).numpy() == 1).all()
        full = nl.full(shape, 3, dtype, buffer=place)
        assert (full.numpy() == 3).all()
        assert full.dtype == dtype and full.buffer is place
        like = nl.zeros_like(full, dtype=nl.float16)
        assert (like.numpy() == 0).all() and like.shape == shape and like.dtype == nl.float16
        empty = nl.empty_like(full, buffer=nl.shared_hbm)
        assert empty.shape == shape and empty.buffer is nl.shared_hbm

    inside(body)


def test_fresh_memory_is_nan_or_4():
    def body():
        assert np.isnan(nl.ndarray((8, 8), nl.float32).numpy()).all()
        assert (nl.ndarray((8, 8), nl.int16).numpy() == 4).all()

    inside(body)


def test_constants(tmp_path, rng):
    values = rng.standard_normal((32, 16)).astype(np.float32)
    np.save(tmp_path / "values.npy", values)

    def body():
        for source in (values, str(tmp_path / "values.npy")):
            constant = nl.shared_constant(source)
            assert constant.buffer is nl.shared_hbm
            np.testing.assert_array_equal(nl.load(constant).numpy(), values)

    inside(body)
    refused("E006", lambda: nl.shared_constant("no such file.npy"))
    refused("E123", lambda: nl.shared_constant(values.astype(np.float64)))


def test_identity_matrices():
    def body():
        for dtype in (nl.uint8, nl.bfloat16, nl.float32):
            tile = nl.shared_identity_matrix(64, dtype=dtype)
            assert tile.dtype is dtype and tile.buffer is nl.sbuf
            nisa.memset(tile[:, 0:8], 0)  # a copy: the next one is whole again
            np.testing.assert_array_equal(
                nl.shared_identity_matrix(n=64, dtype=dtype).numpy(), np.eye(64)
            )
        given = nl.ndarray((16, 16), nl.float16)
        assert nl.shared_identity_matrix(16, dst=given) is given
        np.testing.assert_array_equal(given.numpy(), np.eye(16))

    inside(body)
