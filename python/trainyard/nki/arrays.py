"""Arrays on their way into a kernel and out of it: NumPy and torch."""

import numpy as np

from trainyard import _core
from trainyard.nki.dtypes import by_name, name_of


def _is_torch(value):
    return type(value).__module__.split(".")[0] == "torch" and hasattr(value, "data_ptr")


class Inputs:
    """The arrays that a kernel call borrows."""

    def __init__(self, trace):
        self.trace = trace
        self.torch = False
        self.borrowed = {}

    def convert(self, value, name):
        """An array becomes a tensor in shared HBM; containers are searched; the rest passes."""
        if isinstance(value, np.ndarray):
            return self._add(name, value, value)
        if _is_torch(value):
            self.torch = True
            import torch

            flat = value.detach().cpu().contiguous()
            host = flat.view(torch.uint8).numpy() if flat.ndim else flat.numpy()
            dtype = by_name.get(name_of(value.dtype))
            if dtype is None:
                _refuse_dtype(name, name_of(value.dtype))
            array = host.view(dtype.dtype).reshape(tuple(value.shape))
            return self._add(name, array, value)
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            return type(value)(self.convert(v, f"{name}_{i}") for i, v in enumerate(value))
        return value

    def _add(self, name, array, original):
        dtype = by_name.get(name_of(array.dtype))
        if dtype is None:
            _refuse_dtype(name, name_of(array.dtype))
        packed = np.ascontiguousarray(array).reshape(array.shape)
        tensor = self.trace.add_input(
            name, dtype, list(packed.shape), packed.ctypes.data, packed
        )
        self.borrowed[tensor._id] = (packed, original)
        return tensor

    def write_back(self):
        """Copies tensors that the kernel wrote to into the caller's arrays."""
        for tensor in self.trace.written_inputs():
            packed, original = self.borrowed[tensor]
            result = np.empty_like(packed)
            self.trace.copy_tensor(tensor, result.ctypes.data)
            if isinstance(original, np.ndarray):
                original[...] = result
            else:
                original.copy_(_to_torch(result))


class Outputs:
    """What a kernel returned: a tensor, a tuple or list of them, or nothing."""

    def __init__(self, result):
        self.result = result
        self.ids = sorted({t._id for t in _tensors(result)})
        for tensor in _tensors(result):
            if tensor._buffer != "shared_hbm":
                _core.refuse(
                    "E304",
                    f"the kernel returns {tensor!r}",
                    tensor._buffer,
                    "shared_hbm",
                    "kernel outputs",
                )

    def to_host(self, torch):
        """The values, in the kind of array that came in."""
        return _map(self.result, lambda tensor: _to_host(tensor, torch))


def to_numpy(tensor):
    """The values of a tensor or view, running the kernel up to here."""
    out = np.empty(tensor.shape, tensor.dtype.dtype)
    tensor._read(out.ctypes.data)
    return out


def _to_host(tensor, torch):
    values = to_numpy(tensor)
    return _to_torch(values) if torch else values


def _to_torch(array):
    import torch

    name = name_of(array.dtype)
    return torch.from_numpy(array.view(np.uint8)).view(getattr(torch, name)).reshape(array.shape)


def _tensors(result):
    if isinstance(result, _core.NkiTensor):
        return [result]
    if isinstance(result, (list, tuple)):
        return [t for item in result for t in _tensors(item)]
    if isinstance(result, dict):
        return [t for item in result.values() for t in _tensors(item)]
    return []


def _map(result, convert):
    if isinstance(result, _core.NkiTensor):
        return convert(result)
    if isinstance(result, (list, tuple)):
        return type(result)(_map(item, convert) for item in result)
    if isinstance(result, dict):
        return {key: _map(item, convert) for key, item in result.items()}
    return result


def _refuse_dtype(name, dtype):
    code = "E123" if dtype == "float64" else "E105"
    fix = "" if dtype == "float64" else f"Pass {name}.astype(numpy.int32)."
    if dtype not in ("float64", "int64", "uint64"):
        fix = "Pass one of the number formats of nki.language."
    _core.refuse(code, f"argument {name} is {dtype}", dtype, "a number format of the chip", "nki.language", fix)
