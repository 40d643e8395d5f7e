"""Errors as scripts of the older API expect them."""

import contextlib
import math
import re

from trainyard import _core

_OUTSIDE = re.compile(r"E212 .*: index (-?\d+) is outside dimension (\d+) of .*\[([\d, ]+)\] in")


@contextlib.contextmanager
def as_older_api():
    """A dynamic index outside its tensor is an IndexError, that counts elements of the flat tensor;
    Trainyard's own message is its cause, and a note below it."""
    try:
        yield
    except _core.Error as error:
        found = _OUTSIDE.search(str(error))
        if found is None:
            raise
        index, dim, sizes = int(found[1]), int(found[2]), [int(n) for n in found[3].split(",")]
        position = index * math.prod(sizes[dim + 1 :])
        size = math.prod(sizes[dim:])
        translated = IndexError(f"index {position} is out of bounds for axis 0 with size {size}")
        translated.add_note(str(error))
        raise translated from error
