"""Kernels whose source is public, from the files in a checkout, unmodified, and their times.
Nothing of them is in this repository; kernels.py says which measurement is of which kernel."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np

from trainyard import _core, load_machine
from trainyard.conformance.suites import find_file
from trainyard.nki.launch import launch
from trainyard.validate.prediction import NotModelledError, Prediction

TYPES = {"fp32": np.float32, "bf16": ml_dtypes.bfloat16}
# Which window of a profile a metric is: with all of the runtime's prologue and epilogue, or (device
# latency) with what is left of them after so much set-up, as sources that give both windows show.
WITH_ENVELOPE = ("total_time", "profile_total_time", "core_time")
SETUP = {  # seconds, least and most
    "latency": (4e-6, 10e-6),
    "p50_latency": (4e-6, 10e-6),
    "p99_latency": (4e-6, 10e-6),
    "total_active_time": (5e-6, 7e-6),
}
ENGINES = {
    "tensor_active_pct": "tensor",
    "vector_active_pct": "vector",
    "scalar_active_pct": "scalar",
    "dma_active_pct": "dma",  # a transfer in flight
}
ACTIVE = {name.replace("_pct", "_time"): engine for name, engine in ENGINES.items()}


class Checkouts:
    """Folders in which kernels are looked for, and what has been timed of them so far."""

    def __init__(self, folders=()):
        self._folders = [Path(folder) for folder in folders]
        self._modules, self._timed = {}, {}

    def kernel(self, file, name):
        """A function of a file. Raises NotModelledError."""
        return getattr(self.module(file), name)

    def module(self, file):
        """The first file of that name, or pattern of the last parts of a path, as a module. Raises
        NotModelledError."""
        if file not in self._modules:
            self._modules[file] = self._load(file)
        return self._modules[file]

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
            name = f"validated.{path.parent.name}.{path.stem}"
            spec = importlib.util.spec_from_file_location(name, path)
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
    hbm_bytes: int
    dma_busy: float
    mfu: float  # shares of the peaks
    mbu: float
    remark: str


SPILLED = "as if SBUF were large enough: the vendor's compiler spills"


def time_kernel(kernel, arrays, machine):
    """A kernel's simulated time, without values. Raises NotModelledError if it is refused."""

    def timed(lenient=None):
        return launch(
            kernel.function,
            arrays,
            {},
            machine=machine,
            time_only=True,
            checks=False,
            intervals=True,
            lenient=lenient,
        )

    remark = ""
    try:
        try:
            done = timed()
        except _core.Error as error:
            if error.code != "E201":
                raise
            done, remark = timed(("sbuf-overflow",)), SPILLED
    except _core.Error as error:
        raise NotModelledError(f"refused with {error.code}") from error
    found = done.summary
    return Timed(
        found.seconds,
        *found.seconds_range,
        engines=found.engines | {"dma": found.dma_active_seconds / found.seconds},
        envelope=load_machine(machine).runtime_seconds,
        hbm_bytes=found.hbm_bytes,
        dma_busy=found.dma_busy_seconds,
        mfu=found.tflops / found.peak_tflops,
        mbu=found.hbm_gb_s / found.hbm_gb_s_peak,
        remark=remark,
    )


def of_metric(row, timed):
    """The metric of a timed kernel. Raises NotModelledError."""
    span = Prediction(timed.seconds, timed.low, timed.high, timed.remark)
    if row.metric in WITH_ENVELOPE or row.metric in SETUP:
        least, most = SETUP.get(row.metric, (0, 0))
        envelope = timed.envelope
        around = Prediction(envelope - (least + most) / 2, envelope - most, envelope - least)
        return span.plus(around)
    if row.metric == "dma_packet_time_sum":
        return Prediction.exact(timed.dma_busy)
    if row.metric == "hbm_bytes_total" and row.unit == "MB":
        return Prediction.exact(timed.hbm_bytes / 1e6)
    if row.metric in ("mfu", "mbu"):
        return span.rate(100 * getattr(timed, row.metric) * timed.seconds)
    if row.metric in ENGINES:
        return Prediction.exact(100 * timed.engines[ENGINES[row.metric]])
    if row.metric in ACTIVE:
        return span.times(timed.engines[ACTIVE[row.metric]])
    raise NotModelledError(f"{row.metric} of a kernel is not modelled yet")
