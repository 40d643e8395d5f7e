"""Loops and slices. Ranges with known bounds are Python's own and unroll. The core runs dynamic
loops itself: here the kernel runs up to the loop, its registers are read, and every round is traced
with the branch that leads to it."""

from trainyard import _core
from trainyard.nki import isa, versions
from trainyard.nki.isa import VirtualRegister

_range = range


def ds(start, size):
    """The slice of `size` elements from `start`, for indexing."""
    if isinstance(start, VirtualRegister):
        fix = "Use tensor.ap(pattern, scalar_offset=register)."
        _core.refuse("U001", "nl.ds with a register as start", fix=fix)
    return slice(start, start + size)


def affine_range(start, stop=None, step=1):
    """Python's range; the loop unrolls."""
    return _range(start) if stop is None else _range(start, stop, step)


def sequential_range(start, stop=None, step=1):
    """Python's range; the loop unrolls."""
    return _range(start) if stop is None else _range(start, stop, step)


def static_range(start, stop=None, step=1):
    """Python's range; the loop unrolls."""
    return _range(start) if stop is None else _range(start, stop, step)


def _bounds(what, start, stop, step):
    """The range with registers read; refuses a step that is no positive int, and no_reorder."""
    if isinstance(step, VirtualRegister) or not isinstance(step, int) or step < 1:
        found = "a register" if isinstance(step, VirtualRegister) else repr(step)
        _core.refuse("E111", f"{what}: step", found, "a positive int known at trace time", what)
    if _core.has_trace() and _core.current_trace().in_fixed_order:
        fix = "Put the no_reorder block inside the loop body."
        _core.refuse("E111", f"{what} inside nl.no_reorder()", fix=fix)
    if stop is None:
        start, stop = 0, start
    return _range(int(start), int(stop), step)


def _rounds(values):
    """The values, with the branch before each round and the one out of the loop."""
    trace = _core.current_trace() if _core.has_trace() else None
    for value in values:
        if trace:
            trace.add_branch(True)
        yield value
    if trace:
        trace.add_branch(False)


def dynamic_range(start, stop=None, step=1):
    """A loop whose bounds may be registers: the values they hold here; yields ints.
    `step` is a positive int."""
    versions.gone("nki.language.dynamic_range", "nl.fori_loop")
    return _rounds(_bounds("dynamic_range", start, stop, step))


def fori_loop(lower, upper, body_fun, step=1):
    """Calls body_fun(i) for i from lower to upper (exclusive), i a register. Bounds may be
    registers, read once before the loop; `step` is a positive int."""
    for value in _rounds(_bounds("fori_loop", lower, upper, step)):
        register = isa.register_alloc(value)
        if body_fun(register) is not None:
            _core.refuse("E111", "fori_loop: the body returns a value", fix="Return nothing.")


def while_loop(init, body_fun):
    """Calls r = body_fun(r) as long as register r, first `init`, holds something else than 0."""
    register = init
    if _core.has_trace() and _core.current_trace().in_fixed_order:
        _core.refuse("E111", "while_loop inside nl.no_reorder()")
    while bool(register):  # which is the branch
        register = body_fun(register)
        if not isinstance(register, VirtualRegister):
            found = type(register).__name__
            _core.refuse("E111", "while_loop: what the body returns", found, "a register")
