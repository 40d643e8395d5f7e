"""Kernels on the two physical cores of a logical core: what they share, and where they meet."""

import re
from pathlib import Path

import numpy as np
import pytest
from inside import inside, refused
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.launch import launch

import trainyard
from trainyard import nki


def line_of(text):
    """The number of this file's only line that has that text."""
    lines = Path(__file__).read_text().splitlines()
    found = [n for n, line in enumerate(lines, 1) if line.strip().startswith(text)]
    assert len(found) == 1, text
    return found[0]


@nki.jit
def halves(x):
    """Each core negates its half of the rows."""
    out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
    cores, core = nl.num_programs(), nl.program_id(0)
    rows = x.shape[0] // cores
    part = nl.ds(core * rows, rows)
    nl.store(out[part], nl.negative(nl.load(x[part])))
    return out


def test_two_cores_share_what_they_declare(rng):
    x = rng.standard_normal((128, 64), dtype=np.float32)
    for call in (halves, halves[1], halves[2], nki.simulate(halves)[2], nki.simulate(halves[2])):
        np.testing.assert_array_equal(call(x), -x)
    one, two = trainyard.run(halves, x), trainyard.run(halves, x, lnc=2)
    np.testing.assert_array_equal(two.outputs, -x)
    assert two.instructions == 2 * one.instructions


def test_programs_know_their_place():
    def body(*axes):
        return nl.program_id(), nl.num_programs(), nl.num_programs(axes=(0,)), nl.program_ndim()

    assert inside(body) == (0, 1, 1, 0)
    places = []
    trainyard.run(lambda: places.append(body()), lnc=2)
    assert places == [(0, 2, 2, 1), (1, 2, 2, 1)]
    refused("E111", lambda: nl.program_id(1))


def test_the_second_core_sees_what_the_first_wrote(rng):
    x = rng.standard_normal((32, 16), dtype=np.float32)

    @nki.jit
    def kernel(source):
        between = nl.ndarray(source.shape, source.dtype, buffer=nl.shared_hbm)
        own = nl.ndarray(source.shape, source.dtype, buffer=nl.private_hbm)
        out = nl.ndarray(source.shape, source.dtype, buffer=nl.shared_hbm)
        if nl.program_id() == 0:
            nl.store(between, nl.add(nl.load(source), 1.0))
            nl.store(source, nl.zeros(source.shape, source.dtype))
        nisa.core_barrier(between, (0, 1))
        nisa.core_barrier(source, (0, 1))
        if nl.program_id() == 1:
            nl.store(own, nl.load(between))
            nl.store(out, nl.add(nl.load(own), nl.load(source)))
        return out

    array = x.copy()
    np.testing.assert_array_equal(kernel[2](array), x + 1)
    assert not array.any()


def test_cores_that_declare_different_tensors_are_refused():
    @nki.jit
    def kernel():
        nl.ndarray((4, 4 + nl.program_id()), nl.float32, buffer=nl.shared_hbm)

    with pytest.raises(trainyard.Error) as caught:
        kernel[2]()
    assert caught.value.code == "E110"
    assert caught.value.file == __file__


# --- sendrecv ------------------------------------------------------------------------------------


def exchange(dtype, dma_engine=nisa.dma_engine.dma, columns=64):
    """Each core loads its half of the columns and stores what the other one has loaded."""

    def kernel(x):
        out = nl.ndarray(x.shape, dtype, buffer=nl.shared_hbm)
        core = nl.program_id()
        mine = nl.load(x[:, nl.ds(core * columns, columns)])
        theirs = nl.ndarray(mine.shape, dtype)
        nisa.sendrecv(mine, theirs, 1 - core, 1 - core, pipe_id=0, dma_engine=dma_engine)
        nl.store(out[:, nl.ds(core * columns, columns)], theirs)
        return out

    return kernel


@pytest.mark.parametrize("machine", ["trn2", "trn3"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "uint8", "float8_e4m3"])
@pytest.mark.parametrize("engine", list(nisa.dma_engine))
def test_cores_exchange_bits(rng, machine, dtype, engine):
    kind = getattr(nl, dtype)
    bits = rng.integers(0, 256, (128, 128 * kind.dtype.itemsize), dtype=np.uint8)
    x = bits.view(kind.dtype)
    found = trainyard.run(exchange(kind, engine), x, machine=machine, lnc=2).outputs
    expected = np.concatenate([x[:, 64:], x[:, :64]], axis=1)
    assert found.tobytes() == expected.tobytes()


def test_a_core_may_send_to_itself_and_in_rings(rng):
    x = rng.standard_normal((4, 8), dtype=np.float32)

    def kernel(x):
        out = nl.ndarray((2, *x.shape), x.dtype, buffer=nl.shared_hbm)
        tile, copy = nl.multiply(nl.load(x), nl.program_id() + 1.0), nl.ndarray(x.shape, x.dtype)
        nisa.sendrecv(tile, copy, nl.program_id(), nl.program_id(), pipe_id=3)
        nisa.sendrecv(copy, copy, 1 - nl.program_id(), 1 - nl.program_id(), pipe_id=3)
        nl.store(out[nl.program_id()], copy)
        return out

    np.testing.assert_array_equal(trainyard.run(kernel, x, lnc=2).outputs, [2 * x, x])


