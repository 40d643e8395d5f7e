"""Where tiles lie decides what may overlap: a ring double-buffers, first fit does not."""

from itertools import pairwise

import numpy as np
import pytest
from trainyard.nki.launch import launch

import trainyard


@pytest.fixture
def timed(loop, x):
    def timed(**options):
        return launch(loop, (x,), {}, intervals=True, **options)

    return timed


def in_flight(launched, lane):
    """(start, end) of what was issued on a lane, in order."""
    rows = [row for row in launched.summary.intervals if row[0] == lane]
    return sorted((start, end) for _, _, _, _, start, _, end in rows)


def loads_under_the_computation_before(launched):
    """How many loads start before the computation on the tile before has ended."""
    loads, computations = in_flight(launched, "dma load"), in_flight(launched, "scalar")
    return sum(
        load[0] < before[1] for load, before in zip(loads[1:], computations[:-1], strict=True)
    )


def test_ring_double_buffers_and_first_fit_serialises(timed, x):
    ring, first_fit = (timed(schedule="program", place=p) for p in ("ring", "first-fit"))
    tiles = x.shape[1] // 512
    assert loads_under_the_computation_before(ring) == tiles - 1
    assert loads_under_the_computation_before(first_fit) == 0
    assert first_fit.time / ring.time > 2
    assert np.array_equal(ring.outputs, first_fit.outputs)


def test_the_list_schedule_does_not_make_up_for_first_fit(timed):
    plain_ring = timed(schedule="program", place="ring")
    assert timed(schedule="list", place="first-fit").time > plain_ring.time


def test_ring_is_what_machines_do(timed):
    assert timed().summary.span_ps == timed(place="ring").summary.span_ps


def test_lanes_issue_in_order_and_never_two_at_once(timed):
    for place in ("ring", "first-fit"):
        lanes = {}
        for lane, _, _, _, start, freed, end in timed(place=place).summary.intervals:
            lanes.setdefault(lane, []).append((start, freed, end))
        assert set(lanes) == {"dma load", "scalar", "dma store"}
        for issued in lanes.values():
            for (_, freed, _), (start, _, _) in pairwise(sorted(issued)):
                assert start >= freed


def test_unknown_policies_are_refused(loop, x):
    for option in ({"place": "rings"}, {"schedule": "lists"}):
        with pytest.raises(trainyard.Error, match="did you mean") as caught:
            trainyard.run(loop, x, **option)
        assert caught.value.code == "E001"
