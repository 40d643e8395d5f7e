"""neuronxcc.nki.compiler: where tensors go, and directives to the compiler."""

import contextlib

from trainyard import _core
from trainyard.nki_older import results
from trainyard.nki_older.compiler import psum, sbuf


def skip_middle_end_transformations(func=None):
    """A decorator that changes nothing: no such transformations are made here."""
    return (lambda function: function) if func is None else func


def enable_stack_allocator(func=None, log_level=50):
    """A decorator that changes nothing: Trainyard places tensors that have no address."""
    del log_level
    return skip_middle_end_transformations(func)


def force_auto_alloc(func=None):
    """A kernel whose own allocations are ignored."""
    from trainyard.nki_older.kernel import Kernel

    if func is None:
        return force_auto_alloc
    if not isinstance(func, Kernel):
        found = type(func).__name__
        _core.refuse(
            "E111", "force_auto_alloc", found, "a kernel made with @nki.jit", "nki.compiler"
        )
    return func.with_settings(automatic=True)


def multi_buffer(factor=2):
    """How many buffers a loop should use: a hint that the placement here does not need."""
    return ("multi_buffer", factor)


@contextlib.contextmanager
def no_reorder():
    """Instructions of the block keep program order in the schedule."""
    results.flush()
    trace = _core.current_trace()
    trace.enter_fixed_order()
    try:
        yield
        results.flush()
    finally:
        trace.leave_fixed_order()


@contextlib.contextmanager
def allocation_scope():
    """A scope of tensors: their lives end with their last use here in any case."""
    yield


__all__ = [
    "allocation_scope",
    "enable_stack_allocator",
    "force_auto_alloc",
    "multi_buffer",
    "no_reorder",
    "psum",
    "sbuf",
    "skip_middle_end_transformations",
]
