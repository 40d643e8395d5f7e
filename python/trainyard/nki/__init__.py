"""The NKI language on the simulated machine: what `import nki` means under Trainyard."""

from trainyard import _core
from trainyard.nki import collectives, dtype, isa, language, typing, views
from trainyard.nki.kernel import Kernel, jit, simulate

NkiTensor = _core.NkiTensor

__all__ = [
    "Kernel",
    "NkiTensor",
    "collectives",
    "dtype",
    "isa",
    "jit",
    "language",
    "simulate",
    "typing",
]
