"""The NKI language on the simulated machine: what `import nki` means under Trainyard."""

from trainyard import _core
from trainyard.nki import isa, language
from trainyard.nki.kernel import Kernel, jit, simulate

__all__ = ["Kernel", "isa", "jit", "language", "simulate"]
