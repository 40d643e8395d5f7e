"""A loop that loads, computes and stores, as kernels do, and an input for it."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

TILES = 32


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(3).random((128, TILES * 512), dtype=np.float32)


@pytest.fixture
def loop():
    def loop(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        for i in range(x.shape[1] // 512):
            columns = slice(i * 512, (i + 1) * 512)
            tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(tile, x[:, columns])
            result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
            nisa.activation(result, nl.exp, tile)
            nisa.dma_copy(out[:, columns], result)
        return out

    return loop
