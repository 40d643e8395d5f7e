"""Ways to run a few lines as a kernel of the older API.

inside(lambda: nl.ndarray((2, 3), nl.float32).shape)    # what the lines return
compute(lambda x: nl.exp(x), array)                     # the array that a tile holds in the end
stored(body, shape, array)                              # HBM of that shape, that the body fills
refused("E120", lambda: tile()[200])                    # the refusal, as an exception
"""

import numpy as np
import pytest
from trainyard.nki_older import language as nl
from trainyard.nki_older.kernel import Kernel

import trainyard


def inside(body, *arrays):
    """Runs `body` on tensors of the arrays inside a kernel; what it returned."""
    found = []

    def kernel(*tensors):
        found.append(body(*tensors))

    Kernel(kernel)(*arrays)
    return found[0]


def compute(body, *arrays):
    """Loads the arrays into SBUF, runs `body` on the tiles and returns its tile's values."""

    def kernel(*tensors):
        tile = body(*(nl.load(tensor) for tensor in tensors))
        out = nl.ndarray(tile.shape, tile.dtype, buffer=nl.shared_hbm)
        nl.store(out, tile)
        return out

    return np.asarray(Kernel(kernel)(*arrays))


def stored(body, shape, *arrays, dtype=nl.float32, grid=None):
    """What `body(out, *tensors)` stores to a tensor `out` in HBM."""

    def kernel(*tensors):
        out = nl.ndarray(shape, dtype, buffer=nl.shared_hbm)
        body(out, *tensors)
        return out

    chosen = Kernel(kernel) if grid is None else Kernel(kernel)[grid]
    return np.asarray(chosen(*arrays))


def refused(code, body, *arrays):
    """The trainyard.Error that `body` runs into, which must have that code."""
    with pytest.raises(trainyard.Error) as caught:
        inside(body, *arrays)
    assert caught.value.code == code, str(caught.value)
    return caught.value
