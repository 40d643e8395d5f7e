"""Throughput of the Vector, Scalar and GpSimd Engines, by type and memory of what they read."""

from itertools import product

from trainyard import _core
from trainyard.bringup.benchmark import Row, sheet, skipped
from trainyard.microbench.engines import interval, on_columns
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

COLUMNS = (64, 512, 4096)
MEMORIES = {"SBUF": nl.sbuf, "PSUM": nl.psum}
TYPES = {"bf16": nl.bfloat16, "fp32": nl.float32}
FIXED = "the fixed cost of an instruction"


def _copy(engine):
    return lambda dst, src, _: nisa.tensor_copy(dst, src, engine)


def _add(engine):
    # Only one operand may be in PSUM.
    return lambda dst, src, _: nisa.tensor_tensor(dst, src, dst, nl.add, engine=engine)


def _scale(dst, src, _):
    nisa.tensor_scalar(dst, src, nl.multiply, 2.0, engine=nisa.engine.vector)


def _reduce(dst, src, _):
    nisa.tensor_reduce(dst[:, 0:1], nl.add, src, 1)


def _exp(dst, src, _):
    nisa.activation(dst, nl.exp, src)


# (engine, what it does, the call, instruction, {(type, memory): key of elements a cycle}, why it
# may fall short); one element a cycle where there is no key.
FAST, HALF, WIDE = "fast4_rate", "fast2_rate", "fp32_fast_rate"
PAIRS = 2  # of 16 bits, which a reduction takes in a cycle on every generation
VECTOR, SCALAR, GPSIMD = nisa.engine.vector, nisa.engine.scalar, nisa.engine.gpsimd
COPIES = {("bf16", "SBUF"): FAST, ("bf16", "PSUM"): HALF, ("fp32", "SBUF"): WIDE}
REDUCES = {("bf16", memory): PAIRS for memory in MEMORIES}
TWO = "two operands in SBUF take turns"
OPERATIONS = [
    ("vector", "copy", _copy(VECTOR), "tensor_copy", COPIES, FIXED),
    ("vector", "scale", _scale, "tensor_scalar", COPIES, FIXED),
    ("vector", "add", _add(VECTOR), "tensor_tensor", {("bf16", "SBUF"): HALF}, TWO),
    ("vector", "reduce", _reduce, "tensor_reduce", REDUCES, FIXED),
    ("scalar", "copy", _copy(SCALAR), "tensor_copy", COPIES | {("fp32", "SBUF"): None}, FIXED),
    ("scalar", "exp", _exp, "activation", {}, FIXED),
    ("gpsimd", "add", _add(GPSIMD), "tensor_tensor", {}, FIXED),
]


def engine_throughput(machine):
    """128 partitions, one instruction behind the other."""
    for operation in OPERATIONS:
        for kind, memory in product(TYPES, MEMORIES):
            yield from _curve(machine, operation, kind, memory)


def _curve(machine, operation, kind, memory):
    engine, what, call, instruction, modes, why = operation
    series = f"{engine} {what} {kind} {memory}"
    if engine == "gpsimd" and memory == "PSUM":
        yield skipped(series, "GpSimd does not reach PSUM", "Gelem/s")
        return
    paper = _on_paper(machine, engine, modes.get((kind, memory)))
    for columns in COLUMNS:
        make = on_columns(call, columns, None, MEMORIES[memory], TYPES[kind], TYPES[kind])
        try:
            seconds = interval(make, machine, instruction)
        except _core.Error as error:
            if error.code != "E113":  # what an older generation does not have
                raise
            yield skipped(series, error.message, "Gelem/s")
            return
        reason = why if columns == COLUMNS[-1] else FIXED
        rate = seconds.rate(machine.partitions * columns * 1e-9)
        yield Row(series, columns, rate, "Gelem/s", paper, reason=reason)


def _on_paper(machine, engine, mode):
    values = machine.values
    clock, at = f"core.{engine}.clock_ghz", f"core.{engine}.{mode}"
    a_cycle = values[at] if isinstance(mode, str) else mode or 1
    return sheet(machine, values["core.partitions"] * values[clock] * a_cycle, clock, at)
