"""What the tests of `trainyard run` write into scripts."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL = """
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

@nki.jit
def double(x, factor=2.0):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    nisa.tensor_scalar(dst=tile, data=tile, op0=nl.multiply, operand0=factor)
    nl.store(out, tile)
    return out

x = np.arange(64 * 32, dtype=np.float32).reshape(64, 32)
"""
