"""Transposes a matrix in two ways: on the Tensor Engine, and while a DMA moves it.

trainyard run examples/transpose.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


@nki.jit
def transpose(a):
    """a.T of [rows, columns], in tiles of 128 x 128 on the Tensor Engine."""
    rows, columns = a.shape
    size = nl.tile_size.pmax
    out = nl.ndarray((columns, rows), dtype=a.dtype, buffer=nl.shared_hbm)
    for row in range(0, rows, size):
        height = min(size, rows - row)
        strip = nl.ndarray((height, columns), dtype=a.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=strip, src=a[row : row + height, :])
        for column in range(0, columns, size):
            width = min(size, columns - column)
            # The Tensor Engine writes to PSUM only, and DMA does not read PSUM: copy in between.
            turned = nl.ndarray((width, height), dtype=a.dtype, buffer=nl.psum)
            nisa.nc_transpose(dst=turned, data=strip[:, column : column + width])
            tile = nl.ndarray((width, height), dtype=a.dtype, buffer=nl.sbuf)
            nisa.tensor_copy(dst=tile, src=turned)
            nisa.dma_copy(dst=out[column : column + width, row : row + height], src=tile)
    return out


@nki.jit
def transpose_by_dma(a):
    """a.T of [rows, columns], turned by the DMA that loads it; no engine is busy."""
    rows, columns = a.shape
    size = nl.tile_size.pmax
    out = nl.ndarray((columns, rows), dtype=a.dtype, buffer=nl.shared_hbm)
    for column in range(0, columns, size):
        width = min(size, columns - column)
        strip = nl.ndarray((width, rows), dtype=a.dtype, buffer=nl.sbuf)
        nisa.dma_transpose(dst=strip, src=a[:, column : column + width])
        nisa.dma_copy(dst=out[column : column + width, :], src=strip)
    return out


def main():
    rng = np.random.default_rng(0)
    for shape in [(128, 128), (300, 200)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            a = rng.standard_normal(shape).astype(dtype)
            for kernel in (transpose, transpose_by_dma):
                compare(f"{kernel.__name__} {shape[0]}x{shape[1]}", kernel(a), a.T)


if __name__ == "__main__":
    main()
