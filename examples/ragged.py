"""Tiles that are not full: sums over the rows and over the columns of a matrix of any size.

NKI has no masks: a tile at the edge is a smaller tile, and everything it meets is sliced to its
size. Sums over partitions are a matmul with ones, whose K is then smaller as well.

trainyard run examples/ragged.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


def tiles_of(size, tile):
    """(start, end) of each tile along a dimension; the last may be shorter."""
    return [(start, min(start + tile, size)) for start in range(0, size, tile)]


@nki.jit
def row_and_column_sums(x):
    """x [rows, columns] -> float32 [rows, 1] and [1, columns]."""
    rows, columns = x.shape
    row_sums = nl.ndarray((rows, 1), dtype=nl.float32, buffer=nl.shared_hbm)
    column_sums = nl.ndarray((1, columns), dtype=nl.float32, buffer=nl.shared_hbm)
    row_tiles = tiles_of(rows, nl.tile_size.pmax)
    column_tiles = tiles_of(columns, nl.tile_size.psum_fmax)

    ones = nl.ndarray((nl.tile_size.pmax, 1), dtype=x.dtype, buffer=nl.sbuf)
    nisa.memset(dst=ones, value=1.0)
    # One partial sum for each row and tile of columns; the last tile of rows fills fewer rows.
    partial = [nl.ndarray((b - a, len(column_tiles)), nl.float32) for a, b in row_tiles]

    for j, (left, right) in enumerate(column_tiles):
        total = nl.ndarray((1, right - left), dtype=nl.float32, buffer=nl.psum)
        for i, (top, bottom) in enumerate(row_tiles):
            tile = nl.ndarray((bottom - top, right - left), dtype=x.dtype, buffer=nl.sbuf)
            nisa.dma_copy(dst=tile, src=x[top:bottom, left:right])
            nisa.tensor_reduce(dst=partial[i][:, j : j + 1], op=nl.add, data=tile, axis=1)
            nisa.nc_matmul(dst=total, stationary=ones[: bottom - top, :], moving=tile)
        result = nl.ndarray(total.shape, dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=result, src=total)
        nisa.dma_copy(dst=column_sums[:, left:right], src=result)

    for i, (top, bottom) in enumerate(row_tiles):
        result = nl.ndarray((bottom - top, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(dst=result, op=nl.add, data=partial[i], axis=1)
        nisa.dma_copy(dst=row_sums[top:bottom, :], src=result)
    return row_sums, column_sums


def reference(x):
    x = x.astype(np.float64)
    return x.sum(axis=1, keepdims=True), x.sum(axis=0, keepdims=True)


def main():
    rng = np.random.default_rng(0)
    for rows, columns in [(128, 512), (129, 513), (300, 1000), (1, 1)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            x = rng.standard_normal((rows, columns)).astype(dtype)
            for name, found, expected in zip(
                ("rows", "columns"), row_and_column_sums(x), reference(x), strict=True
            ):
                compare(f"sums of {name} {rows}x{columns} {np.dtype(dtype)}", found, expected)


if __name__ == "__main__":
    main()
