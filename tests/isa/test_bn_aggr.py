"""bn_aggr: results of bn_stats merged."""

import numpy as np
import pytest
from harness import MACHINES, out, refuses, run
from oracle import cast, same, wide
from trainyard.nki import isa as nisa


def aggregated(s):
    c, m, v = s[:, 0::3], s[:, 1::3], s[:, 2::3]
    count = total = squares = np.zeros(len(s), np.float32)
    for i in range(c.shape[1]):
        count, total = count + c[:, i], total + c[:, i] * m[:, i]
    with np.errstate(invalid="ignore"):
        mean = total / count
        for i in range(c.shape[1]):
            squares = squares + (v[:, i] + c[:, i] * ((m[:, i] - mean) * (m[:, i] - mean)))
        return np.stack([mean, squares / count], axis=1)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("triples", [1, 2, 8, 12])
@pytest.mark.parametrize("source", ["float32", "bfloat16"])
def test_aggregation(rng, machine, triples, source):
    s = rng.uniform(1, 9, (100, 3 * triples)).astype(np.float32)
    s = cast(s, source)
    y = run(lambda t: nisa.bn_aggr(t.y, t.s), machine, s=s, y=out((100, 2)))
    same(y, aggregated(wide(s)))


def test_together_they_are_mean_and_variance(rng):
    x = rng.normal(3, 2, (128, 1300)).astype(np.float32)

    def call(t):
        for i, first in enumerate(range(0, 1300, 512)):
            nisa.bn_stats(t.s[:, 6 * i : 6 * i + 6], t.x[:, first : min(first + 512, 1300)])
        nisa.bn_aggr(t.y, t.s)

    y = run(call, x=x, s=out((128, 18)), y=out((128, 2)))["y"]
    np.testing.assert_allclose(y[:, 0], x.astype(float).mean(axis=1), rtol=2e-6)
    np.testing.assert_allclose(y[:, 1], x.astype(float).var(axis=1), rtol=5e-6)


def test_rules():
    x = np.ones((64, 9), np.float32)
    refuses("E110", lambda t: nisa.bn_aggr(t.y, t.x[:, :8]), x=x, y=out((64, 2)))
    refuses("E110", lambda t: nisa.bn_aggr(t.y, t.x), x=x, y=out((64, 3)))
    refuses("E102", lambda t: nisa.bn_aggr(t.y, t.x), x=x, y=out((32, 2)))
