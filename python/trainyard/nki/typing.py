"""nki.typing: annotations for the parameters of kernels. They say something to readers only."""

from trainyard import _core

NkiTensor = _core.NkiTensor


class _Annotation:
    """`tensor`, or `tensor[128, 512]` with the expected shape."""

    def __init__(self, name, shape=None):
        self.name = name
        self.shape = shape

    def __getitem__(self, shape):
        return _Annotation(self.name, shape if isinstance(shape, tuple) else (shape,))

    def __repr__(self):
        shape = "" if self.shape is None else str(list(self.shape))
        return f"nki.typing.{self.name}{shape}"


tensor = _Annotation("tensor")
mutable_tensor = _Annotation("mutable_tensor")
scalar = _Annotation("scalar")
