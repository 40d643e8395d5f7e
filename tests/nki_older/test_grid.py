"""Launch grids: independent programs, dealt to one core or two."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from older import inside, refused, stored
from trainyard.nki_older import grid
from trainyard.nki_older import language as nl
from trainyard.nki_older.kernel import Kernel

import trainyard


def double(a):
    b = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    i, j = nl.program_id(0), nl.program_id(1)
    nl.store(b[i, j], nl.load(a[i, j]) * 2)
    return b


@pytest.mark.parametrize(
    "sizes",
    [(4, 2), (nl.spmd_dim(nl.nc(2), 2), 2), (nl.nc(2) * 2, 2), (2 * nl.nc(2), 2), (4, nl.nc(2))],
)
def test_programs_fill_one_output(sizes, rng):
    a = rng.standard_normal((4, 2, 16, 8)).astype(np.float32)
    np.testing.assert_array_equal(Kernel(double)[sizes](a), 2 * a)


def test_ids_in_order():
    seen = []

    def body(out):
        seen.append((nl.program_id(0), nl.program_id(1), nl.program_ndim(), nl.num_programs()))
        assert (nl.num_programs(0), nl.num_programs(1), nl.num_programs([0, 1])) == (2, 3, 6)
        assert nl.program_id(-1) == nl.program_id(1)
        nl.store(out, 0.0)

    stored(body, (4, 4), grid=(2, 3))
    assert seen == [(i, j, 2, 6) for i in range(2) for j in range(3)]


@pytest.mark.parametrize(
    ("dimension", "cores"),
    [
        (nl.nc(2), [0, 1]),
        (nl.spmd_dim(nl.nc(2), 3), [0, 0, 0, 1, 1, 1]),
        (nl.spmd_dim(3, nl.nc(2)), [0, 1, 0, 1, 0, 1]),
    ],
)
def test_how_programs_are_dealt(dimension, cores):
    assert [dimension.core_of(i) for i in range(dimension.size)] == cores
    programs = grid.Programs(grid.dimensions(dimension))
    assert [i for (i,) in programs.of_core(1)] == [i for i, c in enumerate(cores) if c]


def test_two_cores_take_about_half_as_long(rng):
    a = rng.standard_normal((16, 1, 128, 512)).astype(np.float32)
    alone = Kernel(double)[16, 1].launch((a,), {})
    shared = Kernel(double)[nl.nc(2) * 8, 1].launch((a,), {})
    assert (len(alone.traces), len(shared.traces)) == (1, 2)
    assert shared.traces[0].size == shared.traces[1].size == alone.traces[0].size // 2
    assert shared.time < alone.time


def test_private_memory_is_each_programs_own(rng):
    a = rng.standard_normal((3, 16, 8)).astype(np.float32)

    def body(out, t):
        i = nl.program_id(0)
        scratch = nl.ndarray((16, 8), nl.float32, buffer=nl.private_hbm)
        nl.store(scratch, nl.load(t[i]))
        nl.store(out[i], nl.load(scratch))

    np.testing.assert_array_equal(stored(body, (3, 16, 8), a, grid=3), a)


def test_without_a_grid():
    assert inside(lambda: (nl.program_ndim(), nl.num_programs())) == (0, 1)
    assert "kernel[4, 2]" in str(refused("E111", lambda: nl.program_id(0)))


@pytest.mark.parametrize("bad", [0, (2, -1), (nl.nc(2), nl.nc(2))])
def test_bad_grids(bad):
    with pytest.raises(trainyard.Error, match="E007"):
        Kernel(double)[bad]


def test_axes_end_at_the_grids():
    with pytest.raises(trainyard.Error, match="E111"):
        stored(lambda out: nl.program_id(2), (4, 4), grid=(1, 1))
    with pytest.raises(trainyard.Error, match="E007"):
        nl.nc(3)


def test_programs_that_disagree():
    def kernel():
        return nl.ndarray((4, 4 + nl.program_id(0)), nl.float32, buffer=nl.shared_hbm)

    with pytest.raises(trainyard.Error, match="E007"):
        Kernel(kernel)[2]()


def test_outputs_of_a_grid_are_shared():
    def kernel():
        out = nl.ndarray((4, 4), nl.float32, buffer=nl.hbm)
        nl.store(out, 1.0)
        return out

    assert (Kernel(kernel)() == 1).all() and (Kernel(kernel)[1]() == 1).all()
    with pytest.raises(trainyard.Error, match="E304"):
        Kernel(kernel)[2]()


def test_threads_do_not_meet(rng):
    a = rng.standard_normal((8, 2, 16, 8)).astype(np.float32)

    def run(sign):
        return [Kernel(double)[8, 2](sign * a) for _ in range(4)]

    with ThreadPoolExecutor(3) as pool:
        for sign, found in zip((1, -1, 2), pool.map(run, (1, -1, 2)), strict=True):
            assert all((one == 2 * sign * a).all() for one in found)
