"""Masks that are no boxes, as predicate tiles."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.language import equal, greater_equal
from trainyard.nki_older.masks import steps_in


def predicate(region):
    """A uint8 tile of the region's shape: 1 within it, else 0. One affine_select for each
    constraint, on GpSimd."""
    tile = _core.ndarray(region.shape, "uint8")
    isa.memset(tile, 1)
    for expression, exact in region.constraints():
        steps = steps_in(expression, region.shape)
        pattern = [[s, n] for s, n in zip(steps[1:], region.shape[1:], strict=True)]
        compare = equal if exact else greater_equal
        isa.affine_select(
            tile, pattern, steps[0], tile, 0.0, cmp_op=compare, offset=expression.constant
        )
    return tile
