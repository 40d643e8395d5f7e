"""Kernels: functions that are traced into programs when they are called with arrays."""

import functools

from trainyard import _core
from trainyard.nki.launch import launch


class Kernel:
    """A function that runs on a NeuronCore. `kernel[lnc](…)` chooses the physical cores."""

    def __init__(self, function, lnc=1, options=None):
        self.function = function
        self.lnc = lnc
        self.options = options or {}
        functools.update_wrapper(self, function)

    def __getitem__(self, grid):
        lnc = grid[0] if isinstance(grid, tuple) else grid
        return Kernel(self.function, int(lnc), self.options)

    def __call__(self, *args, **kwargs):
        if _core.has_trace():  # a kernel called by a kernel is part of it
            return self.function(*args, **kwargs)
        return launch(self.function, args, kwargs, lnc=self.lnc, **self.options).outputs

    def with_schedule(self, schedule):
        """Accepted for compatibility: program order obeys every data dependency already."""
        return self


def jit(fn=None, **keywords):
    """Marks a function as a kernel. Keywords of other toolchains are accepted: mode, platform_target,
    debug_kernel, show_compiler_tb, experimental_flags, additional_compile_opt; `debug="eager"` runs
    every instruction at once, so that prints and breakpoints see values."""
    options = {"eager": True} if keywords.get("debug") == "eager" else {}
    if keywords.get("platform_target"):
        options["machine"] = keywords["platform_target"]
    if fn is None:
        return lambda function: Kernel(function, options=options)
    return fn if isinstance(fn, Kernel) else Kernel(fn, options=options)


def simulate(kernel):
    """A callable that runs the kernel on the simulated machine; inputs that the kernel writes are
    updated in place. Both `simulate(k[2])(…)` and `simulate(k)[2](…)` choose two cores."""
    return kernel if isinstance(kernel, Kernel) else Kernel(kernel)
