"""Collectives of unequal parts on several ranks, against NumPy."""

import numpy as np
import pytest
from trainyard.nki import collectives as ncc
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard

FOUR = ncc.ReplicaGroup([[0, 1, 2, 3]])
EIGHT = ncc.ReplicaGroup([list(range(8))])
LEFT = -1.0  # what no part covers


def kernel_of(call, size, buffer, **options):
    """A kernel that fills its result with LEFT, runs the collective and returns the result and the
    metadata."""

    def kernel(x, metadata):
        # Each of the two cores of a rank meets its own kind, with tensors of its own.
        dst = nl.ndarray((1, size), x.dtype, nl.private_hbm)
        out = nl.ndarray((1, size), x.dtype, nl.shared_hbm)
        fill = nl.ndarray((1, size), x.dtype, nl.sbuf)
        rows, ranks = metadata.shape
        shape = (1, rows, ranks) if buffer is nl.sbuf else metadata.shape
        meta = nl.ndarray(shape, metadata.dtype, buffer)
        received = nl.ndarray(metadata.shape, metadata.dtype, nl.shared_hbm)
        nisa.memset(fill, LEFT)
        nisa.dma_copy(dst, fill)
        nisa.dma_copy(meta, metadata.reshape(shape))
        call([x], [dst], metadata_tensor=meta, **options)
        nisa.dma_copy(out, dst)
        nisa.dma_copy(received.reshape(shape), meta)
        return out, received

    return kernel


def run(call, arrays, metadata, size, buffer=nl.private_hbm, *, lnc=2, machine="trn3", **options):
    ranks = len(arrays)
    group = {4: FOUR, 8: EIGHT}[ranks]
    return trainyard.run(
        kernel_of(call, size, buffer, replica_group=group, **options),
        trainyard.PerRank(arrays),
        trainyard.PerRank([np.asarray(m, np.uint32) for m in metadata]),
        ranks=ranks,
        lnc=lnc,
        machine=machine,
    ).outputs


def sources(rng, ranks, size=24):
    return [rng.standard_normal((1, size), dtype=np.float32) for _ in range(ranks)]


def random_metadata(rng, ranks, size, slot, rows=3):
    """Counts and displacements that stay inside a source of `size` elements and a slot."""
    counts = rng.integers(0, slot + 1, (ranks, ranks))
    displs = rng.integers(0, size - slot + 1, (ranks, ranks))
    others = [np.full((ranks, ranks), 77) for _ in range(rows - 2)]
    return np.stack([counts, displs, *others], axis=1)


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("buffer", [nl.private_hbm, nl.sbuf])
@pytest.mark.parametrize("known", [False, True])
def test_all_gather_v(rng, machine, buffer, known):
    given, slot = sources(rng, 4), 5
    metadata = random_metadata(rng, 4, 24, slot)
    metadata[1, 0, 0] = 0  # a rank that gives nothing
    metadata[2, 0, 0] = slot  # and one that fills its slot
    found = run(
        ncc.all_gather_v,
        given,
        metadata,
        4 * slot,
        buffer,
        machine=machine,
        recv_counts_known=known,
    )
    expected = np.full(4 * slot, LEFT, np.float32)
    for rank in range(4):
        count, first = metadata[rank, 0, 0], metadata[rank, 1, 0]
        expected[rank * slot : rank * slot + count] = given[rank][0, first : first + count]
    received = [77] * 4 if known else metadata[:, 0, 0]
    for dst, after in found:
        np.testing.assert_array_equal(dst[0], expected)
        np.testing.assert_array_equal(after[2], received)


@pytest.mark.parametrize("displaced", [False, True])
@pytest.mark.parametrize("buffer", [nl.private_hbm, nl.sbuf])
def test_all_to_all_v(rng, displaced, buffer):
    ranks, slot = 8, 3
    given = sources(rng, ranks)
    metadata = random_metadata(rng, ranks, 24, slot, 4 if displaced else 3)
    starts = np.tile(np.arange(ranks) * slot, (ranks, 1))
    if displaced:
        starts = starts[:, ::-1]  # in the opposite order
        metadata[:, 3] = starts
    size = ranks * slot
    found = run(ncc.all_to_all_v, given, metadata, size, buffer, has_rdispls=displaced)
    for rank, (dst, after) in enumerate(found):
        expected = np.full(size, LEFT, np.float32)
        for source in range(ranks):
            count, first = metadata[source, 0, rank], metadata[source, 1, rank]
            start = starts[rank, source]
            expected[start : start + count] = given[source][0, first : first + count]
        np.testing.assert_array_equal(dst[0], expected)
        np.testing.assert_array_equal(after[2], metadata[:, 0, rank])


def refusal(code, *args, **options):
    with pytest.raises(trainyard.Error) as caught:
        run(*args, **options)
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("row", "value", "code"),
    [(0, 5, None), (0, 6, "E212"), (1, 19, None), (1, 20, "E212")],
)
def test_a_part_stays_inside_its_source_and_its_slot(rng, row, value, code):
    given, metadata = sources(rng, 4), np.zeros((4, 3, 4), int)
    metadata[:, 0] = 5
    metadata[3, row, 0] = value
    call = ncc.all_gather_v, given, metadata, 20
    if code is None:
        run(*call)
    else:
        assert "from rank 3" in refusal(code, *call)


def test_ranks_that_do_not_fit(rng):
    four, eight = np.zeros((4, 3, 4), int), np.zeros((8, 3, 8), int)
    refusal("E111", ncc.all_gather_v, sources(rng, 8), eight, 24)
    refusal("E111", ncc.all_gather_v, sources(rng, 4), four, 24, lnc=1)
    refusal("E111", ncc.all_to_all_v, sources(rng, 4), four, 24)
    refusal("E111", ncc.all_to_all_v, sources(rng, 8), eight, 24, lnc=1)
    refusal("U001", ncc.all_to_all_v, sources(rng, 8), eight, 24, machine="trn2")
    refusal(
        "E111", ncc.all_gather_v, sources(rng, 4), np.zeros((4, 4, 4), int), 24, has_rdispls=True
    )


def test_metadata_that_do_not_fit(rng):
    refusal("E110", ncc.all_gather_v, sources(rng, 4), np.zeros((4, 4, 4), int), 24)
    refusal(
        "E110", ncc.all_to_all_v, sources(rng, 8), np.zeros((8, 3, 8), int), 24, has_rdispls=True
    )


def test_metadata_that_nobody_wrote(rng):
    def kernel(x):
        dst = nl.ndarray(x.shape, x.dtype, nl.private_hbm)
        meta = nl.ndarray((3, 4), nl.uint32, nl.private_hbm)
        ncc.all_gather_v([x], [dst], FOUR, meta)
        out = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        nisa.dma_copy(out, dst)
        return out

    with pytest.raises(trainyard.Error, match="E211"):
        trainyard.run(kernel, trainyard.PerRank(sources(rng, 4)), ranks=4, lnc=2)
