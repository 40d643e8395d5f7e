"""Trainyard: an open software twin of the AWS Trainium family.

    r = trainyard.run(kernel, *arrays, machine="trn2")   # r.outputs, r.time, r.engines
    trainyard.activate()                                 # `import nki` now means trainyard.nki

The C++ core is `trainyard._core`. An installed package has it beside this file; in a checkout it
stays in the build tree (`build/release`, or the one that TRAINYARD_BUILD names). What needs it is
imported on first use, so that `import trainyard` alone costs nothing.
"""

import importlib
import os
from pathlib import Path

_package = Path(__file__).resolve().parent
_checkout = _package.parent.parent

if (_checkout / "CMakePresets.json").exists():
    _build = Path(os.environ.get("TRAINYARD_BUILD", _checkout / "build" / "release"))
    __path__.append(str(_build / "python" / "trainyard"))
else:
    os.environ.setdefault("TRAINYARD_MACHINES", str(_package / "machines"))

__version__ = "0.1.0"

_LAZY = {
    "Error": "trainyard._core",
    "Machine": "trainyard._core",
    "PerRank": "trainyard.nki.cores",
    "Result": "trainyard.result",
    "activate": "trainyard.activation",
    "load_machine": "trainyard.nki.machines",
    "run": "trainyard.result",
}


def __getattr__(name):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'trainyard' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LAZY})
