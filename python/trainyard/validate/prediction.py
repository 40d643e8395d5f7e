"""What the twin says a measurement should have been, and why it does not say it."""

import re

# A value in the unit of the measurement (seconds for times), with its range.
from trainyard.microbench.timeline import Ranged as Prediction  # noqa: F401

# (pattern of the workload, metrics or None for all, function(row, match) -> Prediction), in the
# order in which they are tried.
_PREDICTORS = []


class NotModelledError(Exception):
    """Why there is no prediction."""


def predicts(pattern, *metrics):
    """Registers a function for measurements whose workload matches the pattern."""

    def register(function):
        _PREDICTORS.append((re.compile(pattern, re.IGNORECASE), metrics, function))
        return function

    return register


def predict(row, programs):
    """The Prediction of a row. `programs`: checkouts with public kernels, see programs.py. Raises
    NotModelledError."""
    if row.machine is None:
        raise NotModelledError(f"{row.device} is no one device")
    for pattern, metrics, function in _PREDICTORS:
        match = pattern.search(row.workload)
        if match and (not metrics or row.metric in metrics):
            return function(row, match, programs)
    raise NotModelledError(_why_not(row))


def _why_not(row):
    if row.program_public == "no":
        return "its program is not public"
    if row.program_public == "partial":
        return "its program was made by the closed compiler"
    return f"no program of ours for this workload and {row.metric} yet"
