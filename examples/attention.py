"""Attention as one kernel: softmax(q @ k.T / sqrt(d)) @ v, never storing the scores.

128 queries at a time meet the keys block by block. Of the softmax only the largest score and the
sum so far are kept for each query; when a block raises the largest, what was summed before is
scaled down to it ("online softmax"). Tiles are declared where they are used, so that the loads and
matmuls of one block overlap the softmax of another.

    trainyard run examples/attention.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare

QUERIES = 128  # queries of a tile, one on each partition
KEYS = 512  # keys of a block: the columns of one matmul, one bank of PSUM
ROWS = 128  # keys that the second matmul takes at a time, on partitions


def sbuf(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype=dtype, buffer=nl.sbuf)


def psum(shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype=dtype, buffer=nl.psum)


@nki.jit
def attention(q_t, k_t, v, causal=False):
    """One head. q_t: [d, queries], k_t: [d, keys], v: [keys, width]; d at most 128, width 512."""
    d, queries = q_t.shape
    keys, width = v.shape
    scale = 1.0 / d**0.5
    out = nl.ndarray((queries, width), dtype=v.dtype, buffer=nl.shared_hbm)
    k_tile = sbuf((d, keys), k_t.dtype)
    nisa.dma_copy(dst=k_tile, src=k_t)
    v_tiles = []
    for key in range(0, keys, ROWS):
        v_tiles.append(sbuf((min(ROWS, keys - key), width), v.dtype))
        nisa.dma_copy(dst=v_tiles[-1], src=v[key : key + v_tiles[-1].shape[0], :])

    for query in range(0, queries, QUERIES):
        size = min(QUERIES, queries - query)
        q_tile = sbuf((d, size), q_t.dtype)
        nisa.dma_copy(dst=q_tile, src=q_t[:, query : query + size])
        largest, total, sums = sbuf((size, 1)), sbuf((size, 1)), sbuf((size, width))
        nisa.memset(dst=largest, value=-1e30)
        nisa.memset(dst=total, value=0.0)
        nisa.memset(dst=sums, value=0.0)
        last_key = min(keys, query + size) if causal else keys
        key = 0
        while key < last_key:
            block = block_size(last_key - key)
            scores = psum((size, block))
            nisa.nc_matmul(dst=scores, stationary=q_tile, moving=k_tile[:, key : key + block])
            if causal and key + block > query + 1:
                scores = hide_later_keys(scores, query - key)
            new_largest, minus_largest = sbuf((size, 1)), sbuf((size, 1))
            nisa.tensor_reduce(dst=new_largest, op=nl.maximum, data=scores, axis=(1,))
            nisa.tensor_tensor(new_largest, new_largest, largest, op=nl.maximum)
            nisa.tensor_scalar(minus_largest, new_largest, op0=nl.multiply, operand0=-scale)

            # exp(scale * (score - largest)) and its sum, in one pass of the Scalar Engine.
            weights, block_total = sbuf((size, block), v.dtype), sbuf((size, 1))
            nisa.activation_reduce(
                weights, nl.exp, scores, nl.add, block_total, bias=minus_largest, scale=scale
            )
            # exp(scale * (old largest - new largest)) brings the earlier blocks in line.
            shrink = sbuf((size, 1))
            nisa.activation(shrink, nl.exp, largest, bias=minus_largest, scale=scale)
            multiply_add(total, shrink, block_total)
            multiply_add(sums, shrink, weigh(weights, v_tiles[key // ROWS :]))
            largest = new_largest
            key += block

        inverse, result = sbuf((size, 1)), sbuf((size, width), out.dtype)
        nisa.reciprocal(dst=inverse, data=total)
        nisa.tensor_scalar(dst=result, data=sums, op0=nl.multiply, operand0=inverse)
        nisa.dma_copy(dst=out[query : query + size, :], src=result)
    return out


def block_size(left):
    """Keys of the next block: a full one, else whole ROWS of them, else what is left."""
    if left >= KEYS:
        return KEYS
    return left // ROWS * ROWS if left >= ROWS else left


def hide_later_keys(scores, query):
    """Scores with a very low number where column j, key j, is later than row i, `query` + i."""
    copy, masked = sbuf(scores.shape), sbuf(scores.shape)
    nisa.tensor_copy(dst=copy, src=scores)
    nisa.affine_select(
        dst=masked,
        pattern=[[-1, scores.shape[1]]],
        channel_multiplier=1,
        offset=query,  # true where query + i - j >= 0
        cmp_op=nl.greater_equal,
        on_true_tile=copy,
        on_false_value=-1e30,
    )
    return masked


def weigh(weights, v_tiles):
    """weights @ v in PSUM; the weights are turned first, since sums run over the partitions."""
    size, block = weights.shape
    rows = min(ROWS, block)
    turned = psum((rows, block // rows, size), weights.dtype)
    for i in range(block // rows):
        nisa.nc_transpose(dst=turned[:, i, :], data=weights[:, i * rows : (i + 1) * rows])
    weights_t = sbuf(turned.shape, weights.dtype)
    nisa.tensor_copy(dst=weights_t, src=turned)
    product = psum((size, v_tiles[0].shape[1]))
    for i in range(block // rows):
        nisa.nc_matmul(product, weights_t[:, i, :], v_tiles[i][:rows], accumulate=i > 0)
    return product


def multiply_add(tile, factor, addend):
    """tile = tile * factor + addend, with a factor for each partition."""
    nisa.scalar_tensor_tensor(tile, tile, nl.multiply, factor, nl.add, addend)


def reference(q_t, k_t, v, causal=False):
    q_t, k_t, v = (array.astype(np.float64) for array in (q_t, k_t, v))
    scores = q_t.T @ k_t / np.sqrt(q_t.shape[0])
    if causal:
        scores[~np.tri(*scores.shape, dtype=bool)] = -np.inf
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def main():
    rng = np.random.default_rng(0)
    for queries, keys, d, causal in [(512, 512, 128, False), (300, 300, 64, True)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            shapes = [(d, queries), (d, keys), (keys, d)]
            arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
            what = f"attention {queries}x{keys}x{d}" + (" causal" if causal else "")
            compare(what, attention(*arrays, causal=causal), reference(*arrays, causal))


if __name__ == "__main__":
    main()
