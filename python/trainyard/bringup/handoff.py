"""Semaphores: from the end of an instruction to the start of one that waits for it elsewhere."""

from itertools import permutations

from trainyard.bringup.benchmark import Row, sheet
from trainyard.microbench.engines import tile
from trainyard.microbench.timeline import WARM_UP, Ranged, timeline
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

KEYS = ("core.sequencer.semaphore_signal_ns", "core.sequencer.semaphore_wait_ns")
NANO = 1e9


def _instructions():
    """Engine -> a call that passes a tile on."""
    ones = tile((128, 128))
    bank = nl.ndarray((128, 128), nl.float32, buffer=nl.psum)

    def on(engine):
        return lambda dst, src: nisa.tensor_copy(dst, src, engine)

    return {
        "tensor": lambda dst, src: nisa.nc_matmul(bank, ones, src, accumulate=False),
        "vector": on(nisa.engine.vector),
        "scalar": lambda dst, src: nisa.activation(dst, nl.copy, src),
        "gpsimd": on(nisa.engine.gpsimd),
    }, bank


def hand_off(machine):
    """Two engines that pass a tile to and fro."""
    paper = sheet(machine, sum(machine.values[key] for key in KEYS), *KEYS)
    for first, second in permutations(("tensor", "vector", "scalar", "gpsimd"), 2):
        if {first, second} == {"tensor", "gpsimd"}:
            continue  # the one writes PSUM only, the other does not reach it
        found = _measure(machine, first, second)
        yield Row(f"{first} to {second}", None, found, "ns", paper, better="less")


def _measure(machine, first, second):
    def body():
        calls, bank = _instructions()
        a, b = tile((128, 128)), nl.ndarray((128, 128), nl.float32, buffer=nl.sbuf)
        for _ in range(WARM_UP):
            calls[first](b, a)
            calls[second](a, bank if first == "tensor" else b)

    intervals, done = timeline(body, machine)
    last, before = [i for i in reversed(intervals) if i.lane in (first, second)][:2]
    value = last.start - before.end
    low, high = done.summary.seconds_range
    scale = NANO / done.summary.seconds
    return Ranged(value * NANO, value * low * scale, value * high * scale)
