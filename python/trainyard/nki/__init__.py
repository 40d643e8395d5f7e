"""The NKI language on the simulated machine: what `import nki` means under Trainyard."""

from pathlib import Path

from trainyard import _core

# Frames in this folder are never the user's: errors name the line that called into it.
_core.set_package_folder(str(Path(__file__).parents[1]) + "/")

from trainyard.nki import dtype, isa, language, typing, views  # noqa: E402
from trainyard.nki.kernel import Kernel, jit, simulate  # noqa: E402

NkiTensor = _core.NkiTensor

__all__ = ["Kernel", "NkiTensor", "dtype", "isa", "jit", "language", "simulate", "typing"]
