"""bn_stats: counts, means and variances of each partition."""

import numpy as np
import pytest
from harness import MACHINES, out, psum, refuses, run, sbuf
from oracle import FLOATS, cast, random, reduced, same, wide
from trainyard.nki import isa as nisa


def statistics(x):
    columns = []
    for half in (x[:, 0::2], x[:, 1::2]):
        count = np.full((len(x), 1), half.shape[1], np.float32)
        mean = reduced("add", half) / np.maximum(count, 1)
        columns += [count, mean, reduced("add", (half - mean) ** 2)]
    return np.concatenate(columns, axis=1)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("memory", [sbuf, psum])
@pytest.mark.parametrize("columns", [1, 2, 37, 511, 512])
def test_statistics(rng, machine, memory, columns):
    x = rng.standard_normal((100, columns)).astype(np.float32)
    y = run(lambda t: nisa.bn_stats(t.y, t.x), machine, x=memory(x), y=out((100, 6)))
    same(y, statistics(x))


@pytest.mark.parametrize("source", [*FLOATS, "int8", "uint16"])
@pytest.mark.parametrize("target", ["float32", "bfloat16"])
def test_types(rng, source, target):
    x = random(rng, (64, 70), source)
    y = run(lambda t: nisa.bn_stats(t.y, t.x), x=x, y=out((64, 6), target))
    same(y, cast(statistics(wide(x)), target))


def test_rules():
    x = np.ones((64, 513), np.float32)
    run(lambda t: nisa.bn_stats(t.y, t.x[:, :512]), x=x, y=out((64, 6)))
    message = refuses("E104", lambda t: nisa.bn_stats(t.y, t.x), x=x, y=out((64, 6)))
    assert "core.vector.bn_stats_free_max" in message
    refuses("E110", lambda t: nisa.bn_stats(t.y, t.x[:, :8]), x=x, y=out((64, 5)))
    refuses("E102", lambda t: nisa.bn_stats(t.y, t.x[:, :8]), x=x, y=out((32, 6)))
