"""Makes `import nki` mean trainyard.nki: in this process with activate(), and in processes that it
starts through an environment whose PYTHONPATH leads to shim/sitecustomize.py. Nothing is installed
under the name nki, so a real Neuron SDK is shadowed only where this was asked for. Light: nothing
of the core is imported before a script imports nki."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

SHIM = str(Path(__file__).resolve().parent / "shim")
ACTIVE = "TRAINYARD_ACTIVE"

# The older API is not there yet; its typing module has the names of nki.typing.
_OLDER_TYPING = "neuronxcc.nki.typing"


class _SameModule(importlib.abc.Loader):
    """Loads a module under a second name: both names have one object."""

    def __init__(self, name):
        self.name = name

    def create_module(self, spec):
        module = importlib.import_module(self.name)
        self.spec = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = self.spec  # the import system has put the other name's there


class _OlderApi(importlib.abc.Loader):
    """neuronxcc and neuronxcc.nki as far as kernels of the newer API import them."""

    def create_module(self, spec):
        module = ModuleType(spec.name)
        module.__path__ = []
        if spec.name == "neuronxcc.nki":
            module.__getattr__ = _refuse_older
        return module

    def exec_module(self, module):
        pass


def _refuse_older(name):
    if name.startswith("__"):
        raise AttributeError(name)
    from trainyard import _core

    text = f"neuronxcc.nki.{name}: the older NKI API"
    _core.refuse("U001", text, fix="Import nki, the API of NKI 0.2 and newer.")


class Finder(importlib.abc.MetaPathFinder):
    """Finds nki in trainyard.nki, and the little of neuronxcc that is there."""

    def find_spec(self, name, path=None, target=None):
        """The spec of a module under nki or neuronxcc.nki; None for all others."""
        root, _, rest = name.partition(".")
        if root == "nki":
            ours = f"trainyard.{name}"
            if rest and not _exists(ours):
                return None
            return importlib.machinery.ModuleSpec(name, _SameModule(ours), is_package=True)
        if root != "neuronxcc":
            return None
        if name == _OLDER_TYPING:
            return importlib.machinery.ModuleSpec(name, _SameModule("trainyard.nki.typing"))
        if name == "neuronxcc.nki" or (not rest and not _installed(name)):
            return importlib.machinery.ModuleSpec(name, _OlderApi(), is_package=True)
        if name.startswith("neuronxcc.nki."):
            _refuse_older(name.removeprefix("neuronxcc.nki."))
        return None


def _exists(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _installed(name):
    """Whether another finder has the module."""
    others = (finder for finder in sys.meta_path if not isinstance(finder, Finder))
    return any(f.find_spec(name, None) for f in others if hasattr(f, "find_spec"))


def install():
    """Puts the finder first in this process, once."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def activate():
    """From here on `import nki` means trainyard.nki, in this process and in its children."""
    loaded = sys.modules.get("nki")
    if loaded is not None and loaded is not sys.modules.get("trainyard.nki"):
        raise ImportError(
            f"another nki has been imported already, from {getattr(loaded, '__file__', '?')}: "
            "call trainyard.activate() before anything imports nki"
        )
    install()
    os.environ[ACTIVE] = "1"
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if SHIM not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([SHIM, *filter(None, paths)])
