"""Gather and scatter: DMA reads or writes the rows whose numbers lie in an on-chip tile.

trainyard run examples/embedding.py
"""

import ml_dtypes
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np
from compare import compare


def rows_of(table, numbers):
    """The view of a table [rows, width] whose partition p is the row numbers[p]."""
    width = table.shape[1]
    pattern = [[width, numbers.shape[0]], [1, width]]
    return table.ap(pattern, vector_offset=numbers, indirect_dim=0)


def load_numbers(numbers, first, size):
    tile = nl.ndarray((size, 1), dtype=numbers.dtype, buffer=nl.sbuf)
    nisa.dma_copy(dst=tile, src=numbers[first : first + size, :])
    return tile


@nki.jit
def lookup(table, tokens):
    """table[tokens]: embeddings of [tokens, 1] from a table of [vocabulary, width]."""
    count, width = tokens.shape[0], table.shape[1]
    out = nl.ndarray((count, width), dtype=table.dtype, buffer=nl.shared_hbm)
    for first in range(0, count, nl.tile_size.pmax):
        size = min(nl.tile_size.pmax, count - first)
        numbers = load_numbers(tokens, first, size)
        rows = nl.ndarray((size, width), dtype=table.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=rows, src=rows_of(table, numbers))
        nisa.dma_copy(dst=out[first : first + size, :], src=rows)
    return out


@nki.jit
def put(rows, places, length):
    """A table of zeros with rows[i] at places[i]; places is [rows, 1], no two of them equal."""
    count, width = rows.shape
    out = nl.ndarray((length, width), dtype=rows.dtype, buffer=nl.shared_hbm)
    zeros = nl.ndarray((nl.tile_size.pmax, width), dtype=rows.dtype, buffer=nl.sbuf)
    nisa.memset(dst=zeros, value=0.0)
    for first in range(0, length, nl.tile_size.pmax):
        size = min(nl.tile_size.pmax, length - first)
        nisa.dma_copy(dst=out[first : first + size, :], src=zeros[:size, :])
    for first in range(0, count, nl.tile_size.pmax):
        size = min(nl.tile_size.pmax, count - first)
        numbers = load_numbers(places, first, size)
        tile = nl.ndarray((size, width), dtype=rows.dtype, buffer=nl.sbuf)
        nisa.dma_copy(dst=tile, src=rows[first : first + size, :])
        nisa.dma_copy(dst=rows_of(out, numbers), src=tile)
    return out


def main():
    rng = np.random.default_rng(0)
    for vocabulary, width, count in [(1000, 64, 128), (5000, 300, 200)]:
        for dtype in (np.float32, ml_dtypes.bfloat16):
            table = rng.standard_normal((vocabulary, width)).astype(dtype)
            tokens = rng.integers(0, vocabulary, (count, 1)).astype(np.int32)
            what = f"{count} of {vocabulary} rows of {width}"
            compare(f"lookup {what}", lookup(table, tokens), table[tokens[:, 0]])

            places = rng.permutation(vocabulary)[:count, None].astype(np.int32)
            expected = np.zeros_like(table)
            expected[places[:, 0]] = table[:count]
            compare(f"put {what}", put(table[:count], places, vocabulary), expected)


if __name__ == "__main__":
    main()
