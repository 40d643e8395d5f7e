"""What stands on instructions that the core is still getting: each test runs once its is there."""

import numpy as np
import pytest
from older import compute, stored
from trainyard.nki import isa
from trainyard.nki.absence import is_absent
from trainyard.nki_older import isa as nisa
from trainyard.nki_older import language as nl


def needs(name):
    return pytest.mark.skipif(is_absent(getattr(isa, name)), reason=f"nisa.{name} is not there yet")


@needs("rng")
def test_rand():
    found = stored(lambda out: nl.store(out, nl.rand((64, 256))), (64, 256))
    assert found.min() >= 0 and found.max() <= 1 and abs(found.mean() - 0.5) < 0.02
    assert np.unique(found).size > 10000


@needs("dropout")
@pytest.mark.parametrize(("rate", "kept"), [(0.0, 1.0), (1.0, 0.0), (0.25, 0.75)])
def test_dropout(rate, kept):
    x = np.full((64, 256), 3, np.float32)
    for body in (
        lambda t: nl.dropout(t, rate),
        lambda t: nisa.dropout(t, nl.full((64, 1), rate, nl.float32)),
    ):
        found = compute(body, x)
        assert set(np.unique(found)) <= {0.0, 3.0}
        assert abs((found == 3).mean() - kept) < 0.02 * (0 < kept < 1) + 1e-9


@needs("nc_n_gather")
def test_gather_flattened(rng):
    x = rng.standard_normal((32, 4, 8)).astype(np.float32)
    index = rng.integers(0, 32, (32, 2, 5)).astype(np.uint32)
    found = compute(nl.gather_flattened, x, index)
    flat = np.take_along_axis(x.reshape(32, 32), index.reshape(32, 10).astype(np.int64), 1)
    np.testing.assert_array_equal(found, flat.reshape(32, 2, 5))


@needs("sequence_bounds")
def test_sequence_bounds():
    ids = np.array([[1, 1, 4, 4, 4, 0, 7]], np.float32)
    found = compute(lambda t: nisa.sequence_bounds(segment_ids=t), ids)
    np.testing.assert_array_equal(found, [[[0, 0, 2, 2, 2, 7, 6], [2, 2, 5, 5, 5, -1, 7]]])


@needs("tensor_scalar_cumulative")
def test_cumulative(rng):
    x = rng.standard_normal((32, 24)).astype(np.float32)

    def body(t):
        out = nl.ndarray((32, 24), nl.float32)
        nisa.tensor_scalar_cumulative(
            src=t, dst=out, op0=nl.multiply, op1=nl.max, imm0=2.0,
            reduce_cmd=nisa.reduce_cmd.reset_reduce,
        )  # fmt: skip
        return out

    np.testing.assert_array_equal(compute(body, x), np.maximum.accumulate(2 * x, 1))
