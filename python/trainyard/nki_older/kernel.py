"""Kernels of the older API, and the ways to run them."""

import functools
import importlib
import operator
import os

from trainyard import _core
from trainyard.nki import launch as launching
from trainyard.nki_older import conjunction, errors, grid, outputs, results, turns
from trainyard.nki_older.creation_mode import creation_mode
from trainyard.nki_older.tile import Tile

_MODES = ("auto", "simulation", "baremetal", "benchmark", "profile", "trace", "jax", "torchxla")


class Kernel:
    """A function that runs on a NeuronCore. kernel[grid](…) launches a program for each point of
    the grid; called by another kernel, it is part of that one. `last` is the latest launch."""

    def __init__(self, function, dims=(), options=None):
        self.function = function
        self.dims = dims
        self.options = options or {}
        self.last = None
        functools.update_wrapper(self, function)

    def __getitem__(self, launch_grid):
        return type(self)(self.function, grid.dimensions(launch_grid), self.options)

    def __call__(self, *args, **kwargs):
        if _core.has_trace():
            return self.function(*args, **kwargs)
        return self.launch(args, kwargs).outputs

    def launch(self, args, kwargs, **options):
        """Runs the kernel and returns its Launch."""
        programs = grid.Programs(self.dims)
        cores = max((d.cores for d in self.dims), default=1)
        settings = {k: v for k, v in self.options.items() if k in _LAUNCH_OPTIONS}
        # Older kernels return tensors that they write in part: the rest comes back as what fresh
        # memory holds, NaN or 4, and is no error unless asked for.
        settings["checks"] = os.environ.get("TRAINYARD_CHECKS") == "1"
        with errors.as_older_api():
            self.last = launching.launch(
                _per_core(self.function, programs, bool(self.options.get("automatic"))),
                args,
                kwargs,
                lnc=cores,
                **{**settings, **options},
            )
        return self.last

    def with_options(self, **options):
        """The kernel with more options."""
        return type(self)(self.function, self.dims, {**self.options, **options})

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return type(self)(self.function.__get__(instance, owner), self.dims, self.options)

    def __reduce__(self):
        """Pickles by name: another process imports the kernel's module."""
        return _by_name, (self.__module__, self.__qualname__, self.dims, self.options)

    def __repr__(self):
        return f"<kernel {self.__module__}.{self.__qualname__}>"


_LAUNCH_OPTIONS = ("preferred_machine", "eager")


def _by_name(module, name, dims, options):
    found = operator.attrgetter(name)(importlib.import_module(module))
    return Kernel(found.function if isinstance(found, Kernel) else found, dims, options)


def _per_core(function, programs, automatic):
    """What one core runs: its programs, one after another. Tensors become tiles on the way in and
    tensors again on the way out; all programs return the same."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        args = tuple(to_tiles(a) for a in args)
        kwargs = {name: to_tiles(a) for name, a in kwargs.items()}
        core = _core.current_trace().core
        mine = grid.Programs(programs.dims)
        former = grid.enter(mine)
        returned = None
        try:
            with creation_mode(automatic):
                for index in mine.of_core(core):
                    results.forget()
                    conjunction.forget()
                    turns.start()
                    mine.start(index)
                    found = function(*args, **kwargs)
                    results.flush()
                    returned = found if returned is None else returned
                return outputs.to_tensors(returned)
        finally:
            grid.enter(former)
            results.forget()

    return run


def to_tiles(value):
    """The value with tiles in place of the core's tensors."""
    if isinstance(value, _core.NkiTensor):
        return Tile.whole(value)
    if type(value) in (list, tuple):
        return type(value)(to_tiles(v) for v in value)
    if type(value) is dict:
        return {key: to_tiles(v) for key, v in value.items()}
    return value


def jit(func=None, mode="auto", **kwargs):
    """Marks a function as a kernel. `platform_target` names the machine, unless the caller does.
    All modes run on the simulated machine; benchmark and profile also keep times. Keywords of the
    compiler (additional_compile_opt, debug_kernel, …) change nothing."""
    if mode not in _MODES:
        _core.refuse("E111", "nki.jit: mode", str(mode), ", ".join(_MODES), "nki.jit")
    if func is None:
        return lambda function: jit(function, mode, **kwargs)
    if mode == "benchmark":
        from trainyard.nki_older.timing import benchmark

        return benchmark(func, **kwargs)
    if mode == "profile":
        from trainyard.nki_older.timing import profile

        return profile(func, **kwargs)
    options = {}
    if kwargs.get("platform_target"):
        options["preferred_machine"] = kwargs["platform_target"]
    if isinstance(func, Kernel):
        return func.with_options(**options)
    return Kernel(func, options=options)


def trace(func=None, **kwargs):
    """A kernel that writes to its arguments, for simulate_kernel."""
    return jit(func, "trace", **kwargs)


def baremetal(kernel=None, **kwargs):
    """A kernel that takes and returns NumPy arrays. save_neff_name, save_trace_name,
    artifacts_dir and additional_compile_opt are about a device that is not there."""
    if kernel is None:
        return lambda function: baremetal(function, **kwargs)
    return jit(kernel, "baremetal", **kwargs)


def simulate_kernel(kernel, *args, **kwargs):
    """Runs a kernel, or a function, and returns what it returns; arrays that it writes to are
    updated in place."""
    return jit(kernel)(*args, **kwargs)