@pytest.mark.parametrize("options", [{"debug": "eager"}, {}])
def test_values_may_be_asked_for_after_a_meeting(rng, options):
    """Each core's loop runs as often as the other one says."""

    @nki.jit(**options)
    def kernel(counts):
        out = nl.ndarray((2, 1), nl.int32, buffer=nl.shared_hbm)
        core = nl.program_id()
        mine = nl.load(counts[nl.ds(core, 1)])
        theirs = nl.ndarray((1, 1), nl.int32)
        nisa.sendrecv(mine, theirs, 1 - core, 1 - core, 0)
        times = nisa.register_alloc()
        nisa.register_load(times, theirs)
        total = nl.zeros((1, 1), nl.int32)
        for _ in nl.dynamic_range(times):
            nisa.tensor_scalar(total, total, nl.add, 1)
        nl.store(out[nl.ds(core, 1)], total)
        return out

    counts = np.array([[3], [5]], np.int32)
    np.testing.assert_array_equal(kernel[2](counts), [[5], [3]])


def test_what_is_not_written_stays_so_on_the_other_core():
    def kernel(x):
        out = nl.ndarray((2, 8), x.dtype, buffer=nl.shared_hbm)
        core = nl.program_id()
        tile, other = nl.ndarray((1, 8), x.dtype), nl.ndarray((1, 8), x.dtype)
        nisa.dma_copy(tile[:, 0 : 7 + core], x[0:1, 0 : 7 + core])  # core 0 leaves one out
        nisa.sendrecv(tile, other, 1 - core, 1 - core, 0)
        nl.store(out[nl.ds(core, 1)], other)
        return out

    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernel, np.ones((1, 8), np.float32), lnc=2)
    assert caught.value.code == "E210"


SENDRECV_REFUSALS = {
    "E305": (1, lambda a, b: nisa.sendrecv(a, b, 0, 0, 0)),
    "E106": (2, lambda a, b: nisa.sendrecv(a, nl.ndarray(a.shape, nl.bfloat16), 0, 0, 0)),
    "E103": (2, lambda a, b: nisa.sendrecv(a, nl.ndarray((128, 257), a.dtype), 0, 0, 0)),
    "E107": (2, lambda a, b: nisa.sendrecv(a, nl.ndarray(a.shape, a.dtype, nl.psum), 0, 0, 0)),
    "E111": (2, lambda a, b: nisa.sendrecv(a, b, 2, 0, 0)),
}


@pytest.mark.parametrize("code", SENDRECV_REFUSALS)
def test_sendrecv_refuses(code):
    cores, call = SENDRECV_REFUSALS[code]

    def body():
        tiles = [nl.ndarray((128, 256), nl.float32) for _ in range(2)]
        call(*tiles)

    refused(code, body, lnc=cores)


@pytest.mark.parametrize(("dtype", "most"), [("float32", 256), ("bfloat16", 256), ("int8", 256)])
def test_gpsimd_exchanges_small_tiles_only(dtype, most):
    def body(columns):
        tiles = [nl.full((128, columns), 1, getattr(nl, dtype)) for _ in range(2)]
        to = 1 - nl.program_id()
        nisa.sendrecv(*tiles, to, to, 0, dma_engine=nisa.dma_engine.gpsimd_dma)

    inside(lambda: body(most), lnc=2)
    refused("E104", lambda: body(most + 1), lnc=2)


def test_trn1_has_no_meetings():
    refused("E113", lambda: nisa.sendrecv(*2 * [nl.ndarray((4, 4), nl.float32)], 0, 0, 0), lnc=2,
            machine="trn1")  # fmt: skip


# --- meetings that go wrong ----------------------------------------------------------------------


def failing(body, **options):
    """The error of a kernel on two cores."""
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(body, lnc=2, **options)
    return caught.value


@pytest.mark.parametrize("time_only", [False, True])
def test_a_core_that_does_not_come_is_a_deadlock(time_only):
    def kernel():
        shared = nl.zeros((4, 4), nl.float32, buffer=nl.shared_hbm)
        if nl.program_id() == 0:
            nisa.core_barrier(shared, (0, 1))  # alone
        return shared

    error = failing(kernel, time_only=time_only)
    assert error.code == "E311"
    assert error.line == line_of("nisa.core_barrier(shared, (0, 1))  # alone")
    assert "core 1 does not come to a meeting" in str(error)


def test_a_deadlock_is_found_while_a_value_is_asked_for():
    def kernel():
        tile = nl.zeros((1, 1), nl.int32)
        if nl.program_id() == 0:
            nisa.sendrecv(tile, tile, 1, 1, 0)
            tile.numpy()

    error = failing(kernel)
    assert error.code == "E311"


