"""Average pooling: a view with five dimensions turns windows into a sum over the last two.

trainyard run examples/average_pool.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


@nki.jit
def average_pool(image, window):
    """Means of the window x window squares of [channels, height, width]; a rest is left out."""
    channels, height, width = image.shape
    rows, columns = height // window, width // window
    out = nl.ndarray((channels, rows, columns), dtype=image.dtype, buffer=nl.shared_hbm)
    for first in range(0, channels, nl.tile_size.pmax):
        size = min(nl.tile_size.pmax, channels - first)
        tile = nl.ndarray((size, height, width), dtype=image.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=image[first : first + size])

        # One [step, count] pair a dimension: partition, window row, window column, and then the
        # row and column inside a window. Nothing moves; only the order of reading changes.
        windows = tile.ap(
            [
                [height * width, size],
                [window * width, rows],
                [window, columns],
                [width, window],
                [1, window],
            ]
        )
        sums = nl.ndarray((size, rows, columns), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(dst=sums, op=nl.add, data=windows, axis=(3, 4))
        means = nl.ndarray((size, rows, columns), dtype=image.dtype, buffer=nl.sbuf)
        nisa.tensor_scalar(dst=means, data=sums, op0=nl.multiply, operand0=1.0 / window**2)
        nisa.dma_copy(dst=out[first : first + size], src=means)
    return out


def reference(image, window):
    channels, height, width = image.shape
    rows, columns = height // window, width // window
    whole = image[:, : rows * window, : columns * window].astype(np.float64)
    return whole.reshape(channels, rows, window, columns, window).mean(axis=(2, 4))


def main():
    rng = np.random.default_rng(0)
    for shape, window in [((128, 32, 32), 2), ((150, 25, 31), 3)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            image = rng.standard_normal(shape).astype(dtype)
            what = f"average_pool {'x'.join(map(str, shape))} by {window}"
            compare(what, average_pool(image, window), reference(image, window))


if __name__ == "__main__":
    main()
