"""nki.collectives on several ranks in one process, against NumPy."""

import itertools

import numpy as np
import pytest
from inside import refused
from trainyard.nki import collectives as ncc
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

import trainyard

ALL4 = ncc.ReplicaGroup([[0, 1, 2, 3]])
PAIRS = ncc.ReplicaGroup([[0, 2], [3, 1]])


def collective(call, shape_of, buffer=nl.shared_hbm):
    """A kernel that moves its input to `buffer`, runs call(srcs, dsts) and returns the result."""

    def kernel(x):
        shape = shape_of(x.shape)
        src, dst = nl.ndarray(x.shape, x.dtype, buffer), nl.ndarray(shape, x.dtype, buffer)
        out = nl.ndarray(shape, x.dtype, nl.shared_hbm)
        nisa.dma_copy(src, x)
        call([src], [dst])
        nisa.dma_copy(out, dst)
        return out

    return kernel


def outputs(kernel, arrays, **options):
    return trainyard.run(kernel, trainyard.PerRank(arrays), ranks=len(arrays), **options).outputs


@pytest.fixture
def four(rng):
    return [rng.standard_normal((8, 6), dtype=np.float32) for _ in range(4)]


def lists_of(group):
    return {rank: ranks for ranks in group.groups for rank in ranks}


@pytest.mark.parametrize("group", [ALL4, PAIRS])
@pytest.mark.parametrize("op", [nl.add, nl.maximum, nl.minimum])
@pytest.mark.parametrize("buffer", [nl.shared_hbm, nl.sbuf])
def test_all_reduce(four, group, op, buffer):
    kernel = collective(lambda s, d: ncc.all_reduce(s, d, group, op), lambda s: s, buffer)
    combine = {nl.add: np.add, nl.maximum: np.maximum, nl.minimum: np.minimum}[op]
    for rank, found in enumerate(outputs(kernel, four)):
        ranks = lists_of(group)[rank]
        expected = four[ranks[0]]
        for other in ranks[1:]:
            expected = combine(expected, four[other])
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("group", [ALL4, PAIRS])
@pytest.mark.parametrize(("buffer", "dim"), [(nl.shared_hbm, 0), (nl.sbuf, 0), (nl.sbuf, 1)])
def test_all_gather(four, group, buffer, dim):
    n = len(group.groups[0])

    def wider(shape):
        return tuple(size * (n if d == dim else 1) for d, size in enumerate(shape))

    kernel = collective(lambda s, d: ncc.all_gather(s, d, group, dim), wider, buffer)
    for rank, found in enumerate(outputs(kernel, four)):
        expected = np.concatenate([four[other] for other in lists_of(group)[rank]], dim)
        np.testing.assert_array_equal(found, expected)


def test_reduce_scatter_and_all_to_all(four):
    def part(shape):
        return shape[0] // 4, shape[1]

    scatter = collective(lambda s, d: ncc.reduce_scatter(s, d, ALL4, 0, nl.add), part)
    total = ((four[0] + four[1]) + four[2]) + four[3]
    for rank, found in enumerate(outputs(scatter, four)):
        np.testing.assert_array_equal(found, total[2 * rank : 2 * rank + 2])
    exchange = collective(lambda s, d: ncc.all_to_all(s, d, ALL4, 0), lambda s: s)
    for rank, found in enumerate(outputs(exchange, four)):
        parts = [x[2 * rank : 2 * rank + 2] for x in four]
        np.testing.assert_array_equal(found, np.concatenate(parts))


