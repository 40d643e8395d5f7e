"""Errors as scripts of the older API expect them."""

import contextlib
import re

from trainyard import _core

_OUTSIDE = re.compile(r"index (-?\d+) is outside dimension (\d+) of (\d+)(?:, rows of (\d+))?")


@contextlib.contextmanager
def as_older_api():
    """A dynamic index outside its tensor is an IndexError, whose cause is Trainyard's message."""
    try:
        yield
    except _core.Error as error:
        raise index_error(error) or error from error.__cause__


def index_error(error):
    """The IndexError for a refusal E212, None for others."""
    del error
