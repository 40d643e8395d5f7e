"""Kernels whose tiles fit into SBUF only in another order than their own."""

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard
from trainyard import nki

TENTHS = nl.tile_size.total_available_sbuf_size // 10 // 4  # float32 elements of a tenth of SBUF


@nki.jit
def blocked_sums(x, tiles, block_tenths, joined):
    """Sums are set to zero, all before the block that each of them adds; tiles of a tenth of
    SBUF. Stored one by one, or joined into one first, for which they must be there together."""
    out = nl.ndarray((tiles, *x.shape), x.dtype, buffer=nl.shared_hbm)
    sums = [nl.ndarray((128, TENTHS), nl.float32, buffer=nl.sbuf) for _ in range(tiles)]
    for total in sums:
        nisa.memset(dst=total, value=0)
    block = nl.ndarray((128, block_tenths, TENTHS), nl.float32, buffer=nl.sbuf)
    for i in range(block_tenths):
        nisa.dma_copy(dst=block[:, i], src=x)
    for i, total in enumerate(sums):
        nisa.tensor_tensor(dst=total, data1=total, data2=block[:, i % block_tenths], op=nl.add)
    if joined:
        for total in sums[1:]:
            nisa.tensor_tensor(dst=sums[0], data1=sums[0], data2=total, op=nl.add)
    for i, total in enumerate(sums):
        nisa.dma_copy(dst=out[i], src=total)
    return out


@pytest.fixture
def x(rng):
    return rng.standard_normal((128, TENTHS), dtype=np.float32)


def findings(r):
    return [str(finding) for finding in r.findings]


def test_what_fits_in_any_order_has_no_finding(x):
    r = trainyard.run(blocked_sums, x, 5, 2, False, machine="trn2")
    np.testing.assert_array_equal(r.outputs, np.broadcast_to(x, r.outputs.shape))
    assert not findings(r)


def test_tiles_that_are_set_early_wait_for_their_use(x):
    r = trainyard.run(blocked_sums, x, 8, 3, False, machine="trn2")
    np.testing.assert_array_equal(r.outputs, np.broadcast_to(x, r.outputs.shape))
    assert any("issued when a result needs them" in text for text in findings(r))


def test_what_must_be_there_together_is_refused(x):
    with pytest.raises(trainyard.Error, match="sbuf-overflow"):
        trainyard.run(blocked_sums, x, 8, 3, True, machine="trn2")


def test_program_order_is_refused_as_it_is(x):
    with pytest.raises(trainyard.Error, match="sbuf-overflow"):
        trainyard.run(blocked_sums, x, 8, 3, False, machine="trn2", schedule="program")
