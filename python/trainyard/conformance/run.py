"""Runs the cases of a suite, each in a process of its own: a kernel may set environment variables,
change modules or crash, and the next case does not notice."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from trainyard.conformance.case import Case


def run_in_process(
    suite: str, case: Case, machine: str, checkout: Path, timeout: float, threads: int
) -> dict:
    """The outcome of one case; a crash or a timeout is a failure that says so."""
    command = [sys.executable, "-m", "trainyard.conformance.worker"]
    # Kernels may name a machine of their own choice in NEURON_PLATFORM_TARGET_OVERRIDE.
    environment = os.environ | {
        "TRAINYARD_MACHINE": machine,
        "TRAINYARD_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    try:
        done = subprocess.run(
            [*command, suite, case.name, machine, str(checkout)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return {"outcome": "failed", "why": f"not finished after {timeout:.0f} s"}
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {"outcome": "failed", "why": f"exit status {done.returncode}: {last}"}
    return json.loads(lines[-1])


def run_cases(
    suite: str,
    cases: list[Case],
    machines: list[str],
    checkout: Path,
    jobs: int,
    timeout: float,
    progress: Callable[[int, int], None],
) -> Iterator[dict]:
    """One row a case and machine, in the order of the suite."""
    wanted = [(case, machine) for case in cases for machine in machines]
    rows = {}
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with ThreadPoolExecutor(jobs) as pool:
        futures = {
            pool.submit(run_in_process, suite, case, machine, checkout, timeout, threads): i
            for i, (case, machine) in enumerate(wanted)
        }
        for done, future in enumerate(as_completed(futures), 1):
            rows[futures[future]] = future.result()
            progress(done, len(wanted))
    for i, (case, machine) in enumerate(wanted):
        yield {
            "kernel": case.kernel,
            "size": case.size,
            "dtype": case.dtype,
            "machine": machine,
            "tolerance": case.tolerance,
            **rows[i],
        }
