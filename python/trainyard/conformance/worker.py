"""Runs one case on one machine and prints what came out as a line of JSON; run.py starts it.

python -m trainyard.conformance.worker SUITE CASE MACHINE CHECKOUT
"""

import contextlib
import importlib.util
import json
import sys
import time
from pathlib import Path

import numpy as np

import trainyard
from trainyard.conformance.errors import figures, range_error
from trainyard.conformance.suites import find_case, find_file


def load(path: Path, function: str):
    """The kernel, imported as its own folder would import it."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return getattr(module, function)


def judge(case, machine: str, result, reference) -> dict:
    """The outcome of a kernel that ran to its end."""
    right_code = case.refused.get(machine)
    if right_code:
        return {"outcome": "failed", "why": f"ran, but {right_code} is right"}
    if result.shape != reference.shape:
        return {"outcome": "failed", "why": f"shape {result.shape}, not {reference.shape}"}
    if not np.isfinite(result.astype(np.float64)).all():
        return {"outcome": "failed", "why": "some results are not finite"}
    found = figures(result, reference)
    # What an implementation that computes nothing would score: its output is zeros.
    nothing = range_error(np.zeros_like(result), reference) <= case.tolerance
    passed = found["range_error"] <= case.tolerance
    why = "" if passed else f"an error of {found['range_error']:.1e} of the range"
    return {"outcome": "passed" if passed else "failed", "why": why, "nothing": nothing, **found}


def run_case(case, machine: str, path: Path) -> dict:
    arrays = case.inputs(np.random.default_rng(0))
    start = time.process_time()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            trainyard.activate()
            run = trainyard.run(load(path, case.function), *arrays, machine=machine)
    except trainyard.Error as error:
        right = case.refused.get(machine) == error.code
        outcome = "refused" if right else "failed"
        return {"outcome": outcome, "code": error.code, "why": str(error).splitlines()[0]}
    host_seconds = time.process_time() - start
    found = judge(case, machine, np.asarray(run.outputs), case.reference(*arrays))
    return found | {"simulated_us": run.time.seconds * 1e6, "host_cpu_s": host_seconds}


def main() -> int:
    suite, name, machine, checkout = sys.argv[1:]
    case = find_case(suite, name)
    try:
        found = run_case(case, machine, find_file(Path(checkout), case.file))
    except Exception as error:  # whatever a kernel may raise is this case's outcome
        found = {"outcome": "failed", "why": f"{type(error).__name__}: {error}"}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
