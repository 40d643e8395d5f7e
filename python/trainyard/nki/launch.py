"""Launching a kernel: arrays in, trace, values, arrays out."""

import os
from dataclasses import dataclass, field

import numpy as np

from trainyard import _core
from trainyard.nki import arrays

DEFAULT_MACHINE = "trn2"


@dataclass
class Launch:
    """What one kernel call left behind."""

    outputs: object = None
    traces: list = field(default_factory=list)


def machine_name(explicit=None):
    """The machine to run on: the caller's, `trainyard run --machine`, or what the environment
    variables of the Neuron tools name."""
    return (
        explicit
        or os.environ.get("TRAINYARD_MACHINE")
        or os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE")
        or os.environ.get("NKI_NC_VERSION")
        or DEFAULT_MACHINE
    )


def launch(function, args, kwargs, *, machine=None, lnc=1, eager=False, time_only=False, threads=None,
           seed=0, stochastic=None, checks=True, timeout=None):
    """Traces `function` and runs its values; returns a Launch."""
    described = machine if isinstance(machine, _core.Machine) else _load(machine_name(machine))
    if threads is None:
        threads = _core.default_threads()
    if stochastic is None:
        stochastic = os.environ.get("NEURON_RT_STOCHASTIC_ROUNDING_EN", "0") == "1"
    name = getattr(function, "__name__", "kernel")
    trace = _core.new_trace(
        described, name, core=0, cores=lnc, eager=eager, time_only=time_only, threads=threads,
        seed=seed, stochastic=stochastic, checks=checks, timeout_s=timeout or 0.0,
    )
    inputs = arrays.Inputs(trace)
    bound_args = [inputs.convert(value, f"arg{i}") for i, value in enumerate(args)]
    bound_kwargs = {key: inputs.convert(value, key) for key, value in kwargs.items()}
    previous = _core.set_trace(trace)
    try:
        result = function(*bound_args, **bound_kwargs)
        del bound_args, bound_kwargs
        outputs = arrays.Outputs(result)
        trace.set_outputs(outputs.ids)
        trace.finish_values()
    finally:
        _core.set_trace(previous)
    if time_only:
        return Launch(None, [trace])
    inputs.write_back()
    return Launch(outputs.to_host(inputs.torch), [trace])


_loaded = {}


def _load(name):
    overrides = tuple(filter(None, os.environ.get("TRAINYARD_SET", "").split("\n")))
    if (name, overrides) not in _loaded:
        _loaded[name, overrides] = _core.load_machine(name, list(overrides))
    return _loaded[name, overrides]
