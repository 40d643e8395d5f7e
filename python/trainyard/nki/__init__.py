"""The NKI language on the simulated machine: what `import nki` means under Trainyard."""

from trainyard import _core
from trainyard.nki import dtype, isa, language, typing, views
from trainyard.nki.kernel import Kernel, jit, simulate

NkiTensor = _core.NkiTensor

__all__ = ["Kernel", "NkiTensor", "dtype", "isa", "jit", "language", "simulate", "typing"]
