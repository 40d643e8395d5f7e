"""An engine walks a partition in four loops; what one step covers is one of them."""

import numpy as np
from harness import out, refuses, run
from trainyard.nki import isa as nisa


def test_four_free_dimensions_and_no_more(rng):
    x = rng.standard_normal((8, 4, 4, 4, 4, 4)).astype(np.float32)

    def copy(*steps):
        n = x[0].size >> sum(steps)
        return lambda t: nisa.tensor_copy(t.y.reshape((8, -1))[:, :n], view(t.x, steps))

    def view(tile, steps):
        return tile[(slice(None), *(slice(0, 4, 2) if halve else slice(None) for halve in steps))]

    for steps, fits in [
        ((0, 1, 1, 1, 1), True),
        ((1, 0, 0, 1, 1), True),
        ((1, 1, 1, 1, 1), False),
    ]:
        tiles = {"x": x, "y": out((8, 4, 4, 4, 4, 4), initial=0)}
        if fits:
            y = run(copy(*steps), **tiles).reshape(8, -1)
            chosen = view(x, steps).reshape(8, -1)
            np.testing.assert_array_equal(y[:, : chosen.shape[1]], chosen)
        else:
            refuses("E110", copy(*steps), **tiles)


def test_dma_has_no_such_limit(rng):
    x = rng.standard_normal((8, 2, 4, 4, 4, 4, 4)).astype(np.float32)
    halves = (slice(None),) * 2 + (slice(0, 4, 2),) * 5
    y = run(lambda t: nisa.dma_copy(t.y, t.x[halves]), x=x, y=out((8, 2, 2, 2, 2, 2, 2)))
    np.testing.assert_array_equal(y, x[halves])
