"""Engines with an address from a register or a tile: values, and the floor that they cost."""

import numpy as np
import pytest
from harness import MACHINES, out, refuses, result, run
from trainyard.nki import isa as nisa
from trainyard.nki.machines import load_machine

ENGINES = {"vector": nisa.engine.vector, "gpsimd": nisa.engine.gpsimd}


def busy(call, engine, machine, **tiles):
    launch = result(call, machine, **tiles)
    return round(launch.engines[engine] * float(launch.time) * 1e12)  # picoseconds


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("columns", [8, 4096])
def test_the_longer_of_floor_and_stream(rng, machine, engine, columns):
    """600 cycles as tensor_copy_dynamic_src was documented, or what a static copy takes."""
    x = rng.standard_normal((32, 2, columns)).astype(np.float32)
    index = np.array([[1]], np.int32)

    def copies(source):
        return lambda t: nisa.tensor_copy(t.y, source(t), engine=ENGINES[engine])

    tiles = {"x": x, "i": index, "y": out((32, columns))}
    dynamic = copies(lambda t: t.x.select(1, t.i))
    np.testing.assert_array_equal(run(dynamic, machine, **tiles), x[:, 1])
    plain = busy(copies(lambda t: t.x[:, 1]), engine, machine, **tiles)
    slow = busy(dynamic, engine, machine, **tiles)
    floors = [load_machine(machine, overrides=[f"core.{engine}.dynamic_address_cycles={n}"])
              for n in (0, 600, 1200)]  # fmt: skip
    none, once, twice = (busy(dynamic, engine, m, **tiles) for m in floors)
    assert none == plain and slow == once
    if columns == 8:
        assert plain < once < twice
    else:
        assert plain == once


def test_gathers_by_vector_offset_are_for_dma(rng):
    x, index = rng.standard_normal((32, 8)).astype(np.float32), np.zeros((32, 1), np.int32)
    rows = [[8, 32], [1, 8]]
    call = lambda t: nisa.tensor_copy(t.y, t.x.ap(rows, vector_offset=t.i))  # noqa: E731
    assert "indirect" in refuses("E107", call, x=x, i=index, y=out((32, 8)))
