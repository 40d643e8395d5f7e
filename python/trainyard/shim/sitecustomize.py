"""Runs when a Python process starts that a process under Trainyard has started: makes `import nki`
mean trainyard.nki there too, then runs the sitecustomize that this one stands in front of."""

import importlib.machinery
import importlib.util
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))


def _activate():
    if os.environ.get("TRAINYARD_ACTIVE") != "1":
        return
    if importlib.util.find_spec("trainyard") is None:
        sys.path.append(os.path.dirname(os.path.dirname(_here)))
    from trainyard import activation

    activation.install()


def _run_next():
    others = [path for path in sys.path if os.path.abspath(path or ".") != _here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_activate()
_run_next()
