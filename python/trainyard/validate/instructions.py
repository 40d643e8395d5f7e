"""Measurements of single instructions, from programs that repeat one."""

from trainyard.microbench.engines import WARM, interval, matmul, on_columns, repeated, tile
from trainyard.microbench.timeline import issue_interval, latency
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.validate.prediction import predicts

COLD = slice(1, 6)  # calls, with which the activity limiter has seen too little to warm up
TYPES = {"bf16": nl.bfloat16, "fp32": nl.float32}
TIMES = {"issue_interval": issue_interval, "instr_latency": latency, "instr_time": issue_interval}


def measured(row, name, make):
    """The row's metric of an instruction that is repeated."""
    calls = COLD if row.workload.endswith("cold") else WARM
    return TIMES[row.metric](repeated(make), row.machine, name, calls)


@predicts(r"MATMUL (?P<dtype>bf16|fp32)\D* N=(?P<n>\d+)", "issue_interval", "instr_latency")
def matmul_of_columns(row, match, programs):
    return _matmul(row, match["dtype"], int(match["n"]))


@predicts(r"MATMUL fp32.* (?P<n>\d+) (moving )?columns", "issue_interval", "instr_latency")
def matmul_pass(row, match, programs):
    return _matmul(row, "fp32", int(match["n"]))


@predicts(r"MATMUL bf16 128 rows x (?P<m>\d+) cols stationary, (?P<n>\d+) moving", "instr_latency")
def matmul_narrow(row, match, programs):
    return measured(row, "nc_matmul", matmul(nl.bfloat16, int(match["n"]), int(match["m"])))


@predicts(r"broadcast matmul \[1,(?P<n>\d+)\]->\[128,\d+\]", "instr_time")
def matmul_of_one_row(row, match, programs):
    def make():
        ones, line = tile((1, 128)), tile((1, int(match["n"])))
        bank = nl.ndarray((128, int(match["n"])), nl.float32, buffer=nl.psum)
        return lambda: nisa.nc_matmul(bank, ones, line, accumulate=False)

    return measured(row, "nc_matmul", make)


def _matmul(row, dtype, columns):
    make = matmul(TYPES[dtype], columns)
    found = measured(row, "nc_matmul", make)
    # Of float32 the profiler shows two instructions, a low and a high pass; ours is one. What one
    # pass takes from start to end is the latency less the other's columns.
    if dtype != "fp32":
        return found
    if row.metric == "issue_interval":
        return found.times(0.5)
    start_to_start = interval(make, row.machine, "nc_matmul")
    return found.times(1 - start_to_start.value / 2 / found.value)


@predicts(r"^(?P<engine>scalar|vector): COPY PSUM->SBUF fp32 N=(?P<n>\d+)", *TIMES)
def copy_from_psum(row, match, programs):
    engine = nisa.engine[match["engine"].lower()]
    make = on_columns(lambda d, s, _: nisa.tensor_copy(d, s, engine), int(match["n"]),
                       source=nl.psum)  # fmt: skip
    return measured(row, "tensor_copy", make)


@predicts(r"ACTIVATE exp SBUF N=(?P<n>\d+)", *TIMES)
def activate_exp(row, match, programs):
    # The traced kernels, softmaxes, pass the maximum as a bias tile.
    make = on_columns(lambda d, s, c: nisa.activation(d, nl.exp, s, bias=c), int(match["n"]))
    return measured(row, "activation", make)


@predicts(r"TENSOR_REDUCE add SBUF fp32 N=(?P<n>\d+)", *TIMES)
def reduce_add(row, match, programs):
    make = on_columns(lambda d, s, _: nisa.tensor_reduce(d, nl.add, s, 1), int(match["n"]), 1)
    return measured(row, "tensor_reduce", make)


@predicts(r"tensor_reduce abs-max (?P<n>\d+) elem", *TIMES)
def reduce_maximum(row, match, programs):
    make = on_columns(lambda d, s, _: nisa.tensor_reduce(d, nl.maximum, s, 1), int(match["n"]), 1)
    return measured(row, "tensor_reduce", make)


@predicts(r"activation_reduce (?P<n>\d+) elem/partition", *TIMES)
def activation_and_reduce(row, match, programs):
    def call(dst, src, column):
        nisa.activation_reduce(dst, nl.square, src, nl.add, column)

    return measured(row, "activation_reduce", on_columns(call, int(match["n"])))


@predicts(r"TENSOR_SCALAR fp32 SBUF N=(?P<n>\d+)", *TIMES)
def tensor_scalar(row, match, programs):
    def call(dst, src, column):
        nisa.tensor_scalar(dst, src, nl.multiply, column, engine=nisa.engine.vector)

    return measured(row, "tensor_scalar", on_columns(call, int(match["n"])))


@predicts(r"RECIPROCAL N=(?P<n>\d+)", *TIMES)
def reciprocal(row, match, programs):
    make = on_columns(lambda d, s, _: nisa.reciprocal(d, s), int(match["n"]))
    return measured(row, "reciprocal", make)


@predicts(r"ACTIVATE, 1 elem/partition, dependent chain", "issue_interval")
def activation_chain(row, match, programs):
    def make():
        one = tile((128, 1))
        return lambda: nisa.activation(one, nl.copy, one)

    return measured(row, "activation", make)
