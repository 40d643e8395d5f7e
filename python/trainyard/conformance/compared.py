"""What a suite compares: its comparators are watched, so that beside their verdict stands how far
each element is off, in units of the last place of the type that the kernel returned. What is
infinite or no number in one of them, or a golden of 0, has no such distance; the comparator sees
to it."""

import functools
import importlib
import sys

import numpy as np

from trainyard.conformance.errors import figures, pieces
from trainyard.nki import launch

COMPARATORS = (
    "numpy:allclose",
    "numpy.testing:assert_allclose",
    "torch:allclose",
    "torch.testing:assert_close",
)


class Watch:
    """The figures of one case at a time: the largest and the median error of its results, and the
    seconds that its kernels took."""

    def __init__(self, comparators):
        self.reset()
        launch.observers.append(self.launched)
        for place in (*COMPARATORS, *comparators):
            self._watch(*place.split(":"))

    def reset(self):
        """Forgets the last case."""
        self.kernel_seconds = 0.0
        self.launches = 0
        self.found = []
        self._types = {}  # shape -> type of the kernel's output of that shape

    def launched(self, done):
        """Hears of each kernel."""
        self.kernel_seconds += done.host_seconds
        self.launches += 1
        for array in _arrays(done.outputs):
            self._types[array.shape] = array.dtype

    def row(self):
        """What the report wants to know of the case."""
        found = {"kernel_s": round(self.kernel_seconds, 3), "launches": self.launches}
        if self.found:
            found["max_ulp"] = max(each["max_ulp"] for each in self.found)
            found["median_ulp"] = max(each["median_ulp"] for each in self.found)
        return found

    def _watch(self, module, name):
        """Wraps the comparator wherever it was imported; none is there without its package."""
        if module.split(".")[0] not in sys.modules:
            return
        original = getattr(importlib.import_module(module), name)

        @functools.wraps(original)
        def watched(result, golden, *args, **kwargs):
            self._look(result, golden)
            return original(result, golden, *args, **kwargs)

        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(name) is original:
                setattr(other, name, watched)

    def _look(self, result, golden):
        try:
            result, golden = (np.asarray(_host(each)) for each in (result, golden))
            if result.shape != golden.shape or not result.size or result.dtype.kind in "bcOSUV":
                return
            kind = self._types.get(result.shape, result.dtype)
            numbers = np.concatenate([_measurable(*each) for each in pieces(result, golden)])
            if numbers.all():
                self.found.append(figures(result.astype(kind, copy=False), golden))
            elif numbers.any():
                result, golden = result.reshape(-1)[numbers], golden.reshape(-1)[numbers]
                self.found.append(figures(result.astype(kind), golden))
        except (TypeError, ValueError):
            return  # no numbers: the comparator's own business


def _measurable(result, golden):
    """Which elements have an error in ULP."""
    finite = np.isfinite(result.astype(np.float64)) & np.isfinite(golden)
    return finite & (golden != 0) if result.dtype.kind not in "iu" else finite


def _host(value):
    return value.detach().cpu().float().numpy() if hasattr(value, "detach") else value


def _arrays(outputs):
    if hasattr(outputs, "detach"):
        outputs = _host(outputs)
    if isinstance(outputs, np.ndarray):
        yield outputs
    elif isinstance(outputs, (list, tuple)):
        for item in outputs:
            yield from _arrays(item)
    elif isinstance(outputs, dict):
        yield from _arrays(list(outputs.values()))
