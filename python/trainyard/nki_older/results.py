"""Results of instructions. `x[…] = nisa.activation(…)` should write to x, not to a tile that is
then copied. So an instruction that returns a tile waits until the next one is called: if the
result is assigned before, it writes there; else, and if it gets a name, it writes a new tile."""

from trainyard import _core
from trainyard.nki_older import number_formats, statement
from trainyard.nki_older.state import state


def flush():
    """Writes what waits."""
    if state.waiting is not None:
        state.waiting.settle()


def forget():
    """Drops what waits: at the start of a kernel."""
    state.waiting = None


def take(value):
    """Whether `value` is the result that waits; it is then the caller's to write."""
    if value is not state.waiting or value is None:
        return False
    state.waiting = None
    return True


def wait(pending):
    """Makes a result the one that waits; one that gets a name is written at once."""
    flush()
    state.waiting = pending
    if statement.names_its_result():
        pending.settle()


def new_tensor(shape, kind, memory):
    """A tensor of the core for a tile of that shape."""
    sizes = shape if len(shape) > 1 else (*shape, 1) if shape else (1, 1)
    return _core.ndarray(sizes, kind, memory)


def kind_of(dtype, default):
    """The number format of a result: what the caller asked for, or the default."""
    return default if dtype is None else number_formats.kind(dtype)
