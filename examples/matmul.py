"""Matrix multiplication in five steps, each moving less data than the one before. The left matrix
comes as [K, M]: the Tensor Engine sums over the partitions, so K lies there in both.

    trainyard run examples/matmul.py          # all five, small
    trainyard run examples/matmul.py 4096     # the last one, 4096 x 4096 x 4096
"""

import sys

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare

TILE_K, TILE_M, TILE_N = 128, 128, 512  # the most that one instruction takes


def load(source):
    """A tile of HBM, in SBUF."""
    tile = nl.ndarray(source.shape, dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source)
    return tile


def load_strip(strip):
    """A tall part of a matrix as a list of SBUF tiles of 128 rows; the last may be shorter."""
    tiles = []
    for k in range(0, strip.shape[0], TILE_K):
        tiles.append(load(strip[k : min(k + TILE_K, strip.shape[0]), :]))
    return tiles


def store(target, result):
    """Writes a finished PSUM tile to HBM; DMA does not read PSUM, so it goes through SBUF."""
    tile = nl.ndarray(target.shape, dtype=target.dtype, buffer=nl.sbuf)
    nisa.tensor_copy(dst=tile, src=result)
    nisa.dma_copy(dst=target, src=tile)


def multiply(a_strip, b_strip, m, n):
    """The product of the columns of a_strip from m, and of b_strip from n, of one tile, in PSUM."""
    m_end = min(m + TILE_M, a_strip[0].shape[1])
    n_end = min(n + TILE_N, b_strip[0].shape[1])
    result = nl.ndarray((m_end - m, n_end - n), dtype=nl.float32, buffer=nl.psum)
    for k in range(len(a_strip)):
        nisa.nc_matmul(result, a_strip[k][:, m:m_end], b_strip[k][:, n:n_end], accumulate=k > 0)
    return result


@nki.jit
def naive(a_t, b):
    """One instruction: K and M at most 128, N at most 512."""
    out = nl.ndarray((a_t.shape[1], b.shape[1]), dtype=b.dtype, buffer=nl.shared_hbm)
    result = nl.ndarray(out.shape, dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(dst=result, stationary=load(a_t), moving=load(b))
    store(out, result)
    return out


@nki.jit
def tiled(a_t, b):
    """Any size, tile by tile; each result tile loads everything it needs."""
    rows, columns = a_t.shape[1], b.shape[1]
    out = nl.ndarray((rows, columns), dtype=b.dtype, buffer=nl.shared_hbm)
    for m in range(0, rows, TILE_M):
        m_end = min(m + TILE_M, rows)
        for n in range(0, columns, TILE_N):
            n_end = min(n + TILE_N, columns)
            result = multiply(load_strip(a_t[:, m:m_end]), load_strip(b[:, n:n_end]), 0, 0)
            store(out[m:m_end, n:n_end], result)
    return out


@nki.jit
def hoisted(a_t, b):
    """A strip of the left matrix stays in SBUF for a whole row of result tiles."""
    rows, columns = a_t.shape[1], b.shape[1]
    out = nl.ndarray((rows, columns), dtype=b.dtype, buffer=nl.shared_hbm)
    for m in range(0, rows, TILE_M):
        m_end = min(m + TILE_M, rows)
        a_strip = load_strip(a_t[:, m:m_end])
        for n in range(0, columns, TILE_N):
            n_end = min(n + TILE_N, columns)
            store(out[m:m_end, n:n_end], multiply(a_strip, load_strip(b[:, n:n_end]), 0, 0))
    return out


@nki.jit
def blocked(a_t, b, block_m=512, block_n=1024):
    """Wider strips: each tile that is loaded serves a block of several result tiles."""
    rows, columns = a_t.shape[1], b.shape[1]
    out = nl.ndarray((rows, columns), dtype=b.dtype, buffer=nl.shared_hbm)
    for m0 in range(0, rows, block_m):
        a_strip = load_strip(a_t[:, m0 : min(m0 + block_m, rows)])
        for n0 in range(0, columns, block_n):
            b_strip = load_strip(b[:, n0 : min(n0 + block_n, columns)])
            for m in range(0, a_strip[0].shape[1], TILE_M):
                for n in range(0, b_strip[0].shape[1], TILE_N):
                    result = multiply(a_strip, b_strip, m, n)
                    m_end, n_end = m0 + m + result.shape[0], n0 + n + result.shape[1]
                    store(out[m0 + m : m_end, n0 + n : n_end], result)
    return out


@nki.jit
def fully_blocked(a_t, b, block_m=1024, block_n=1024, block_k=1024):
    """Blocks of K as well, summed in SBUF in float32: strips fit however large K is."""
    (depth, rows), columns = a_t.shape, b.shape[1]
    out = nl.ndarray((rows, columns), dtype=b.dtype, buffer=nl.shared_hbm)
    for m0 in range(0, rows, block_m):
        m1 = min(m0 + block_m, rows)
        for n0 in range(0, columns, block_n):
            n1 = min(n0 + block_n, columns)
            sums = []
            for m in range(m0, m1, TILE_M):
                sums.append(nl.ndarray((min(TILE_M, m1 - m), n1 - n0), nl.float32, buffer=nl.sbuf))
            for k0 in range(0, depth, block_k):
                k1 = min(k0 + block_k, depth)
                a_strip, b_strip = load_strip(a_t[k0:k1, m0:m1]), load_strip(b[k0:k1, n0:n1])
                for i in range(len(sums)):
                    for n in range(0, n1 - n0, TILE_N):
                        result = multiply(a_strip, b_strip, i * TILE_M, n)
                        part = sums[i][:, n : n + result.shape[1]]
                        if k0 == 0:
                            nisa.tensor_copy(dst=part, src=result)
                        else:
                            nisa.tensor_tensor(dst=part, data1=part, data2=result, op=nl.add)
            for i in range(len(sums)):
                store(out[m0 + i * TILE_M : m0 + i * TILE_M + sums[i].shape[0], n0:n1], sums[i])
    return out


def main():
    rng = np.random.default_rng(0)
    dtypes, cases = [np.float32, ml_dtypes.bfloat16], [(naive, 128, 64, 512)]
    cases += [(kernel, 300, 200, 700) for kernel in (tiled, hoisted, blocked, fully_blocked)]
    if len(sys.argv) > 1:
        dtypes, cases = dtypes[1:], [(fully_blocked, *[int(sys.argv[1])] * 3)]
    for kernel, k, m, n in cases:
        for dtype in dtypes:
            a_t = rng.standard_normal((k, m), np.float32).astype(dtype)
            b = rng.standard_normal((k, n), np.float32).astype(dtype)
            reference = a_t.T.astype(np.float64) @ b.astype(np.float64)
            compare(f"{kernel.__name__} {m}x{k}x{n}", kernel(a_t, b), reference)


if __name__ == "__main__":
    main()
