"""A selective scan, the heart of Mamba: a recurrence along time that one instruction computes.

For each channel c and each of a few hidden states s, over time t:

    h[t] = exp(delta[c, t] * a[c, s]) * h[t - 1] + delta[c, t] * u[c, t] * b[s, t]
    y[c, t] = sum over s of c[s, t] * h[t]

Channels lie on partitions, time runs along the free dimension.

    trainyard run examples/scan.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare

CHUNK = 512  # time steps at a time; the state is carried from one chunk to the next


def load(source):
    tile = nl.ndarray(source.shape, dtype=source.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=source)
    return tile


def load_to_every_partition(row, partitions):
    """A part of a row of HBM, [1, steps], in each of the partitions of a tile."""
    return load(row.broadcast(0, partitions))


def product(left, right):
    tile = nl.ndarray(left.shape, dtype=nl.float32, buffer=nl.sbuf)
    nisa.tensor_tensor(dst=tile, data1=left, data2=right, op=nl.multiply)
    return tile


@nki.jit
def selective_scan(delta, u, a, b, c):
    """y as above; delta, u: [channels, steps], a: [channels, states], b, c: [states, steps]."""
    channels, steps = delta.shape
    states = a.shape[1]
    out = nl.ndarray(delta.shape, dtype=delta.dtype, buffer=nl.shared_hbm)
    for first in range(0, channels, nl.tile_size.pmax):
        last = min(first + nl.tile_size.pmax, channels)
        size = last - first
        rates = nl.ndarray((size, states), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_copy(dst=rates, src=load(a[first:last, :]))
        hidden = nl.ndarray((size, states), dtype=nl.float32, buffer=nl.sbuf)
        nisa.memset(dst=hidden, value=0.0)

        for start in range(0, steps, CHUNK):
            end = min(start + CHUNK, steps)
            delta_tile = load(delta[first:last, start:end])
            input_tile = product(delta_tile, load(u[first:last, start:end]))
            y = nl.ndarray((size, end - start), dtype=nl.float32, buffer=nl.sbuf)
            nisa.memset(dst=y, value=0.0)
            for s in range(states):
                decay = nl.ndarray((size, end - start), dtype=nl.float32, buffer=nl.sbuf)
                nisa.activation(dst=decay, op=nl.exp, data=delta_tile, scale=rates[:, s : s + 1])
                b_tile = load_to_every_partition(b[s : s + 1, start:end], size)
                h = nl.ndarray((size, end - start), dtype=nl.float32, buffer=nl.sbuf)
                nisa.tensor_tensor_scan(
                    dst=h,
                    data0=decay,
                    data1=product(input_tile, b_tile),
                    initial=hidden[:, s : s + 1],
                    op0=nl.multiply,
                    op1=nl.add,
                )
                nisa.tensor_copy(dst=hidden[:, s : s + 1], src=h[:, end - start - 1 : end - start])
                c_tile = load_to_every_partition(c[s : s + 1, start:end], size)
                nisa.tensor_tensor(dst=y, data1=y, data2=product(h, c_tile), op=nl.add)
            result = nl.ndarray(y.shape, dtype=out.dtype, buffer=nl.sbuf)
            nisa.tensor_copy(dst=result, src=y)
            nisa.dma_copy(dst=out[first:last, start:end], src=result)
    return out


def reference(delta, u, a, b, c):
    delta, u, a, b, c = (array.astype(np.float64) for array in (delta, u, a, b, c))
    hidden, y = np.zeros(a.shape), np.empty(delta.shape)
    for t in range(delta.shape[1]):
        step = delta[:, t, None]
        hidden = np.exp(step * a) * hidden + step * u[:, t, None] * b[:, t]
        y[:, t] = hidden @ c[:, t]
    return y


def inputs(rng, channels, states, steps, dtype):
    """Time steps and decay rates as a trained model has them; the rest is normal."""
    u, b, c = (rng.standard_normal((n, steps)) for n in (channels, states, states))
    delta = rng.uniform(0.001, 0.1, (channels, steps))
    a = -np.tile(np.arange(1.0, states + 1), (channels, 1))
    return [array.astype(dtype) for array in (delta, u, a, b, c)]


def main():
    rng = np.random.default_rng(0)
    for channels, states, steps in [(128, 4, 512), (150, 3, 700)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            arrays = inputs(rng, channels, states, steps, dtype)
            what = f"selective_scan {channels}x{steps}, {states} states"
            compare(what, selective_scan(*arrays), reference(*arrays))


if __name__ == "__main__":
    main()
