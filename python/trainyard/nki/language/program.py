"""The launch grid, printing, order, and configuration objects."""

import dataclasses
import inspect
from contextlib import contextmanager
from enum import Enum

from trainyard import _core
from trainyard.nki.arrays import to_numpy


class NKIObject:
    """Base class of configuration objects, with the rules of the NKI language: with or without
    @dataclass, annotated names are fields, and those without a default are None; in a dataclass
    plain class attributes are fields too, since kernels leave annotations out. __post_init__ is
    called at the end. Other keywords become attributes as well."""

    def __init__(self, *args, **kwargs):
        if isinstance(self, Enum):
            return
        fields = _fields(type(self))
        if len(args) > len(fields):
            found = f"{len(args)} were given"
            raise TypeError(f"{type(self).__name__} takes {len(fields)} fields by place, {found}")
        given = dict(zip(fields, args, strict=False))
        if twice := given.keys() & kwargs.keys():
            raise TypeError(f"{type(self).__name__}: {twice.pop()} is given twice")
        for name, value in (fields | given | kwargs).items():
            if isinstance(value, dataclasses.Field):
                made = value.default_factory is not dataclasses.MISSING
                value = value.default_factory() if made else value.default
            setattr(self, name, value)
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        if issubclass(cls, Enum):
            return
        annotations = inspect.get_annotations(cls)
        plain = {
            name: object
            for name, value in vars(cls).items()
            if name[0] != "_" and type(value) in _PLAIN and name not in annotations
        }
        if plain:
            cls.__annotations__ = {**annotations, **plain}
        for name, kind in annotations.items():
            if name != "_" and "ClassVar" not in str(kind) and name not in vars(cls):
                setattr(cls, name, None)


def _fields(cls):
    """Annotated name -> default, those of base classes first."""
    names = {}
    for base in reversed(cls.__mro__):
        kinds = inspect.get_annotations(base).items()
        names |= {name: None for name, kind in kinds if "ClassVar" not in str(kind)}
    return {name: getattr(cls, name, None) for name in names}


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
