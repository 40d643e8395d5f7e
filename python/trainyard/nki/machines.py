"""Which machine a kernel runs on."""

import os

from trainyard import _core

DEFAULT_MACHINE = "trn2"

_loaded = {}


def machine_name(explicit=None, preferred=None):
    """The machine's name: the caller's, else that of `trainyard run --machine`, else what the
    kernel asks for (`preferred`) or the variables of the Neuron tools name, else trn2."""
    return (
        explicit
        or os.environ.get("TRAINYARD_MACHINE")
        or preferred
        or os.environ.get("NEURON_PLATFORM_TARGET_OVERRIDE")
        or os.environ.get("NKI_NC_VERSION")
        or DEFAULT_MACHINE
    )


def load_machine(name=None, *, preferred=None, overrides=()):
    """The described machine of that name, alias or TOML file, loaded once a process; a Machine
    passes through. `overrides` ("core.tensor.clock_ghz=3.0") come after those of `--set`."""
    if isinstance(name, _core.Machine):
        return name
    inherited = filter(None, os.environ.get("TRAINYARD_SET", "").split("\n"))
    key = (str(machine_name(name, preferred)), (*inherited, *overrides))
    if key not in _loaded:
        _loaded[key] = _core.load_machine(key[0], list(key[1]))
    return _loaded[key]


def current_machine():
    """The machine of the running kernel; outside kernels, the one that a kernel would run on."""
    return _core.current_trace().machine if _core.has_trace() else load_machine()
