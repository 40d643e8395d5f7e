"""Kernels of the older API, and the ways to run them."""

import functools
import importlib
import operator
import os

from trainyard import _core
from trainyard.nki import kernel as newer
from trainyard.nki import launch as launching
from trainyard.nki_older import conjunction, errors, grid, outputs, results, turns
from trainyard.nki_older.state import state
from trainyard.nki_older.tile import Tile

_MODES = ("auto", "simulation", "baremetal", "benchmark", "profile", "trace", "jax", "torchxla")


class Kernel(newer.Kernel):
    """A function that runs on a NeuronCore. kernel[grid](…) launches a program for each point of
    the grid; called by another kernel, it is part of that one. `function`, `lnc` and `options` are
    what trainyard.run and the command launch."""

    def __init__(self, body, dims=(), settings=None):
        self.body = body
        self.dims = dims
        self.settings = settings or {}
        functools.update_wrapper(self, body)

    @property
    def function(self):
        """What a physical core runs: its programs, on tensors of the core."""
        return _per_core(self.body, self.dims, bool(self.settings.get("automatic")))

    @property
    def lnc(self):
        """Physical cores that share the programs."""
        return max((d.cores for d in self.dims), default=1)

    @property
    def options(self):
        """Options of the launch. Older kernels return tensors that they write in part: the rest
        comes back as what fresh memory holds, NaN or 4, and is no error unless asked for."""
        found = {k: v for k, v in self.settings.items() if k in _LAUNCH_OPTIONS}
        return {"checks": os.environ.get("TRAINYARD_CHECKS") == "1", **found}

    def __getitem__(self, launch_grid):
        return type(self)(self.body, grid.dimensions(launch_grid), self.settings)

    def __call__(self, *args, **kwargs):
        if _core.has_trace():
            return self.body(*args, **kwargs)
        return self.launch(args, kwargs).outputs

    def launch(self, args, kwargs, **options):
        """Runs the kernel and returns its Launch."""
        with errors.as_older_api():
            return launching.launch(
                self.function, args, kwargs, lnc=self.lnc, **{**self.options, **options}
            )

    def with_settings(self, **settings):
        """The kernel with more settings."""
        return type(self)(self.body, self.dims, {**self.settings, **settings})

    def with_schedule(self, edges):
        """A kernel in which (consumer, producer or producers) pairs of names keep their order."""
        return self.with_settings(edges=tuple(edges))

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return type(self)(self.body.__get__(instance, owner), self.dims, self.settings)

    def __reduce__(self):
        """Pickles by name: another process imports the kernel's module."""
        return _by_name, (type(self), self.__module__, self.__qualname__, self.dims, self.settings)


_LAUNCH_OPTIONS = ("preferred_machine", "eager", "edges")


def _by_name(kind, module, name, dims, settings):
    found = operator.attrgetter(name)(importlib.import_module(module))
    return kind(found.body if isinstance(found, Kernel) else found, dims, settings)


def _per_core(function, dims, automatic):
    """What one core runs: its programs, one after another. Tensors become tiles on the way in and
    tensors again on the way out; all programs return the same."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        args = tuple(to_tiles(a) for a in args)
        kwargs = {name: to_tiles(a) for name, a in kwargs.items()}
        core = _core.current_trace().core
        mine = grid.Programs(dims)
        returned = None
        state.programs, state.automatic = mine, automatic
        try:
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
            state.programs, state.automatic = None, False
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
        return func.with_settings(**options)
    return Kernel(func, settings=options)


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
