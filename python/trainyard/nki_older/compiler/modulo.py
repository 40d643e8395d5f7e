"""Modulo allocation: blocks take turns in a few places."""

import math

from trainyard import _core


def place(index, base, tiles, scale):
    """base + scale times the position of a block index among `tiles` places, row-major; all blocks
    in one place where `tiles` is empty."""
    if not tiles or not index:  # a tensor without block dimensions is one tile
        return base
    if len(tiles) != len(index):
        found, allowed = f"{len(tiles)} entries", f"{len(index)}, the block dimensions"
        _core.refuse("E204", "mod_alloc: numbers of tiles", found, allowed, "nki.compiler")
    position = 0
    for d, (i, count) in enumerate(zip(index, tiles, strict=True)):
        position += (i % count) * math.prod(tiles[d + 1 :])
    return base + position * scale
