"""Softmax over the rows of a matrix: two passes over each tile, one on each of two engines.

trainyard run examples/softmax.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


@nki.jit
def softmax(x):
    """exp(x) / sum(exp(x)) over the columns of [rows, columns]."""
    rows, columns = x.shape
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for row in range(0, rows, nl.tile_size.pmax):
        size = min(nl.tile_size.pmax, rows - row)
        tile = nl.ndarray((size, columns), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=x[row : row + size, :])

        # The largest element of each row, negated: exp(x - largest) cannot overflow.
        minus_largest = nl.ndarray((size, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.tensor_reduce(dst=minus_largest, op=nl.maximum, data=tile, axis=(1,), negate=True)

        # One pass of the Scalar Engine adds the bias, takes exp, and sums up what it writes.
        powers = nl.ndarray((size, columns), dtype=nl.float32, buffer=nl.sbuf)
        total = nl.ndarray((size, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.activation_reduce(
            dst=powers, op=nl.exp, data=tile, reduce_op=nl.add, reduce_res=total, bias=minus_largest
        )
        inverse = nl.ndarray((size, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.reciprocal(dst=inverse, data=total)
        result = nl.ndarray((size, columns), dtype=x.dtype, buffer=nl.sbuf)
        nisa.tensor_scalar(dst=result, data=powers, op0=nl.multiply, operand0=inverse)
        nisa.dma_copy(dst=out[row : row + size, :], src=result)
    return out


def reference(x):
    powers = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True).astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def main():
    rng = np.random.default_rng(0)
    for shape in [(128, 512), (200, 1000)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            x = (3 * rng.standard_normal(shape)).astype(dtype)
            compare(f"softmax {shape[0]}x{shape[1]}", softmax(x), reference(x))


if __name__ == "__main__":
    main()
