"""Runs a pytest suite in worker processes, one test file a worker, with bounds on the time and the
memory of every case. A worker that breaks one is ended, that case has failed, and another worker
goes on behind it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from trainyard.conformance.pytest_suite import Part, PytestSuite
from trainyard.conformance.recorder import JOB, MOST_TEXT
from trainyard.conformance.state import PACKAGE, State

LOOK_S = 0.25  # seconds between two looks at a worker
LOG = "worker.log"
SETUP_S = 600  # seconds that a worker may take to import and collect a file


@dataclass(frozen=True)
class Bounds:
    """What a case may take: seconds, and bytes of memory with all that its worker has loaded."""

    seconds: float = 300.0
    memory: int = 8 << 30


@dataclass
class Run:
    """One run of a suite from a checkout. `words`: cases whose id has one of them; `mark`: cases
    with that mark; `null`: a null implementation in place of ours; `progress` hears of rows."""

    suite: PytestSuite
    checkout: Path
    state: State
    bounds: Bounds = field(default_factory=Bounds)
    python: str = sys.executable
    words: tuple[str, ...] = ()
    mark: str = ""
    null: str = ""
    machine: str = ""  # the suite's own, if empty
    progress: Callable[[dict], None] = lambda row: None

    def __post_init__(self):
        self.machine = self.machine or self.suite.machine
        self._lock = threading.Lock()
        self._workers = set()
        self._stopped = False

    def modules(self) -> list[tuple[Part, str]]:
        """The test files, each with its part. Those whose path has none of the words are left out
        if others have."""
        found = [
            (part, str(path.relative_to(self.checkout)))
            for part in self.suite.parts
            for pattern in part.tests
            for path in sorted((self.checkout / part.folder).glob(pattern))
        ]
        named = [each for each in found if any(word in each[1] for word in self.words)]
        return named or found

    def run(self, jobs: int):
        """All modules, `jobs` at a time; Ctrl-C leaves no worker behind."""
        self._stopped = False
        pool = ThreadPoolExecutor(jobs)
        try:
            for future in [pool.submit(self._run_module, *each) for each in self.modules()]:
                future.result()
        finally:
            with self._lock:
                self._stopped = True
                workers = list(self._workers)
            for worker in workers:
                _end(worker)
            pool.shutdown(cancel_futures=True)

    def _run_module(self, part, module):
        """Workers one after another, until one comes to its end, or dies before its first case."""
        while not self._stopped and self._run_worker(part, module):
            pass

    def _run_worker(self, part, module) -> bool:
        """Whether another worker has to go on."""
        with (
            tempfile.TemporaryDirectory() as scratch,
            self._started(part, module, scratch) as (
                worker,
                pipe,
            ),
        ):
            watch = _Watch(worker, self.bounds)
            for event in watch.events(pipe):
                if "collected" in event:
                    self.state.add(module=module, **event)
                elif "id" in event:
                    self._keep(module, event)
            if self._stopped or (not watch.why and worker.wait() in _ENDINGS):
                return False
            why = watch.why or f"exit status {worker.wait()}: {_last_words(Path(scratch) / LOG)}"
            self._keep(module, {"id": watch.case or module, "outcome": "failed", "why": why})
            return bool(watch.case)

    def _keep(self, module, row):
        row = {"null": self.null, "module": module} | row
        row["why"] = row["why"].replace(f"{self.checkout}{os.sep}", "")
        with self._lock:
            self.state.add(**row)
            self.progress(row)

    @contextlib.contextmanager
    def _started(self, part, module, scratch):
        """A worker and our end of its pipe; ended at the end."""
        reading, writing = os.pipe()
        folder = self.checkout / part.folder
        job = {
            "pipe": writing,
            "module": module,
            "done": self.state.done(self.null, module),
            "words": self.words,
            "mark": self.mark,
            "null": self.null,
            "marks": self.suite.marks,
            "comparators": self.suite.comparators,
        }
        paths = [PACKAGE.parent, *(folder / path for path in part.path)]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "TRAINYARD_MACHINE": self.machine,
            JOB: json.dumps(job),
            **part.environment,
        }
        places = {"{scratch}": scratch, "{machine}": self.machine}
        options = [places.get(option, option) for option in part.options]
        file = (self.checkout / module).relative_to(folder)
        with self._lock, (Path(scratch) / LOG).open("w") as log:
            if self._stopped:
                raise InterruptedError
            worker = subprocess.Popen(
                [self.python, *_PYTEST, *options, str(file)],
                cwd=folder,
                env=environment,
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._workers.add(worker)
        os.close(writing)
        try:
            with os.fdopen(reading, "rb", buffering=0) as pipe:
                yield worker, pipe
        finally:
            _end(worker)
            self._workers.discard(worker)


_PYTEST = (
    *("-m", "pytest", "-q", "-p", "trainyard.pytest", "-p", "trainyard.conformance.recorder"),
    *("-p", "no:cacheprovider"),
)
_ENDINGS = (0, 1, 2, 5)  # pytest's: passed, failed, did not collect, no tests


def _last_words(log):
    """The last line that speaks of an error, else the last."""
    lines = log.read_text(errors="replace").strip().splitlines() or ["no message"]
    return ([line for line in lines if "Error" in line] or lines)[-1][:MOST_TEXT]


def _end(worker):
    """Ends a worker and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


class _Watch:
    """Reads what a worker says, and ends it where a case breaks a bound; `case` is the one that
    runs, `why` says why it was ended."""

    def __init__(self, worker, bounds):
        self.worker, self.bounds = worker, bounds
        self.case = self.why = ""
        self.since, self.allowed = time.monotonic(), max(SETUP_S, bounds.seconds)

    def events(self, pipe):
        """The events, until the pipe closes or a bound is broken."""
        text = b""
        while not self.why:
            if not select.select([pipe], [], [], LOOK_S)[0]:
                self._look()
                continue
            found = pipe.read(1 << 16)
            if not found:
                return
            *lines, text = (text + found).split(b"\n")
            for event in map(json.loads, lines):
                self.since, self.allowed = time.monotonic(), self.bounds.seconds
                self.case = event.get("start", "")
                yield event
            self._look()

    def _look(self):
        if time.monotonic() - self.since > self.allowed:
            self.why = f"not finished after {self.allowed:g} s"
        elif (used := _resident(self.worker.pid)) > self.bounds.memory:
            self.why = f"more than {self.bounds.memory >> 20:,} MiB of memory: {used >> 20:,} MiB"


def _resident(pid) -> int:
    """Bytes that a process has in memory; 0 once it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
