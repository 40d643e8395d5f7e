"""Tensors that a kernel places itself."""

import numpy as np
import pytest
from older import compute, inside, refused, stored
from trainyard.nki_older import compiler as ncc
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl
from trainyard.nki_older.compiler.modulo import place
from trainyard.nki_older.kernel import Kernel

import trainyard


@pytest.mark.parametrize(
    ("index", "tiles", "expected"),
    [
        ((0,), (2,), 7),
        ((3,), (2,), 7 + 64),
        ((5, 4), (2, 3), 7 + 64 * (3 + 1)),
        ((9, 9), (), 7),
        ((), (4,), 7),
    ],
)
def test_modulo(index, tiles, expected):
    assert place(index, 7, tiles, 64) == expected


def test_blocks_take_turns():
    """Two places for four blocks: the later two overwrite the earlier."""

    def body(out):
        tiles = nl.ndarray(
            (4, nl.par_dim(32), 8),
            nl.float32,
            buffer=ncc.sbuf.mod_alloc(base_addr=256, num_free_tiles=(2,)),
        )
        for i in nl.static_range(4):
            tiles[i] = float(i)
        for i in nl.static_range(4):
            nl.store(out[i], tiles[i])

    assert stored(body, (4, 32, 8))[:, 0, 0].tolist() == [2, 3, 2, 3]


def test_the_callable_is_asked_once_a_block():
    asked = []

    def where(idx, pdim_size, fdim_size):
        asked.append((idx, pdim_size, fdim_size))
        return 32 * idx[1], 1024 * idx[0]

    def body(out):
        tiles = nl.ndarray((2, 2, nl.par_dim(32), 6), nl.bfloat16, buffer=ncc.sbuf.alloc(where))
        for i in nl.affine_range(2):
            for j in nl.affine_range(2):
                tiles[i, j] = float(2 * i + j)
                nl.store(out[i, j], tiles[i, j])

    assert stored(body, (2, 2, 32, 6))[..., 0, 0].tolist() == [[0, 1], [2, 3]]
    assert asked == [((i, j), 32, 12) for i in range(2) for j in range(2)]


@pytest.mark.parametrize(("columns", "code"), [(512, None), (513, "E204")])
def test_a_block_in_psum_is_in_one_bank(columns, code):
    def body():
        buffer = ncc.psum.mod_alloc(base_bank=3)
        return nl.ndarray((nl.par_dim(32), columns), nl.float32, buffer=buffer).shape

    assert inside(body) == (32, 512) if code is None else refused(code, body)


@pytest.mark.parametrize(("bank", "code"), [(7, None), (8, "E204")])
def test_banks_end(bank, code):
    def body():
        return nl.ndarray((32, 8), nl.float32, buffer=ncc.psum.mod_alloc(base_bank=bank)).shape

    assert inside(body) == (32, 8) if code is None else refused(code, body)


def test_addresses_counted_in_a_loop_are_counted_once(rng):
    """The vendor's compiler traces a loop's body once; unrolled, this would leave SBUF."""
    x = rng.standard_normal((64, 32, 512)).astype(np.float32)

    def body(out, t):
        address = 0
        for i in nl.affine_range(64):
            first = nl.ndarray((32, 512), nl.float32, buffer=ncc.sbuf.mod_alloc(base_addr=address))
            address += 2048
            for _ in nl.sequential_range(3):
                spare = nl.ndarray(
                    (32, 512), nl.float32, buffer=ncc.sbuf.mod_alloc(base_addr=address)
                )
                address += 2048
                spare[...] = nl.load(t[i])
            first[...] = nl.multiply(spare, 2.0)
            nl.store(out[i], first)

    np.testing.assert_array_equal(stored(body, (64, 32, 512), x), 2 * x)


def test_decorators(rng):
    x = rng.standard_normal((32, 8)).astype(np.float32)

    def kernel(t):
        out = nl.ndarray(t.shape, t.dtype, buffer=nl.shared_hbm)
        tile = nl.ndarray((32, 8), nl.float32, buffer=ncc.sbuf.mod_alloc(base_addr=1 << 20))
        tile[...] = nl.load(t)
        with ncc.no_reorder():
            nl.store(out, nl.copy(tile))
        return out

    with pytest.raises(trainyard.Error, match="E204"):
        Kernel(kernel)(x)
    automatic = ncc.force_auto_alloc(ncc.skip_middle_end_transformations(Kernel(kernel)))
    np.testing.assert_array_equal(automatic(x), x)
    np.testing.assert_array_equal(ncc.enable_stack_allocator(log_level=1)(automatic)(x), x)
    with pytest.raises(trainyard.Error, match="E111"):
        ncc.force_auto_alloc(kernel)


def test_a_transpose_in_a_bank_of_ones_own(rng):
    x = rng.standard_normal((64, 48)).astype(np.float32)

    def body(t):
        psum = nl.ndarray((nl.par_dim(48), 64), nl.float32, buffer=ncc.psum.mod_alloc(base_bank=5))
        psum[...] = nisa.nc_transpose(t)
        return nl.copy(psum)

    np.testing.assert_array_equal(compute(body, x), x.T)
