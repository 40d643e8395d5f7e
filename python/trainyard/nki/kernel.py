"""Kernels: functions that are traced into programs when they are called with arrays."""

import functools
import importlib
import operator

from trainyard import _core
from trainyard.nki.launch import launch


class Kernel:
    """A function that runs on a NeuronCore. `kernel[lnc](…)` chooses the physical cores of the
    logical core that it runs on; called by another kernel, it is part of that one."""

    def __init__(self, function, lnc=None, options=None):
        self.function = function
        self.lnc = lnc
        self.options = options or {}
        functools.update_wrapper(self, function)

    def __getitem__(self, grid):
        sizes = grid if isinstance(grid, tuple) else (grid,)
        if len(sizes) != 1:
            _core.refuse("E007", f"{self.__name__}[{grid}]", str(sizes), "one number", "the grid")
        return Kernel(self.function, int(sizes[0]), self.options)

    def __call__(self, *args, **kwargs):
        if _core.has_trace():
            return self.function(*args, **kwargs)
        return launch(self.function, args, kwargs, lnc=self.lnc, **self.options).outputs

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return Kernel(self.function.__get__(instance, owner), self.lnc, self.options)

    def __reduce__(self):
        """Pickles by name: another process imports the kernel's module."""
        return _by_name, (self.__module__, self.__qualname__, self.lnc, self.options)

    def __repr__(self):
        return f"<kernel {self.__module__}.{self.__qualname__}>"

    def with_schedule(self, edges):
        """A kernel in which (consumer, producer or producers) pairs of instruction names keep
        their order, as far as data allow."""
        return Kernel(self.function, self.lnc, {**self.options, "edges": tuple(edges)})


def _by_name(module, name, lnc, options):
    found = operator.attrgetter(name)(importlib.import_module(module))
    return Kernel(found.function if isinstance(found, Kernel) else found, lnc, options)


def jit(fn=None, **kwargs):
    """Marks a function as a kernel. `debug="eager"` runs every instruction at once, so that prints
    and breakpoints see values; `platform_target` names the machine, unless the caller does.
    Keywords of other toolchains (mode, debug_kernel, experimental_flags, …) change nothing."""
    options = {}
    if kwargs.get("debug") == "eager":
        options["eager"] = True
    if kwargs.get("platform_target"):
        options["preferred_machine"] = kwargs["platform_target"]
    if fn is None:
        return lambda function: jit(function, **kwargs)
    if isinstance(fn, Kernel):
        return Kernel(fn.function, fn.lnc, {**fn.options, **options})
    return Kernel(fn, options=options)


def simulate(kernel):
    """A callable that runs the kernel on the simulated machine; inputs that the kernel writes are
    updated in place. Both `simulate(k[2])(…)` and `simulate(k)[2](…)` choose two cores."""
    return kernel if isinstance(kernel, Kernel) else Kernel(kernel)
