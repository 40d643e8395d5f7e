"""Loops as the vendor's compiler sees them: it traces the body of an affine or sequential loop
once, for all turns. Here loops unroll, which gives the same values, but for one thing: addresses
that a kernel counts up in Python (`addr += size`) inside a loop are meant to be counted once. So a
tensor that a kernel places itself goes, in each further turn, where the first turn put it: the n-th
such tensor of a turn is the n-th of the first turn."""

from trainyard.nki_older.state import state


class _Body:
    """The events of the first turn of a loop, in order: places, and bodies of inner loops."""

    __slots__ = ("events", "position")

    def __init__(self):
        self.events = []
        self.position = 0

    def next(self, make):
        """The event that the first turn had here; made if this is the first."""
        position, self.position = self.position, self.position + 1
        if position == len(self.events):
            self.events.append(make())
        return self.events[position]


def start():
    """Forgets all loops: at the start of a program."""
    state.loops = [_Body()]


def loop(values):
    """Yields the values, each a turn of one loop."""
    if state.loops is None:
        start()
    loops = state.loops
    body = loops[-1].next(_Body)
    if not isinstance(body, _Body):  # the turns differ: this one stands for itself
        body = _Body()
    loops.append(body)
    depth = len(loops)
    try:
        for value in values:
            del loops[depth:]
            body.position = 0
            yield value
    finally:
        del loops[depth - 1 :]


def place(shape, address_of):
    """The function that gives the addresses of a tensor: the first turn's."""
    known = state.loops[-1].next(lambda: (shape, address_of))
    return known[1] if isinstance(known, tuple) and known[0] == shape else address_of
