"""The launch grid, printing, order, and configuration objects."""

import inspect
from contextlib import contextmanager
from enum import Enum

from trainyard import _core
from trainyard.nki.arrays import to_numpy


class NKIObject:
    """Base class of configuration objects: keywords become attributes. In a dataclass that derives
    from it, plain class attributes are fields too: kernels leave annotations out."""

    def __init__(self, *args, **kwargs):
        if args and not isinstance(self, Enum):
            raise TypeError(f"{type(self).__name__} takes keywords only")
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        annotations = inspect.get_annotations(cls)
        plain = {
            name: object
            for name, value in vars(cls).items()
            if name[0] != "_" and type(value) in _PLAIN and name not in annotations
        }
        if plain and not issubclass(cls, Enum):
            cls.__annotations__ = {**annotations, **plain}


_PLAIN = {type(None), bool, int, float, str, tuple}


def _cores():
    return _core.current_trace().cores


def program_id(axis=0):
    """Which physical core of the logical core this is, from 0."""
    _check_axis("program_id", axis)
    return _core.current_trace().core


def num_programs(axes=0):
    """How many physical cores run the kernel."""
    for axis in axes if isinstance(axes, (list, tuple)) else (axes,):
        _check_axis("num_programs", axis)
    return _cores()


def program_ndim():
    """Dimensions of the launch grid: 1 for kernel[2], 0 without a grid."""
    return 1 if _core.current_trace().has_grid else 0


def _check_axis(what, axis):
    if axis not in (0, None):
        _core.refuse("E111", f"{what}: axis", str(axis), "0", "a grid of one dimension")


def device_print(print_prefix, tensor):
    """Prints the prefix and the values of a tensor, running the kernel up to here."""
    if _core.current_trace().time_only:
        return
    print(f"{print_prefix} {tensor!r}\n{to_numpy(tensor)}")


@contextmanager
def no_reorder():
    """Instructions of the block keep program order in the schedule."""
    trace = _core.current_trace()
    trace.enter_fixed_order()
    try:
        yield
    finally:
        trace.leave_fixed_order()