@pytest.mark.parametrize("time_only", [False, True])
def test_pipes_that_do_not_match_are_named_with_both_lines(time_only):
    def kernel():
        tile = nl.zeros((4, 4), nl.float32)
        if nl.program_id() == 0:
            nisa.sendrecv(tile, tile, 1, 1, 0)  # pipe 0
        else:
            nisa.sendrecv(tile, tile, 0, 0, 1)  # pipe 1

    error = failing(kernel, time_only=time_only)
    assert error.code == "E312"
    for side, text in enumerate(["1, 1, 0)  # pipe 0", "0, 0, 1)  # pipe 1"]):
        place = f"{__file__}:{line_of(f'nisa.sendrecv(tile, tile, {text}')}"
        assert f"core {side} waits in sendrecv at {place}" in str(error)


def test_ranks_and_tiles_must_match():
    def ranks():
        tile = nl.zeros((4, 4), nl.float32)
        nisa.sendrecv(tile, tile, 0, 1 - nl.program_id(), 0)

    def tiles():
        tile = nl.zeros((4, 4 + nl.program_id()), nl.float32)
        nisa.sendrecv(tile, tile, 1 - nl.program_id(), 1 - nl.program_id(), 0)

    assert failing(ranks).code == "E312"
    error = failing(tiles)
    assert error.code == "E312"
    assert re.search(r"core 1 sends .*\[4, 5\]", str(error))


def test_an_error_of_one_core_is_that_error():
    def kernel():
        if nl.program_id() == 1:
            raise ValueError("as kernels do")
        tile = nl.zeros((1, 1), nl.int32)
        nisa.sendrecv(tile, tile, 1, 1, 0)
        return tile.numpy()

    with pytest.raises(ValueError, match="as kernels do"):
        trainyard.run(kernel, lnc=2)


def test_barriers_take_both_cores_and_what_they_work_on():
    def barrier(buffer=nl.shared_hbm, cores=(0, 1), **options):
        return lambda: nisa.core_barrier(nl.ndarray((4, 4), nl.float32, buffer), cores, **options)

    inside(barrier(), lnc=2)
    inside(barrier(engine=nisa.engine.vector), lnc=2)
    for cores in ((0,), (1, 0), (0, 1, 2)):
        refused("E111", barrier(cores=cores), lnc=2)
    inside(barrier(nl.sbuf), lnc=2)
    refused("E107", barrier(nl.private_hbm), lnc=2)
    refused("E107", barrier(nl.psum), lnc=2)
    refused("E112", barrier(engine=nisa.engine.dma), lnc=2)
    refused("E305", barrier())


# --- races ---------------------------------------------------------------------------------------


def neighbours(barrier):
    """Each core writes its half and reads the other's."""

    def kernel(x):
        between = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        half = x.shape[0] // 2
        mine, theirs = (nl.ds(core * half, half) for core in (nl.program_id(), 1 - nl.program_id()))
        nl.store(between[mine], nl.load(x[mine]))
        if barrier:
            nisa.core_barrier(between, (0, 1))
        nl.store(out[mine], nl.load(between[theirs]))
        return out

    return kernel


def test_a_read_of_what_another_core_writes_needs_a_barrier(rng):
    x = rng.standard_normal((64, 16), dtype=np.float32)
    found = trainyard.run(neighbours(True), x, lnc=2)
    np.testing.assert_array_equal(found.outputs, np.concatenate([x[32:], x[:32]]))
    assert not found.findings
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(neighbours(False), x, lnc=2)
    assert caught.value.code == "E313"
    assert "while core 1" in str(caught.value)


def test_writing_the_same_bytes_is_a_finding(rng):
    """Both clear everything, then write their rows: each sees its own rows in the end."""
    x = rng.standard_normal((4, 16), dtype=np.float32)

    def kernel(x):
        out = nl.ndarray(x.shape, x.dtype, buffer=nl.shared_hbm)
        mine = nl.ds(2 * nl.program_id(), 2)
        nl.store(out, nl.zeros(x.shape, x.dtype))
        nl.store(out[mine], nl.load(x[mine]))
        return out

    found = trainyard.run(kernel, x, lnc=2)
    np.testing.assert_array_equal(found.outputs, x)
    assert any("the later one stays" in text for text, _, _ in found.findings)


# --- time ----------------------------------------------------------------------------------------


def test_cores_go_on_together():
    """A core that has less to do waits for the other one at the barrier."""

    def kernel(work):
        shared = nl.ndarray((128, 512), nl.float32, buffer=nl.shared_hbm)
        tile = nl.zeros((128, 512), nl.float32)
        for _ in range(work if nl.program_id() == 0 else 1):
            nisa.reciprocal(tile, tile)
        nl.store(shared[0:64] if nl.program_id() else shared[64:128], tile[0:64])
        nisa.core_barrier(shared, (0, 1), engine=nisa.engine.gpsimd)
        nl.store(nl.ndarray((128, 512), nl.float32, nl.private_hbm), nl.load(shared))

    def spans(work):
        summary = launch(kernel, (work,), {}, lnc=2, time_only=True, intervals=True).summary
        return summary.span_ps, [row[4] for row in summary.intervals if row[1] == "core_barrier"]

    short, starts = spans(1)
    long, long_starts = spans(50)
    assert len(starts) == len(long_starts) == 2
    assert starts[0] == starts[1]
    assert long_starts[0] == long_starts[1] > starts[0]
    assert long > short
