"""Ways to run a few lines as a kernel.

inside(lambda: nl.ndarray((2, 3), nl.float32).shape)    # what the lines return
compute(lambda x: nl.exp(x), array)                     # the array that a tile holds in the end
refused("E120", lambda: tile()[200])                    # the refusal, as an exception
"""

import numpy as np
import pytest
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

import trainyard


def inside(body, *arrays, **options):
    """Runs `body` on tensors of the arrays inside a kernel; what it returned."""
    found = []

    def kernel(*tensors):
        found.append(body(*tensors))

    launch(kernel, arrays, {}, **options)
    return found[0]


def compute(body, *arrays, **options):
    """Loads the arrays into SBUF, runs `body` on the tiles and returns its tile's values."""

    def kernel(*tensors):
        tile = body(*(nl.load(tensor) for tensor in tensors))
        if nl.is_psum(tile.buffer):
            tile = nl.copy(tile)
        out = nl.ndarray(tile.shape, tile.dtype, nl.shared_hbm)
        nl.store(out, tile)
        return out

    return np.asarray(launch(kernel, arrays, {}, **options).outputs)


def refused(code, body, *arrays, **options):
    """The trainyard.Error that `body` runs into, which must have that code."""
    with pytest.raises(trainyard.Error) as caught:
        inside(body, *arrays, **options)
    assert caught.value.code == code, str(caught.value)
    return caught.value
