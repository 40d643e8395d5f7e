"""neuronxcc.nki.typing: annotations for readers, those of nki.typing."""

from trainyard.nki.typing import mutable_tensor, scalar, tensor

__all__ = ["mutable_tensor", "scalar", "tensor"]
