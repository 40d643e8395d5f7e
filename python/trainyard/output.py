"""Standard output of commands: it may be closed, full, or a pipe whose reader has gone."""

import os
import select
import sys

from trainyard import _core

_STDOUT = 1


class OutputClosedError(Exception):
    """Nobody reads standard output any more; there is nothing to say and nobody to say it to."""


def write_output(text):
    """Writes all of a text to standard output, or refuses (E006)."""
    if sys.stdout is None:
        _core.refuse("E006", "cannot write the output: standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        refuse_output(error)


def say(text):
    """Prints a line for a reader, if there is one."""
    if sys.stdout is not None:
        write_output(text + "\n")


def flush_output():
    """Writes what is still in the buffer, or raises as write_output does."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        refuse_output(error)
    except ValueError:  # the script has closed it
        pass


def refuse_output(error):
    """Raises what a failed write to standard output means."""
    _discard_output()
    if isinstance(error, BrokenPipeError):
        raise OutputClosedError from error
    _core.refuse("E006", f"cannot write the output: {error.strerror}")


def reader_has_gone():
    """Whether standard output is a pipe that nobody reads."""
    poll = select.poll()
    try:
        poll.register(_STDOUT, select.POLLOUT)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except OSError:
        return False


def _discard_output():
    """What is still in the buffer is lost: Python would try again when it ends, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDOUT)
    os.close(nowhere)
