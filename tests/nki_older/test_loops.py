"""Loops, accumulation in PSUM, += and loop_reduce."""

import numpy as np
from older import compute, refused, stored
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl
from trainyard.nki_older.kernel import Kernel


def matmul_by_k(out, a, b):
    psum = nl.zeros((64, 96), nl.float32, buffer=nl.psum)
    for k in nl.affine_range(a.shape[0] // 128):
        x = nl.load(a[k * 128 : (k + 1) * 128, :])
        psum += nisa.nc_matmul(x, nl.load(b[nl.ds(k * 128, 128)]))
    nl.store(out, psum)


def test_matmuls_add_up_in_psum(rng):
    a = rng.standard_normal((384, 64)).astype(np.float32)
    b = rng.standard_normal((384, 96)).astype(np.float32)
    found = stored(matmul_by_k, (64, 96), a, b)
    np.testing.assert_allclose(found, a.T @ b, rtol=1e-5, atol=1e-4)


def test_accumulation_takes_one_instruction_a_step(rng):
    a = rng.standard_normal((384, 64)).astype(np.float32)
    b = rng.standard_normal((384, 96)).astype(np.float32)

    def kernel(x, y):
        out = nl.ndarray((64, 96), nl.float32, buffer=nl.shared_hbm)
        matmul_by_k(out, x, y)
        return out

    text = Kernel(kernel).launch((a, b), {}).traces[0].text
    names = [line.split()[1] for line in text.splitlines() if line.startswith("%")]
    found = {name: names.count(name) for name in ("nc_matmul", "memset", "tensor_tensor")}
    assert found == {"nc_matmul": 3, "memset": 0, "tensor_tensor": 0}


def test_parts_of_a_bank_add_up_apart(rng):
    a = rng.standard_normal((2, 128, 32)).astype(np.float32)
    b = rng.standard_normal((2, 128, 96)).astype(np.float32)

    def body(out, x, y):
        psum = nl.zeros((32, 96), nl.float32, buffer=nl.psum)
        for k in nl.affine_range(2):
            for j in nl.affine_range(3):
                part = nl.ds(32 * j, 32)
                psum[:, part] += nl.matmul(nl.load(x[k]), nl.load(y[k, :, part]), transpose_x=True)
        nl.store(out, psum)

    found = stored(body, (32, 96), a, b)
    np.testing.assert_allclose(
        found, sum(p.T @ q for p, q in zip(a, b, strict=True)), rtol=1e-4, atol=1e-4
    )


def test_zeros_in_psum_that_nothing_is_added_to(rng):
    def body(out):
        psum = nl.zeros((2, nl.par_dim(32), 48), nl.float32, buffer=nl.psum)
        for block in nl.affine_range(2):
            x = nl.ones((32, 32), nl.float32)
            y = nl.ones((32, 48), nl.float32)
            psum[block] += nisa.nc_matmul(x, y, mask=block == 1)
            nl.store(out[block], psum[block])

    found = stored(body, (2, 32, 48))
    assert (found[0] == 0).all() and (found[1] == 32).all()


def test_adding_to_tiles(rng):
    x = rng.standard_normal((32, 16)).astype(np.float32)

    def body(t):
        total = nl.zeros((32, 16), nl.float32)
        for i in nl.sequential_range(4):
            total += t
            total[:, 0:8] += float(i)
            total[:, 4:6] -= t[:, 0:2]
        total *= 2.0
        return total

    expected = np.zeros_like(x)
    for i in range(4):
        expected += x
        expected[:, :8] += i
        expected[:, 4:6] -= x[:, :2]
    np.testing.assert_allclose(compute(body, x), expected * 2, rtol=1e-6, atol=1e-6)


def test_a_tile_written_from_itself_in_another_order(rng):
    x = rng.standard_normal((32, 16)).astype(np.float32)

    def body(t):
        i_p, i_f = nl.mgrid[0:32, 0:16]
        t[i_p, i_f] = nl.copy(t[i_p, 15 - i_f])
        t[:, 1:16] = nl.multiply(t[:, 0:15], 3.0)
        return t

    expected = x[:, ::-1].copy()
    expected[:, 1:] = 3 * expected[:, :-1].copy()
    np.testing.assert_array_equal(compute(body, x), expected)


def test_loop_reduce(rng):
    x = rng.standard_normal((3, 32, 16)).astype(np.float32)

    def body(out, t):
        total = nl.zeros((32, 16), nl.float32)
        largest = nl.full((32, 16), nl.fp32.min, nl.float32)
        for i in nl.affine_range(3):
            tile = nl.load(t[i])
            total[:, :] = nl.loop_reduce(tile, op=np.add, loop_indices=(i,), mask=i != 1)
            largest[...] = nl.loop_reduce(tile, op=np.max, loop_indices=[i])
        nl.store(out[0], total)
        nl.store(out[1], largest)

    found = stored(body, (2, 32, 16), x)
    np.testing.assert_allclose(found[0], x[0] + x[2], rtol=1e-6)
    np.testing.assert_array_equal(found[1], x.max(0))
    lost = lambda t: nl.loop_reduce(nl.load(t[0]), np.add, 0).access()  # noqa: E731
    refused("U001", lost, x)


def test_ranges():
    assert list(nl.affine_range(3)) == [0, 1, 2]
    assert list(nl.sequential_range(2, 8, 3)) == [2, 5]
    assert list(nl.static_range(1, 3)) == [1, 2]
    refused("E120", lambda: nl.affine_range(2.5))


def test_a_square_transposed_in_place(rng):
    x = rng.standard_normal((32, 32)).astype(np.float32)

    def body(t):
        t[...] = nisa.nc_transpose(t, engine=nisa.vector_engine)
        return t

    np.testing.assert_array_equal(compute(body, x), x.T)


def test_a_part_of_zeros_in_psum_is_assigned(rng):
    x = rng.standard_normal((32, 16)).astype(np.float32)

    def body(out, t):
        psum = nl.zeros((16, 48), nl.float32, buffer=nl.psum)
        tile = nl.load(t)
        psum[:, 16:32] = nisa.nc_matmul(tile, tile)
        nl.store(out, psum)

    expected = np.zeros((16, 48), np.float32)
    expected[:, 16:32] = x.T @ x
    np.testing.assert_allclose(stored(body, (16, 48), x), expected, rtol=1e-4, atol=1e-5)
