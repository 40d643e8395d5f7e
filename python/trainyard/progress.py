"""Long runs under `trainyard run`: what they will take on this computer, before they start, and how
far they are, on a terminal. All of it goes to standard error."""

import os
import sys
import time
from contextlib import contextmanager

from trainyard import _core

LONG_SECONDS = 10  # from here on a run is announced
_BAR = 30  # characters


@contextmanager
def shown(traces):
    """Announces the values of these traces if they take long or do not fit, and shows how far they
    are while the block runs."""
    if os.environ.get("TRAINYARD_REPORT") != "1" or sys.stderr is None:
        yield
        return
    seconds, size = _core.host_estimate(traces)
    if text := announcement(traces[0].name, seconds, size, available_bytes()):
        print(text, file=sys.stderr, flush=True)
    if seconds < LONG_SECONDS or not sys.stderr.isatty():
        yield
        return
    try:
        for trace in traces:
            trace.progress = _Bar(f"core {trace.core} " if trace.cores > 1 else "")
        yield
    finally:
        for trace in traces:
            trace.progress = None
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def announcement(name, seconds, size, available):
    """What there is to say before a run of so many seconds and bytes; "" if nothing."""
    fits = available is None or size <= available
    if seconds < LONG_SECONDS and fits:
        return ""
    text = f"{name}: about {duration(seconds)} and {_gigabytes(size)} on this computer (estimate)"
    if not fits:
        text += (
            f"; {_gigabytes(available)} are free\n"
            "  --time-only gives the simulated time without values, in little memory"
        )
    return text


def duration(seconds):
    """ "40 s", "7 min", "3.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _gigabytes(size):
    return f"{size / 1e9:.1f} GB"


def available_bytes():
    """Memory that programs could still have; None where the system does not say."""
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":") for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


class _Bar:
    """Called with the share of the values that have run."""

    def __init__(self, label):
        self.label = label
        self.started = time.monotonic()

    def __call__(self, share):
        spent = time.monotonic() - self.started
        full = round(share * _BAR)
        rest = f", about {duration(spent / share - spent)} left" if share > 0.01 else ""
        bar = "#" * full + "." * (_BAR - full)
        sys.stderr.write(f"\r{self.label}[{bar}] {share:4.0%}, {duration(spent)} on the host{rest}")
        sys.stderr.write("\x1b[K")
        sys.stderr.flush()
