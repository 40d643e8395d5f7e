"""Calls of one instruction, for programs that repeat it."""

from trainyard.microbench.timeline import WARM_UP, issue_interval
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

REPEATS = 6 * WARM_UP
WARM = slice(3 * WARM_UP, None)  # calls, when the activity limiter has seen enough


def tile(shape, dtype=nl.float32, buffer=nl.sbuf):
    """A tile that something has written."""
    new = nl.ndarray(shape, dtype, buffer=buffer)
    nisa.memset(new, 0.0, nisa.engine.vector)
    return new


def repeated(make, repeats=REPEATS):
    """A kernel of repeated calls: `make()` declares tiles and returns what makes one."""

    def body():
        call = make()
        for _ in range(repeats):
            call()

    return body


def interval(make, machine, name, repeats=REPEATS):
    """Seconds from one of these calls to the next, in the second half of the repeats."""
    return issue_interval(repeated(make, repeats), machine, name, slice(repeats // 2, None))


def matmul(dtype, columns, stationary_columns=128, double_row=False):
    """Products of 128 rows (256 in double_row mode) into one bank of PSUM."""
    pair = (2,) if double_row else ()
    mode = nisa.matmul_perf_mode.double_row if double_row else nisa.matmul_perf_mode.none

    def make():
        stationary = tile((128, *pair, stationary_columns), dtype)
        moving = tile((128, *pair, columns), dtype)
        bank = nl.ndarray((stationary_columns, columns), nl.float32, buffer=nl.psum)
        nisa.nc_matmul(bank, stationary, moving, accumulate=False, perf_mode=mode)
        return lambda: nisa.nc_matmul(bank, stationary, moving, accumulate=True, perf_mode=mode)

    return make


def on_columns(call, columns, out_columns=None, source=nl.sbuf, dtype=nl.float32, to=None):
    """A call on tiles of so many columns: call(dst, src, column); dst is of float32 if `to` is
    not given."""

    def make():
        src, column = tile((128, columns), dtype, source), tile((128, 1))
        dst = nl.ndarray((128, out_columns or columns), to or nl.float32, buffer=nl.sbuf)
        return lambda: call(dst, src, column)

    return make
