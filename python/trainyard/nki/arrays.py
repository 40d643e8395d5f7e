"""Arrays on their way into a kernel and out of it: NumPy and torch."""

import inspect

import numpy as np

from trainyard import _core
from trainyard.nki import versions
from trainyard.nki.dtypes import by_name, name_of


def bind_arguments(function, name, args, kwargs):
    """The call's BoundArguments; E007 where they do not fit the kernel's signature."""
    signature = inspect.signature(function)
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        message, fix = f"{name}: {error}", f"Call it as {name}{signature}."
    unknown = [key for key in kwargs if key not in signature.parameters]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    if unknown and not takes_any:  # a misspelt name explains the one that is missing
        message = f"{name} has no parameter {unknown[0]}"
        if nearest := _core.did_you_mean(unknown[0], list(signature.parameters)):
            fix = f"did you mean {nearest}? {fix}"
    return _core.refuse("E007", message, fix=fix)


def is_torch(value):
    """Whether it is a torch tensor; torch itself need not be there."""
    return type(value).__module__.split(".")[0] == "torch" and hasattr(value, "data_ptr")


class Inputs:
    """The arrays that a kernel call borrows."""

    def __init__(self, trace):
        self.trace = trace
        self.torch = False
        self.borrowed = {}

    def convert_all(self, bound):
        """args and kwargs with tensors in place of arrays, named as the kernel's parameters."""
        parameters = bound.signature.parameters
        values = {}
        for name, value in bound.arguments.items():
            if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
                values[name] = tuple(self.convert(v, f"{name}{i}") for i, v in enumerate(value))
            elif parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                values[name] = {key: self.convert(v, key) for key, v in value.items()}
            else:
                values[name] = self.convert(value, name)
        converted = inspect.BoundArguments(bound.signature, values)
        return converted.args, converted.kwargs

    def convert(self, value, name):
        """An array becomes a tensor in shared HBM; plain containers are searched; the rest
        passes as it is."""
        if isinstance(value, np.ndarray):
            return self._add(name, value, value)
        if is_torch(value):
            return self._add_torch(name, value)
        if type(value) in (list, tuple):
            return type(value)(self.convert(v, f"{name}_{i}") for i, v in enumerate(value))
        if type(value) is dict:
            return {key: self.convert(v, f"{name}_{key}") for key, v in value.items()}
        return value

    def _add_torch(self, name, value):
        import torch

        self.torch = True
        dtype = _dtype_of(name, value.dtype)
        flat = value.detach().cpu().contiguous().reshape(-1)
        array = flat.view(torch.uint8).numpy().view(dtype.dtype).reshape(tuple(value.shape))
        return self._add(name, array, value)

    def _add(self, name, array, original):
        dtype = _dtype_of(name, array.dtype)
        shape = array.shape or (1,)
        packed = np.ascontiguousarray(array).reshape(shape)
        if not packed.size:
            message = f"argument {name} has no elements"
            _core.refuse(
                "E007", message, str(list(array.shape)), "sizes from 1", "kernel arguments"
            )
        tensor = self.trace.add_input(name, dtype, list(shape), packed.ctypes.data, packed)
        self.borrowed[tensor._id] = (packed, original)
        return tensor

    def write_back(self):
        """Copies tensors that the kernel wrote to into the caller's arrays."""
        for tensor in self.trace.written_inputs():
            packed, original = self.borrowed[tensor]
            result = np.empty_like(packed)
            self.trace.copy_tensor(tensor, result.ctypes.data)
            result = result.reshape(original.shape)
            if isinstance(original, np.ndarray):
                original[...] = result
            else:
                original.detach().copy_(_to_torch(result))


class Outputs:
    """What a kernel returned: a tensor, a tuple, list or dict of them, or nothing."""

    def __init__(self, result):
        self.result = result
        tensors = list(_tensors(result))
        self.ids = sorted({tensor._id for tensor in tensors})
        # NKI 0.2 took outputs in private memory too.
        memories = ("shared_hbm", "private_hbm") if versions.current() == 2 else ("shared_hbm",)
        for tensor in tensors:
            if tensor._buffer not in memories:
                message = f"the kernel returns {tensor!r}"
                _core.refuse("E304", message, tensor._buffer, "shared_hbm", "kernel outputs")

    def to_host(self, torch, without_values=False):
        """The values, in the kind of array that came in; fresh memory where none ran."""
        read = fresh if without_values else to_numpy
        return _map(self.result, lambda t: _to_torch(read(t)) if torch else read(t))


def to_numpy(tensor):
    """The values of a tensor or view, running the kernel up to here."""
    out = np.empty(tensor.shape, tensor.dtype.dtype)
    tensor._read(out.ctypes.data)
    return out


def fresh(tensor):
    """An array like the tensor with what memory holds that nobody wrote: NaN, in integers 4."""
    dtype = tensor.dtype.dtype
    return np.full(tensor.shape, 4 if dtype.kind in "biu" else np.nan, dtype)


def _to_torch(array):
    import torch

    name = name_of(array.dtype).removesuffix("_")
    if (dtype := getattr(torch, name, None)) is None:
        _core.refuse("E105", f"torch has no {name}", fix="Pass NumPy arrays.")
    flat = torch.from_numpy(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
    return flat.view(dtype).reshape(array.shape)


def _tensors(result):
    if isinstance(result, _core.NkiTensor):
        yield result
    elif isinstance(result, (list, tuple)):
        for item in result:
            yield from _tensors(item)
    elif isinstance(result, dict):
        yield from _tensors(list(result.values()))


def _map(result, convert):
    if isinstance(result, _core.NkiTensor):
        return convert(result)
    if isinstance(result, (list, tuple)):
        items = [_map(item, convert) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    if isinstance(result, dict):
        return {key: _map(item, convert) for key, item in result.items()}
    return result


def _dtype_of(name, dtype):
    """The number format of an argument; E123 for float64, E105 for others the chip lacks."""
    found = name_of(dtype)
    if found in by_name:
        return by_name[found]
    message, whose = f"argument {name} is {found}", "nki.language"
    if found == "float64":
        _core.refuse("E123", message, found, "float32", whose)
    fix = "Pass one of the number formats of nki.language."
    if found in ("int64", "uint64"):
        fix = f"Pass {name} as {found[:-2]}32."
    _core.refuse("E105", message, found, "a number format of the chip", whose, fix)
