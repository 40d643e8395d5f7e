"""Adds two matrices, tile by tile: the smallest complete kernel, and how to treat a last tile that
is smaller than the others.

    trainyard run examples/tensor_add.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


@nki.jit
def tensor_add(a, b):
    """a + b; both [rows, columns] in device memory (HBM), of any size."""
    assert a.shape == b.shape, f"{a.shape} and {b.shape} cannot be added"
    rows, columns = a.shape
    tile_rows = nl.tile_size.pmax  # 128: on-chip memory has 128 partitions, a row in each
    tile_columns = 2048  # our choice; a longer tile spreads an instruction's fixed cost
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)

    for row in range(0, rows, tile_rows):
        row_end = min(row + tile_rows, rows)
        for column in range(0, columns, tile_columns):
            column_end = min(column + tile_columns, columns)
            shape = (row_end - row, column_end - column)

            # Engines compute on on-chip memory (SBUF); DMA brings the data there and back.
            a_tile = nl.ndarray(shape, dtype=a.dtype, buffer=nl.sbuf)
            b_tile = nl.ndarray(shape, dtype=b.dtype, buffer=nl.sbuf)
            nisa.dma_copy(dst=a_tile, src=a[row:row_end, column:column_end])
            nisa.dma_copy(dst=b_tile, src=b[row:row_end, column:column_end])

            sum_tile = nl.ndarray(shape, dtype=a.dtype, buffer=nl.sbuf)
            nisa.tensor_tensor(dst=sum_tile, data1=a_tile, data2=b_tile, op=nl.add)
            nisa.dma_copy(dst=out[row:row_end, column:column_end], src=sum_tile)
    return out


def main():
    rng = np.random.default_rng(0)
    for shape in [(128, 512), (300, 2500)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            a, b = rng.standard_normal((2, *shape)).astype(dtype)
            reference = a.astype(np.float64) + b.astype(np.float64)
            compare(f"tensor_add {shape[0]}x{shape[1]}", tensor_add(a, b), reference)


if __name__ == "__main__":
    main()
