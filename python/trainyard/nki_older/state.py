"""Where the kernel that a thread is tracing is at."""

import threading


class _State(threading.local):
    """`waiting`: the result that nothing has written yet (results). `programs`: those of the launch
    (grid). `loops`: the bodies of open loops (turns). `left`: the left side of an `and` between
    masks (conjunction). `automatic`: whether the kernel's own allocations are ignored."""

    waiting = None
    programs = None
    loops = None
    left = None
    automatic = False


state = _State()
