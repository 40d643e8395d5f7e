"""Modules that are found under the names that suites import them by, in this process only. Where a
real module of that name is there, that one is found."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType

from trainyard.activation import OurFinder, _SameModule, installed

EMPTY = ""  # a package with nothing in it

# Name -> ours. First AWS's closed packages; then modules that nki-library's tests import but do
# not contain; then a package whose authors have renamed it (fabric 2 was published as fabric2).
MODULES = {
    "neuron_dtypes": "trainyard.pytest.neuron_dtypes",
    "neuronxcc.starfish": EMPTY,
    "neuronxcc.starfish.support": EMPTY,
    "neuronxcc.starfish.support.dtype": "trainyard.pytest.neuron_dtypes",
    "nki_cpu_simulator": EMPTY,
    "nki_cpu_simulator.nki": "trainyard.nki",
    "nki_cpu_simulator.nki.builtin": EMPTY,
    "nki_cpu_simulator.nki.language.dtypes": "trainyard.nki.dtype",
    "test.utils.perf_analysis_private": "trainyard.pytest.orchestrator",
    "test.utils.scripts": EMPTY,
    "test.utils.scripts.remote_lock_scripts": "trainyard.pytest.locks",
    "fabric2": "fabric",
}
_SIMULATOR = "nki_cpu_simulator.nki."  # all else below it is the module of that name in nki


class _Empty(importlib.abc.Loader):
    """Makes a package with nothing in it."""

    def create_module(self, spec):
        module = ModuleType(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


class Finder(OurFinder):
    """Finds what MODULES offers."""

    def find_spec(self, name, path=None, target=None):
        """The spec of an offered module; None for all others, and where ours is not there."""
        ours = MODULES.get(name)
        if name.startswith(_SIMULATOR):
            if ours is None:
                ours = f"trainyard.nki.{name.removeprefix(_SIMULATOR)}"
        elif ours is None or installed(name, path):
            return None
        if ours and not _found(ours):
            return None
        loader = _SameModule(ours) if ours else _Empty()
        return importlib.machinery.ModuleSpec(name, loader, is_package=True)


def _found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def install():
    """Puts the finder first in this process, once, and gives nki the name that its simulator is
    called by there. First, since below nki_cpu_simulator.nki, which is our nki under a second
    name, the ordinary finder would load the files of nki once more."""
    nki = importlib.import_module("trainyard.nki")
    nki.cpu_simulate = nki.simulate
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
