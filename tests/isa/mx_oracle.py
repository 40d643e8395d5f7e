"""Microscaling blocks in NumPy, written from OCP Microscaling Formats 1.0 and the layout that
nki.isa.quantize_mx documents: blocks of 8 partitions by 4 elements, their scales as E8M0 codes."""

import ml_dtypes
import numpy as np

ELEMENTS = {
    "float8_e4m3fn_x4": ml_dtypes.float8_e4m3fn,
    "float8_e5m2_x4": ml_dtypes.float8_e5m2,
    "float4_e2m1fn_x4": ml_dtypes.float4_e2m1fn,
}
EMAX = {"float8_e4m3fn_x4": 8, "float8_e5m2_x4": 15, "float4_e2m1fn_x4": 2}


def largest(pack):
    """The largest finite value of an element."""
    return float(ml_dtypes.finfo(ELEMENTS[pack]).max)


def quantize(x, pack, headroom=1):
    """[P, F] to (elements [P, F], codes [P/8, F/4]); finite values only."""
    x = np.asarray(x).astype(np.float64)
    rows, columns = x.shape
    blocks = np.abs(x).reshape(rows // 8, 8, columns // 4, 4).max(axis=(1, 3))
    exponent = np.full(blocks.shape, -(10**6))
    exponent[blocks > 0] = np.frexp(blocks[blocks > 0])[1] - 1  # floor of log2
    codes = np.clip(exponent - (EMAX[pack] - headroom) + 127, 0, 254).astype(np.uint8)
    divided = x / spread(np.ldexp(1.0, codes.astype(int) - 127))
    clipped = np.clip(divided, -largest(pack), largest(pack))
    return clipped.astype(ELEMENTS[pack]), codes


def spread(codes):
    """[P/8, F/4] to [P, F]."""
    return np.repeat(np.repeat(codes, 8, axis=0), 4, axis=1)


def packed(elements):
    """[P, F] elements to [P, F/4] packs, the first lane in the lowest bits."""
    rows, columns = elements.shape
    codes = elements.view(np.uint8).reshape(rows, columns // 4, 4)
    four_bits = elements.dtype == ml_dtypes.float4_e2m1fn
    bits, kind = (4, np.uint16) if four_bits else (8, np.uint32)
    return sum(codes[..., lane].astype(kind) << kind(bits * lane) for lane in range(4))


def laid_out(codes, offset=0, fill=0, rows=None):
    """[P/8, F] codes as the chip keeps them: four rows in each quadrant, from `offset` on."""
    quadrants = len(codes) // 4
    tile = np.full((rows or 32 * quadrants, codes.shape[1]), fill, np.uint8)
    for q in range(quadrants):
        tile[32 * q + offset : 32 * q + offset + 4] = codes[4 * q : 4 * q + 4]
    return tile


def values(elements, codes):
    """What blocks mean, exactly, as float64; code 255 is NaN."""
    scale = np.where(codes == 255, np.nan, np.ldexp(1.0, codes.astype(int) - 127))
    return elements.astype(np.float64) * spread(scale)


def product(s, m):
    """The sum over partitions and lanes of two tiles of values [P, 4 M] and [P, 4 N] in float32:
    a chain of fused multiply-adds over ascending partitions and, within them, lanes."""
    s, m = (a.reshape(len(a), -1, 4) for a in (s, m))
    total = np.zeros((s.shape[1], m.shape[1]), np.float32)
    with np.errstate(all="ignore"):
        for k in range(len(s)):
            for lane in range(4):
                exact = s[k, :, None, lane].astype(np.longdouble) * m[k, :, lane]
                total = (exact + total).astype(np.float32)
    return total
