"""The same bits and the same simulated time on any number of host threads, and eagerly."""

import numpy as np
import pytest
from attention import attention
from matmul import fully_blocked

import trainyard


def inputs(rng, kernel, dtype):
    shapes = {
        attention: [(64, 300), (64, 700), (700, 64)],
        fully_blocked: [(300, 260), (300, 700)],
    }
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes[kernel]]


@pytest.mark.parametrize("kernel", [attention, fully_blocked])
@pytest.mark.parametrize("other", [{"threads": 4}, {"threads": 1, "debug": "eager"}])
def test_same_bits_and_time(rng, dtype, kernel, other):
    arrays = inputs(rng, kernel, dtype)
    one = trainyard.run(kernel, *arrays, threads=1)
    two = trainyard.run(kernel, *arrays, **other)
    assert np.array_equal(one.outputs.view(np.uint8), two.outputs.view(np.uint8))
    assert one.time == two.time
    assert one.engines == two.engines


def test_time_without_values(rng, dtype):
    arrays = inputs(rng, attention, dtype)
    with_values = trainyard.run(attention, *arrays)
    assert trainyard.run(attention, *arrays, time_only=True).time == with_values.time


def test_tiles_of_odd_sizes_still_overlap(rng, monkeypatch):
    """Their fragments cost room in PSUM, which must not cost the order of instructions."""
    shapes = [(49, 500), (49, 700), (700, 48)]
    arrays = [rng.standard_normal(shape, np.float32) for shape in shapes]
    times = {}
    for policy in ("list", "program"):
        monkeypatch.setenv("TRAINYARD_SCHEDULE", policy)
        times[policy] = trainyard.run(attention, *arrays, time_only=True).time
    assert times["list"] < 0.9 * times["program"]
