"""Whether the running kernel's own allocations count."""

import contextlib

_automatic = False


@contextlib.contextmanager
def creation_mode(automatic):
    """Within it, tensors are placed where the kernel says, or (`automatic`) by Trainyard."""
    global _automatic
    former, _automatic = _automatic, automatic
    try:
        yield
    finally:
        _automatic = former


def is_automatic():
    """Whether allocations are ignored."""
    return _automatic
