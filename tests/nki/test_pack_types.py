"""The packs of four as NumPy types: named, moved, viewed and compared, never computed with."""

import copy
import pickle

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

from trainyard import nki

PACKS = {
    "float8_e4m3fn_x4": np.uint32,
    "float8_e5m2_x4": np.uint32,
    "float4_e2m1fn_x4": np.uint16,
}
each_pack = pytest.mark.parametrize("name", sorted(PACKS))


def random_packs(name, shape=(4, 6), seed=0):
    holder = np.dtype(PACKS[name])
    bits = np.random.default_rng(seed).integers(0, 1 << 8 * holder.itemsize, shape)
    return bits.astype(holder).view(np.dtype(getattr(nl, name)))


@each_pack
def test_the_name_stays(name):
    packs = random_packs(name)
    assert str(packs.dtype) == name == packs.dtype.name
    assert packs.dtype == getattr(nl, name) and getattr(nl, name) == packs.dtype
    assert packs.dtype.itemsize == getattr(nl, name).itemsize
    assert np.zeros((2, 3), getattr(nl, name)).dtype == packs.dtype


@each_pack
def test_bits_survive_views_copies_and_files(name, tmp_path):
    packs = random_packs(name)
    bits = packs.view(PACKS[name])
    for same in (
        packs[::-1][::-1].copy(),
        np.concatenate([packs[:2], packs[2:]]),
        np.asfortranarray(packs),
        copy.deepcopy(packs),
        pickle.loads(pickle.dumps(packs)),
        np.frombuffer(packs.tobytes(), packs.dtype).reshape(packs.shape),
        packs.byteswap().byteswap(),
    ):
        assert same.dtype == packs.dtype
        np.testing.assert_array_equal(np.ascontiguousarray(same).view(PACKS[name]), bits)


@each_pack
def test_comparison_is_of_bits(name):
    a, b = random_packs(name), random_packs(name)
    assert (a == b).all() and not (a != b).any()
    b.view(PACKS[name])[1, 2] ^= 1
    assert np.argwhere(a != b).tolist() == [[1, 2]]


@each_pack
def test_a_scalar_is_its_bits(name):
    width = 8 * np.dtype(PACKS[name]).itemsize
    packs = np.array([0x1234] * 3, getattr(nl, name))
    assert packs.view(PACKS[name]).tolist() == [0x1234] * 3
    assert packs[0] == packs[1] and hash(packs[0]) == hash(packs[1])
    assert repr(packs[0]) == f"{name}(0x{0x1234:0{width // 4}x})"
    packs[1] = (1 << width) - 1
    assert packs[1] != packs[0]
    with pytest.raises(OverflowError):
        packs[1] = 1 << width
    with pytest.raises(TypeError):
        packs[1] = 0.5


@each_pack
@pytest.mark.parametrize("other", [np.float32, np.uint32, np.uint16, np.complex64])
def test_a_cast_is_refused(name, other):
    with pytest.raises(TypeError):
        random_packs(name).astype(other)
    with pytest.raises(TypeError):
        np.zeros(3, other).astype(getattr(nl, name))


@each_pack
def test_arithmetic_is_refused(name):
    with pytest.raises(TypeError):
        random_packs(name) + random_packs(name)


@each_pack
def test_a_kernel_takes_and_gives_packs(name):
    @nki.jit
    def through(x):
        tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
        y = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        assert x.dtype == getattr(nl, name)
        nisa.dma_copy(tile, x)
        nisa.dma_copy(y, tile)
        return y

    packs = random_packs(name)
    found = through(packs)
    assert found.dtype == packs.dtype
    assert (found == packs).all()
