"""nki.benchmark and nki.profile: kernels that keep their simulated times."""

import json
import os
import shutil

from trainyard import _core
from trainyard.nki_older.kernel import Kernel

_PERCENTILES = (0, 1, 10, 25, 50, 90, 99, 100)


class Latency:
    """Latencies of a kernel: the simulated time, which is the same each time."""

    def __init__(self, seconds):
        self.seconds = seconds

    def get_latency_percentile(self, percentile):
        """Microseconds; percentiles are 0, 1, 10, 25, 50, 90, 99 and 100."""
        if percentile not in _PERCENTILES:
            found, allowed = str(percentile), ", ".join(map(str, _PERCENTILES))
            _core.refuse("E111", "get_latency_percentile", found, allowed, "nki.benchmark")
        return self.seconds * 1e6


class BenchmarkResult:
    """What `kernel.benchmark_result` holds after a call."""

    def __init__(self, seconds):
        self.nc_latency = Latency(seconds)


class Benchmark(Kernel):
    """A kernel whose calls are timed. Values are not computed, as on a device whose outputs are
    undefined then: arrays that come back hold NaN, or 4 in integers."""

    def __init__(self, body, dims=(), settings=None):
        super().__init__(body, dims, settings)
        self.benchmark_result = None

    def __call__(self, *args, **kwargs):
        if _core.has_trace():
            return self.body(*args, **kwargs)
        trace_file = self.settings.get("save_trace_name")
        done = self.launch(args, kwargs, time_only=True, intervals=bool(trace_file))
        self.benchmark_result = BenchmarkResult(float(done.time))
        if trace_file:
            _core.write_perfetto(os.fspath(trace_file), [done.summary])
        if program := self.settings.get("save_neff_name"):
            _write_program(os.fspath(program), done)
        latency = self.benchmark_result.nc_latency.get_latency_percentile(50)
        print(f"{self.__name__}: {latency:.3f} us simulated, on {done.machine.name}")
        return done.outputs


def benchmark(kernel=None, **kwargs):
    """A kernel that keeps `benchmark_result.nc_latency`, in simulated time. warmup and iters
    change nothing: every turn takes the same time. save_trace_name: a Perfetto trace;
    save_neff_name: the program as text."""
    if kernel is None:
        return lambda function: benchmark(function, **kwargs)
    return _timed(Benchmark, kernel, kwargs)


def _timed(kind, kernel, kwargs):
    settings = dict(kwargs)
    if target := settings.pop("platform_target", None):
        settings["preferred_machine"] = target
    if isinstance(kernel, Kernel):
        return kind(kernel.body, kernel.dims, {**kernel.settings, **settings})
    return kind(kernel, (), settings)


class Profile(Kernel):
    """A kernel whose calls leave a trace, a program and a summary in a directory."""

    def __call__(self, *args, **kwargs):
        if _core.has_trace():
            return self.body(*args, **kwargs)
        folder = _prepared(self.settings)
        done = self.launch(args, kwargs, time_only=True, intervals=True)
        _write_program(os.path.join(folder, self.settings.get("save_neff_name", "file.neff")), done)
        reports = os.path.join(folder, "json_reports")
        os.makedirs(reports, exist_ok=True)
        stem, ending = os.path.splitext(self.settings.get("save_trace_name", "profile.ntff"))
        for number in _profiled(self.settings):
            name = stem if number == 1 else f"{stem}_exec_{number}"
            _core.write_perfetto(os.path.join(folder, name + ending), [done.summary])
            text = done.summary.to_json()
            json.loads(text)
            _core.write_file(os.path.join(reports, f"{name}.json"), text)
        return done.outputs


def profile(func=None, **kwargs):
    """A kernel that writes its profile to working_directory: the program as text under
    save_neff_name, a Perfetto trace under save_trace_name (one for each profile_nth of num_execs
    executions, all equal), and JSON summaries."""
    if func is None:
        return lambda function: profile(function, **kwargs)
    return _timed(Profile, func, kwargs)


def _profiled(settings):
    """Numbers of the executions that are profiled."""
    nth, count = int(settings.get("profile_nth", 1)), int(settings.get("num_execs", 1))
    return list(range(nth, count + 1, nth)) or [nth]


def _prepared(settings):
    folder = settings.get("working_directory")
    if not folder or not os.path.isabs(folder):
        found, allowed = str(folder), "an absolute path"
        _core.refuse("E111", "nki.profile: working_directory", found, allowed, "nki.profile")
    if os.path.isdir(folder) and os.listdir(folder):
        if not settings.get("overwrite"):
            fix = "Pass overwrite=True, or name a new directory."
            _core.refuse("E006", f"{folder} is not empty", fix=fix)
        shutil.rmtree(os.path.join(folder, "json_reports"), ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
    return folder


def _write_program(path, done):
    _core.write_file(path, "\n".join(trace.text for trace in done.traces))
