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

# Where the older API is, and modules of its package that are elsewhere.
_OLDER = "trainyard.nki_older"
_FURTHER = {
    "neuronxcc.nki.typing": "trainyard.nki.typing",
    "neuronxcc.nki.compiler.backends": "",
    "neuronxcc.nki.compiler.backends.neuron": "",
    "neuronxcc.nki.compiler.backends.neuron.indexing": f"{_OLDER}.compiler.annotations",
    "neuronxcc.nki.compiler.backends.neuron.tensor": f"{_OLDER}.compiler.annotations",
    "neuronxcc.starfish": "",
    "neuronxcc.starfish.support": "",
    "neuronxcc.starfish.support.dtype": f"{_OLDER}.language.movement",
}


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


class _Namespace(importlib.abc.Loader):
    """neuronxcc itself, as far as the older API lives in it."""

    def create_module(self, spec):
        module = ModuleType(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


class OurFinder(importlib.abc.MetaPathFinder):
    """A finder of this package, which is not asked what is installed."""


class Finder(OurFinder):
    """Finds nki in trainyard.nki, and neuronxcc.nki in trainyard.nki_older."""

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
        if name in _FURTHER or not rest:
            # A compiler that is installed keeps what is not nki.
            if not rest.startswith("nki") and installed(name):
                return None
            ours = _FURTHER.get(name)
            loader = _SameModule(ours) if ours else _Namespace()
            return importlib.machinery.ModuleSpec(name, loader, is_package=True)
        ours = _OLDER + name.removeprefix("neuronxcc.nki")
        if (rest == "nki" or rest.startswith("nki.")) and _exists(ours):
            return importlib.machinery.ModuleSpec(name, _SameModule(ours), is_package=True)
        return None


def _exists(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def installed(name, path=None):
    """Whether a finder that is not ours has the module."""
    others = (finder for finder in sys.meta_path if not isinstance(finder, OurFinder))
    return any(f.find_spec(name, path) for f in others if hasattr(f, "find_spec"))


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
