"""Runs the cases of a suite, each in a process of its own: a kernel may set environment variables,
change modules, crash or never end, and the next case does not notice."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from trainyard.conformance.case import Case


class Workers:
    """The processes that are running, so that Ctrl-C leaves none behind."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = set()
        self._stopped = False

    def run(self, command, environment, timeout):
        """Status, standard output and standard error; TimeoutExpired once it is ended."""
        with self._lock:
            if self._stopped:
                raise InterruptedError
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            self._running.add(process)
        try:
            with process:
                try:
                    out, err = process.communicate(timeout=timeout)
                finally:
                    process.kill()
            return process.returncode, out, err
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self):
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()


def run_in_process(
    workers: Workers,
    suite: str,
    case: Case,
    machine: str,
    checkout: Path,
    timeout: float,
    threads: int,
) -> dict:
    """The outcome of one case; a crash or a timeout is a failure that says so. No reason names the
    folder of the checkout."""
    command = [sys.executable, "-m", "trainyard.conformance.worker"]
    # Kernels may name a machine of their own choice in NEURON_PLATFORM_TARGET_OVERRIDE.
    environment = os.environ | {
        "TRAINYARD_MACHINE": machine,
        "TRAINYARD_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    arguments = [suite, case.name, machine, str(checkout)]
    try:
        status, out, err = workers.run([*command, *arguments], environment, timeout)
    except subprocess.TimeoutExpired:
        return {"outcome": "failed", "why": f"not finished after {timeout:g} s"}
    lines = out.splitlines()
    if status or not lines:
        last = (err.strip().splitlines() or ["no message"])[-1]
        found = {"outcome": "failed", "why": f"exit status {status}: {last}"}
    else:
        found = json.loads(lines[-1])
    if why := found.get("why"):
        found["why"] = why.replace(f"{checkout}{os.sep}", "")
    return found


def run_cases(
    suite: str,
    cases: list[Case],
    machines: list[str],
    checkout: Path,
    jobs: int,
    timeout: float,
    progress: Callable[[dict, int, int], None],
) -> list[dict]:
    """One row a case and machine, in the order of the suite, whatever finishes first. `progress`
    hears of each as it ends: its row, how many have ended, and of how many."""
    wanted = [(case, machine) for case in cases for machine in machines]
    rows = {}
    threads = max(1, (os.cpu_count() or 1) // jobs)
    workers = Workers()
    pool = ThreadPoolExecutor(jobs)
    try:
        futures = {
            pool.submit(
                run_in_process, workers, suite, case, machine, checkout, timeout, threads
            ): i
            for i, (case, machine) in enumerate(wanted)
        }
        for done, future in enumerate(as_completed(futures), 1):
            i = futures[future]
            case, machine = wanted[i]
            rows[i] = {
                "kernel": case.kernel,
                "size": case.size,
                "dtype": case.dtype,
                "machine": machine,
                "tolerance": case.tolerance,
                "note": case.note,
                **future.result(),
            }
            progress(rows[i], done, len(wanted))
    finally:
        workers.stop()
        pool.shutdown(cancel_futures=True)
    return [rows[i] for i in range(len(wanted))]
