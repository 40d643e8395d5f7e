"""What tracing costs: a call of an instruction, and an index, as multiples of an empty Python
function with the same keywords. Run with the interpreter that has trainyard:

    .venv/bin/python bench/trace_call.py

CPU time of the host, the least of several runs; nothing of the chip is timed here.
"""

import time

from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.machines import load_machine

import trainyard
from trainyard import _core

CALLS = 20_000
TARGET = 25.0


def empty(dst, data1, data2, op):
    """What a call costs in Python alone."""


def least(body, *arguments, runs=7):
    """Nanoseconds of one of CALLS rounds of `body`, in the fastest run."""
    best = float("inf")
    for _ in range(runs):
        started = time.process_time_ns()
        body(*arguments)
        best = min(best, time.process_time_ns() - started)
    return best / CALLS


def call_empty(a, b, c):
    for _ in range(CALLS):
        empty(dst=a, data1=b, data2=c, op=nl.add)


def call_instruction(a, b, c):
    for _ in range(CALLS):
        nisa.tensor_tensor(dst=a, data1=b, data2=c, op=nl.add)


def call_copy(a, b, c):
    for _ in range(CALLS):
        nisa.dma_copy(dst=a, src=b)


def call_matmul(p, a, b):
    for _ in range(CALLS):
        nisa.nc_matmul(dst=p, stationary=a, moving=b)


def slice_columns(a, b, c):
    for i in range(CALLS):
        a[:, i & 127 : (i & 127) + 64]


def slice_tile(a, b, c):
    for _ in range(CALLS):
        a[0:128, nl.ds(0, 128)]


def declare(a, b, c):
    for _ in range(CALLS):
        nl.ndarray((128, 512), dtype=nl.float32, buffer=nl.sbuf)


def measure(name, body, *arguments):
    found[name] = least(body, *arguments)


def kernel():
    a, b, c = (nl.ndarray((128, 512), nl.float32, buffer=nl.sbuf) for _ in range(3))
    p = nl.ndarray((128, 512), nl.float32, buffer=nl.psum)
    stationary = a[:, 0:128]
    measure("an empty function", call_empty, a, b, c)
    measure("tensor_tensor", call_instruction, a, b, c)
    measure("dma_copy", call_copy, a, b, c)
    measure("nc_matmul", call_matmul, p, stationary, b)
    measure("t[:, i:j]", slice_columns, a, b, c)
    measure("t[0:128, nl.ds(0, 128)]", slice_tile, a, b, c)
    measure("nl.ndarray", declare, a, b, c)


found = {}

if __name__ == "__main__":
    # Ordering and timing the trace are another benchmark's matter: this one ends with it.
    trace = _core.new_trace(load_machine("trn2"), "kernel", time_only=True)
    _core.set_trace(trace)
    kernel()
    _core.set_trace(None)
    base = found["an empty function"]
    print(f"trainyard {trainyard.__version__}, {CALLS} calls, least of 7 runs")
    for name, nanoseconds in found.items():
        print(f"{name:26} {nanoseconds:8.0f} ns of CPU {nanoseconds / base:7.1f} x")
    ratio = found["tensor_tensor"] / base
    print(f"a traced call: {ratio:.1f} x an empty function (target: at most {TARGET:.0f} x)")
