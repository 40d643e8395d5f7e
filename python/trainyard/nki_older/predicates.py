"""Masks that are no boxes, as predicate tiles."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.language import equal, greater_equal
from trainyard.nki_older.masks import steps_in


def predicate(region):
    """A uint8 tile of the region's shape: 1 where its constraints and its box hold, else 0. One
    affine_select per constraint, on GpSimd."""
    tile = _core.ndarray(region.shape, "uint8")
    whole = all(b == (0, n) for b, n in zip(region.box, region.shape, strict=True))
    isa.memset(tile, 1 if whole else 0)
    if not whole:
        isa.memset(tile[tuple(slice(*bounds) for bounds in region.box)], 1)
    for expression, exact in region.rest:
        steps = steps_in(expression, region.shape)
        pattern = [[s, n] for s, n in zip(steps[1:], region.shape[1:], strict=True)]
        compare = equal if exact else greater_equal
        isa.affine_select(
            tile, pattern, steps[0], tile, 0.0, cmp_op=compare, offset=expression.constant
        )
    return tile
