"""Tensors with addresses of their own: where they may start."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

from trainyard import _core


def place(buffer, partition, byte, shape=(32, 8)):
    def kernel(x):
        tile = nl.ndarray(shape, dtype=nl.float32, buffer=buffer, address=(partition, byte))
        nisa.memset(tile, 1.0)
        copy = nl.ndarray(shape, dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(copy, tile)
        y = nl.ndarray(shape, dtype=nl.float32, buffer=nl.shared_hbm)
        nisa.dma_copy(y, copy)
        return y

    return np.asarray(launch(kernel, [np.zeros(1, np.float32)], {}).outputs)


def refuse(*arguments, **keywords):
    with pytest.raises(_core.Error) as caught:
        place(*arguments, **keywords)
    assert caught.value.code == "E204", str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("bank", range(8))
def test_psum_starts_on_a_bank(bank):
    assert (place(nl.psum, 0, 2048 * bank) == 1).all()
    assert "core.memory.psum_bank_bytes" in refuse(nl.psum, 0, 2048 * bank + 4)
    refuse(nl.psum, 0, 2048 * bank + 1024)


def test_ends():
    assert (place(nl.psum, 0, 14336, (128, 512)) == 1).all()
    refuse(nl.psum, 0, 14336, (128, 513))
    refuse(nl.psum, 0, 16384)
    assert (place(nl.psum, 96, 0) == 1).all()
    refuse(nl.psum, 128, 0)
    refuse(nl.psum, 97, 0)


def test_sbuf_starts_anywhere():
    for byte in (0, 4, 1000):
        assert (place(nl.sbuf, 32, byte) == 1).all()
