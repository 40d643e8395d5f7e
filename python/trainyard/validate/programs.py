"""Measurements of whole kernels whose source is public, from the kernels in a checkout, unmodified.
Nothing of them is in this repository."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainyard import _core, load_machine
from trainyard.conformance.suites import find_file
from trainyard.nki.launch import launch
from trainyard.validate.prediction import NotModelledError, Prediction, predicts

TYPES = {"fp32": np.float32}
# Which window of a profile a metric is: with all of the runtime's prologue and epilogue, or (device
# latency) with what is left of them after so much set-up, as sources that give both windows show.
WITH_ENVELOPE = ("total_time", "profile_total_time", "core_time")
DEVICE = ("latency", "p50_latency", "p99_latency")
SETUP = (4e-6, 10e-6)
ENGINES = {
    "tensor_active_pct": "tensor",
    "vector_active_pct": "vector",
    "scalar_active_pct": "scalar",
    "dma_active_pct": "dma load",
}
ACTIVE = {name.replace("_pct", "_time"): engine for name, engine in ENGINES.items()}


class Checkouts:
    """Folders in which kernels are looked for, and what has been timed of them so far."""

    def __init__(self, folders=()):
        self._folders = [Path(folder) for folder in folders]
        self._modules, self._timed = {}, {}

    def kernel(self, file, name):
        """A function of the first file of that name. Raises NotModelledError."""
        if file not in self._modules:
            self._modules[file] = self._load(file)
        return getattr(self._modules[file], name)

    def timed(self, key, make):
        """What `make()` gave for this key: rows often show one run's many metrics."""
        if key not in self._timed:
            self._timed[key] = make()
        return self._timed[key]

    def _load(self, file):
        for folder in self._folders:
            try:
                path = find_file(folder, file)
            except FileNotFoundError:
                continue
            spec = importlib.util.spec_from_file_location(f"validated.{path.stem}", path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
            return module
        raise NotModelledError(f"give a checkout that has {file} with --programs")


@dataclass(frozen=True)
class Timed:
    """One kernel's times, in seconds, and how busy its engines are."""

    seconds: float
    low: float
    high: float
    engines: dict
    envelope: float


def time_kernel(kernel, arrays, machine):
    """A kernel's simulated time, without values. Raises NotModelledError if it is refused."""
    try:
        done = launch(kernel.function, arrays, {}, machine=machine, time_only=True, checks=False)
    except _core.Error as error:
        spilled = "; the vendor's compiler spills" if error.code == "E201" else ""
        raise NotModelledError(f"refused with {error.code}{spilled}") from error
    low, high = done.summary.seconds_range
    envelope = load_machine(machine).runtime_seconds
    return Timed(done.summary.seconds, low, high, dict(done.summary.engines), envelope)


def of_metric(row, timed):
    """The metric of a timed kernel. Raises NotModelledError."""
    span = Prediction(timed.seconds, timed.low, timed.high)
    if row.metric in WITH_ENVELOPE or row.metric in DEVICE:
        least, most = SETUP if row.metric in DEVICE else (0, 0)
        envelope = timed.envelope
        return Prediction(
            span.value + envelope - (least + most) / 2,
            span.low + envelope - most,
            span.high + envelope - least,
        )
    if row.metric in ENGINES:
        return Prediction.exact(100 * timed.engines[ENGINES[row.metric]])
    if row.metric in ACTIVE:
        return span.times(timed.engines[ACTIVE[row.metric]])
    raise NotModelledError(f"{row.metric} of a kernel is not modelled yet")


GEMMS = {
    "v2": "nki_matmul_tiled_",
    "v3": "nki_matmul_hoist_load_",
    "v4": "nki_matmul_block_free_dimension_",
    "v5": "nki_matmul_fully_optimized_",
}


@predicts(r"^(?P<version>v[2-5]) .*GEMM out\[(?P<m>\d+),(?P<n>\d+)\]=lhs\[(?P=m),(?P<k>\d+)\]@rhs")
def tutorial_gemm(row, match, programs):
    m, n, k = (int(match[name]) for name in "mnk")
    name = GEMMS[match["version"]]

    def make():
        kernel = programs.kernel("matrix_multiplication_nki_kernels.py", name)
        dtype = TYPES[row.dtype]
        return time_kernel(kernel, (np.empty((k, m), dtype), np.empty((k, n), dtype)), row.machine)

    return of_metric(row, programs.timed((name, m, n, k, row.machine), make))


@predicts(r"^mamba_(?P<version>v\d) seq(?P<steps>\d+) ch(?P<channels>\d+).*batch1 state16")
def tutorial_mamba(row, match, programs):
    steps, channels = int(match["steps"]), int(match["channels"])
    name = f"mamba_{match['version']}"

    def make():
        kernel = programs.kernel("mamba_nki_kernels.py", name)
        shapes = [(1, channels, steps)] * 2 + [(channels, 16)] + [(1, 16, steps)] * 2
        return time_kernel(kernel, tuple(np.empty(s, np.float32) for s in shapes), row.machine)

    return of_metric(row, programs.timed((name, steps, channels, row.machine), make))