def test_reduce_scatter_then_all_gather_is_all_reduce(four):
    def kernel(x):
        src, part = nl.ndarray(x.shape, x.dtype, nl.shared_hbm), (x.shape[0] // 4, x.shape[1])
        mine, out = (
            nl.ndarray(part, x.dtype, nl.shared_hbm),
            nl.ndarray(x.shape, x.dtype, nl.shared_hbm),
        )
        nisa.dma_copy(src, x)
        ncc.reduce_scatter([src], [mine], ALL4, 0, nl.add)
        ncc.all_gather([mine], [out], ALL4, 0)
        return out

    whole = collective(lambda s, d: ncc.all_reduce(s, d, ALL4, nl.add), lambda s: s)
    np.testing.assert_array_equal(outputs(kernel, four), outputs(whole, four))


def test_permutes(four):
    pairs = [(0, 1), (1, 3), (3, 0)]

    def kernel(x):
        src, dst = (nl.ndarray(x.shape, x.dtype, nl.shared_hbm) for _ in range(2))
        nisa.dma_copy(src, x)
        nisa.dma_copy(dst, x)
        ncc.collective_permute([src], [dst], pairs)
        return dst

    expected = list(four)
    for source, target in pairs:
        expected[target] = four[source]
    np.testing.assert_array_equal(outputs(kernel, four), expected)
    ring = collective(
        lambda s, d: ncc.collective_permute_implicit([s], [d], ALL4), lambda shape: shape
    )
    np.testing.assert_array_equal(outputs(ring, four), [four[3], *four[:3]])
    add = collective(
        lambda s, d: ncc.collective_permute_implicit_reduce([s], [s], [d], ALL4, nl.add),
        lambda shape: shape,
    )
    doubled = [x + x for x in four]
    np.testing.assert_array_equal(outputs(add, four), [doubled[3], *doubled[:3]])


def test_ranks_know_their_number(four):
    """rank_id chooses a row; the ring's rank is that of the data that has come."""

    def kernel(x):
        out = nl.ndarray((3, 1, 6), x.dtype, buffer=nl.shared_hbm)
        registers = [ncc.rank_id()]
        for step in (0, 1):
            registers.append(
                ncc.collective_permute_implicit_current_processing_rank_id(step, PAIRS)
            )
        for i, register in enumerate(registers):
            row = x.ap(pattern=[[6, 1], [1, 6]], scalar_offset=register, indirect_dim=0)
            nisa.dma_copy(out[i], row)
        return out

    x = four[0]
    found = trainyard.run(kernel, x, ranks=4).outputs
    before = {0: 2, 2: 0, 3: 1, 1: 3}
    for rank in range(4):
        np.testing.assert_array_equal(found[rank][:, 0], x[[rank, rank, before[rank]]])


def test_each_core_of_a_rank_meets_its_like(four):
    """Two cores a rank, each with half of the columns."""

    def kernel(x):
        out = nl.ndarray((4 * x.shape[0], x.shape[1]), x.dtype, buffer=nl.shared_hbm)
        mine = nl.ds(3 * nl.program_id(), 3)
        tile = nl.load(x[:, mine])
        both = nl.ndarray((4 * tile.shape[0], tile.shape[1]), tile.dtype)
        ncc.all_gather([tile], [both], ALL4, 0)
        nl.store(out[:, mine], both)
        return out

    for found in outputs(kernel, four, lnc=2):
        np.testing.assert_array_equal(found, np.concatenate(four))


def test_time_grows_with_the_ranks_and_the_bytes():
    def time(ranks, columns):
        group = ncc.ReplicaGroup([list(range(ranks))])
        kernel = collective(lambda s, d: ncc.all_reduce(s, d, group, nl.add), lambda s: s)
        x = np.zeros((64, columns), np.float32)
        return trainyard.run(kernel, x, ranks=ranks, time_only=True, machine="trn2").time

    times = [[time(ranks, columns) for columns in (256, 4096)] for ranks in (2, 4, 16)]
    for row in times:
        assert row[0] < row[1]
    for few, many in itertools.pairwise(times):
        assert few[0] < many[0]


def test_what_does_not_go_together_is_refused(four):
    def mixed(x):
        dst = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        if trainyard._core.current_trace().rank == 2:
            ncc.all_to_all([x], [dst], ALL4, 0)
        else:
            ncc.all_reduce([x], [dst], ALL4, nl.add)
        return dst

    with pytest.raises(trainyard.Error, match="all_to_all") as caught:
        outputs(mixed, four)
    assert caught.value.code == "E312"

    def alone(x):
        dst = nl.ndarray(x.shape, x.dtype, nl.shared_hbm)
        if trainyard._core.current_trace().rank != 3:
            ncc.all_reduce([x], [dst], ALL4, nl.add)
        return dst

    with pytest.raises(trainyard.Error, match="rank 3 does not come") as caught:
        outputs(alone, four)
    assert caught.value.code == "E311"


def hbm(*shape, dtype=nl.float32):
    return nl.ndarray(shape, dtype, nl.shared_hbm)


WRONG = {
    "a group without this rank": ("E111", lambda: ncc.all_reduce(
        [hbm(2, 2)], [hbm(2, 2)], ncc.ReplicaGroup([[1]]), nl.add)),
    "a rank that is not there": ("E111", lambda: ncc.all_reduce(
        [hbm(2, 2)], [hbm(2, 2)], ncc.ReplicaGroup([[0, 2], [1]]), nl.add)),
    "psum": ("E107", lambda: ncc.all_reduce(
        [nl.ndarray((2, 2), nl.float32, nl.psum)], [nl.ndarray((2, 2), nl.float32, nl.psum)],
        [[0], [1]], nl.add)),
    "mixed memories": ("E107", lambda: ncc.all_reduce(
        [hbm(2, 2)], [nl.ndarray((2, 2), nl.float32)], [[0], [1]], nl.add)),
    "mixed types": ("E106", lambda: ncc.all_reduce(
        [hbm(2, 2)], [hbm(2, 2, dtype=nl.bfloat16)], [[0], [1]], nl.add)),
    "multiply": ("E109", lambda: ncc.all_reduce([hbm(2, 2)], [hbm(2, 2)], [[0], [1]], nl.multiply)),
    "two results": ("E111", lambda: ncc.all_reduce(
        [hbm(2, 2)], [hbm(2, 2), hbm(2, 2)], [[0], [1]], nl.add)),
    "sizes": ("E103", lambda: ncc.all_gather([hbm(2, 2)], [hbm(4, 2)], [[0], [1]], 0)),
    "dimension": ("E111", lambda: ncc.all_gather([hbm(2, 2)], [hbm(2, 2)], [[0], [1]], 1)),
    "sbuf": ("E107", lambda: ncc.all_to_all(
        [nl.ndarray((2, 2), nl.float32)], [nl.ndarray((2, 2), nl.float32)], [[0], [1]], 0)),
    "channels": ("E111", lambda: ncc.collective_permute_implicit(
        [[hbm(2, 2)]], [[hbm(2, 2)]], [[0], [1]], [1])),
    "two targets": ("E111", lambda: ncc.collective_permute(
        [hbm(2, 2)], [hbm(2, 2)], [(0, 0), (0, 0)])),
    "priority": ("E113", lambda: ncc.all_reduce(
        [hbm(2, 2)], [hbm(2, 2)], [[0], [1]], nl.add, priority=0)),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_calls_are_refused(what):
    code, call = WRONG[what]
    error = refused(code, call, ranks=2)
    assert error.file == __file__
