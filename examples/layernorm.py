"""Layer normalisation over the rows of a matrix, with the engine's own statistics instructions.

trainyard run examples/layernorm.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare

STATISTICS_COLUMNS = 512  # the most that one bn_stats takes


def load_to_every_partition(row, partitions):
    """A row of HBM, [columns], in each of the partitions of a tile."""
    tile = nl.ndarray((partitions, row.shape[0]), dtype=row.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=row.ap([[0, partitions], [1, row.shape[0]]]))
    return tile


def mean_and_variance(tile):
    """[rows, 2] in SBUF: bn_stats describes a piece of each row, bn_aggr merges the pieces."""
    rows, columns = tile.shape
    pieces = (columns + STATISTICS_COLUMNS - 1) // STATISTICS_COLUMNS
    statistics = nl.ndarray((rows, 6 * pieces), dtype=nl.float32, buffer=nl.sbuf)
    for piece in range(pieces):
        start = piece * STATISTICS_COLUMNS
        end = min(start + STATISTICS_COLUMNS, columns)
        six = statistics[:, 6 * piece : 6 * piece + 6]
        nisa.bn_stats(dst=six, data=tile[:, start:end])
    merged = nl.ndarray((rows, 2), dtype=nl.float32, buffer=nl.sbuf)
    nisa.bn_aggr(dst=merged, data=statistics)
    return merged


@nki.jit
def layernorm(x, gamma, beta, epsilon=1e-5):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta; x is [rows, columns]."""
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    partitions = min(nl.tile_size.pmax, rows)
    gamma_tile = load_to_every_partition(gamma, partitions)
    beta_tile = load_to_every_partition(beta, partitions)
    epsilon_tile = nl.ndarray((partitions, 1), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=epsilon_tile, value=epsilon)

    for row in range(0, rows, partitions):
        size = min(partitions, rows - row)
        tile = nl.ndarray((size, columns), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x[row : row + size, :])
        merged = mean_and_variance(tile)
        mean, variance = merged[:, 0:1], merged[:, 1:2]
        scale = nl.ndarray((size, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.activation(dst=scale, op=nl.rsqrt, data=variance, bias=epsilon_tile[:size, :])

        # Two operators in one pass, each with a number for every row.
        normal = nl.ndarray((size, columns), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_scalar(
            dst=normal,
            data=tile,
            op0=nl.subtract,
            operand0=mean,
            op1=nl.multiply,
            operand1=scale,
        )
        scaled = nl.ndarray((size, columns), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_tensor(dst=scaled, data1=normal, data2=gamma_tile[:size, :], op=nl.multiply)
        result = nl.ndarray((size, columns), dtype=x.dtype, buffer=nl.sbuf)
        nisa.tensor_tensor(dst=result, data1=scaled, data2=beta_tile[:size, :], op=nl.add)
        nisa.dma_copy(dst=out[row : row + size, :], src=result)
    return out


def reference(x, gamma, beta, epsilon=1e-5):
    x, gamma, beta = (array.astype(np.float64) for array in (x, gamma, beta))
    centred = x - x.mean(axis=1, keepdims=True)
    return centred / np.sqrt(x.var(axis=1, keepdims=True) + epsilon) * gamma + beta


def main():
    rng = np.random.default_rng(0)
    for rows, columns in [(128, 512), (200, 1200)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            x = (1 + 2 * rng.standard_normal((rows, columns))).astype(dtype)
            gamma, beta = rng.standard_normal((2, columns)).astype(dtype)
            result = layernorm(x, gamma, beta)
            compare(f"layernorm {rows}x{columns}", result, reference(x, gamma, beta))


if __name__ == "__main__":
    main()
