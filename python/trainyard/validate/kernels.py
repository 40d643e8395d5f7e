"""Which published measurement is of which public kernel, on what inputs."""

import numpy as np

from trainyard.validate.prediction import NotModelledError, predicts
from trainyard.validate.programs import TYPES, of_metric, time_kernel


def timed(row, programs, file, name, *shapes):
    """A kernel's times with arrays of these shapes, in the row's type."""
    kernel = programs.kernel(file, name)
    if row.dtype not in TYPES:
        raise NotModelledError(f"its type, {row.dtype or 'not given'}, is none of {list(TYPES)}")
    dtype = TYPES[row.dtype]

    def make():
        arrays = tuple(np.empty(shape, dtype) for shape in shapes)
        return time_kernel(kernel, arrays, row.machine)

    return programs.timed((file, name, row.machine, row.dtype, shapes), make)


GEMMS = {
    "v2": "nki_matmul_tiled_",
    "v3": "nki_matmul_hoist_load_",
    "v4": "nki_matmul_block_free_dimension_",
    "v5": "nki_matmul_fully_optimized_",
}


@predicts(r"^(?P<version>v[2-5]) .*GEMM out\[(?P<m>\d+),(?P<n>\d+)\]=lhs\[(?P=m),(?P<k>\d+)\]@rhs")
def tutorial_gemm(row, match, programs):
    m, n, k = (int(match[name]) for name in "mnk")
    file, name = "matrix_multiplication_nki_kernels.py", GEMMS[match["version"]]
    return of_metric(row, timed(row, programs, file, name, (k, m), (k, n)))


@predicts(r"^mamba_(?P<version>v\d) seq(?P<steps>\d+) ch(?P<channels>\d+).*batch1 state16")
def tutorial_mamba(row, match, programs):
    steps, channels = int(match["steps"]), int(match["channels"])
    shapes = [(1, channels, steps)] * 2 + [(channels, 16)] + [(1, 16, steps)] * 2
    name = f"mamba_{match['version']}"
    return of_metric(row, timed(row, programs, "mamba_nki_kernels.py", name, *shapes))


@predicts(r"^attention S=(?P<steps>\d+) d=128 (?P<kind>baseline|fused)$")
@predicts(r"^profile trace (?P<kind>baseline|fused)_\w+_s(?P<steps>\d+) \(d=128\)$")
def fusion_attention(row, match, programs):
    file, name = f"{match['kind']}/attention.py", f"{match['kind']}_attention"
    shapes = [(128, int(match["steps"]))] * 3
    return of_metric(row, timed(row, programs, file, name, *shapes))


@predicts(
    r"^GEMM\+GELU M(?P<m>\d+) K(?P<k>\d+) N(?P<n>\d+) (?P<kind>baseline|fused_pwl|fused_taylor)$"
)
def fusion_mlp(row, match, programs):
    m, k, n = (int(match[name]) for name in "mkn")
    inputs = [(k, m), (k, n), (1, n)]
    if match["kind"] != "baseline":
        name = match["kind"].replace("fused", "fused_mlp")
        return of_metric(row, timed(row, programs, "fused/mlp.py", name, *inputs))
    # Two launches, whose latencies the source adds.
    file = "baseline/mlp_gemm.py"
    gemm = of_metric(row, timed(row, programs, file, "gemm_kernel", *inputs))
    return gemm.plus(of_metric(row, timed(row, programs, file, "gelu_kernel", (m, n))))


@predicts(r"^NKIBench baseline (?P<name>\w+) \{")
def nkibench(row, match, programs):
    name = match["name"]
    kernel = programs.module(f"kernels/{name}_[A-Z]*.py").kernel

    def make():
        reference = programs.module(f"reference/{name}_[A-Z]*.py")
        inputs = reference.transform_to_nki_inputs(reference.get_inputs())
        return time_kernel(kernel, inputs, row.machine)

    return of_metric(row, programs.timed((name, row.machine), make))
