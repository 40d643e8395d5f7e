"""nki.tensor: the tensor under its own roof."""

from trainyard import _core

NkiTensor = _core.NkiTensor
