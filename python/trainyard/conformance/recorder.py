"""The pytest plugin of a worker: it runs the cases that are wanted and tells the runner of each, as
a line of JSON on a pipe (`pytest_run.py` has the other end).

{"collected": 12}                               once
{"start": "test_a.py::test_b"}                  before a case
{"id": …, "outcome": …, "why": …, figures}      after it"""

import contextlib
import ctypes
import gc
import json
import os
from pathlib import Path

import pytest

from trainyard.conformance import null
from trainyard.conformance.compared import Watch

JOB = "TRAINYARD_CONFORMANCE_JOB"  # the environment variable that holds the job as JSON
MOST_TEXT = 2000


class Recorder:
    """The hooks, with the job: pipe, module, words, mark, done, null, marks, comparators. A case's
    id is pytest's node id, but with the module as the checkout calls it."""

    def __init__(self, job):
        self.job = job
        self.pipe = os.fdopen(job["pipe"], "w", buffering=1)
        self.watch = None
        self.row = {}

    def id_of(self, nodeid):
        return "::".join([self.job["module"], *nodeid.split("::")[1:]])

    def tell(self, **event):
        self.pipe.write(json.dumps(event) + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        done, words, mark = set(self.job["done"]), self.job["words"], self.job["mark"]
        self.tell(collected=len(items))
        wanted = [
            item
            for item in items
            if (case := self.id_of(item.nodeid)) not in done
            and (not words or any(word in case for word in words))
            and (not mark or item.get_closest_marker(mark))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
        items[:] = wanted

    def pytest_collectreport(self, report):
        if report.failed:
            self.tell(id=self.id_of(report.nodeid), outcome="failed", why=_why(report))

    def pytest_collection_finish(self):
        """Everything has been imported, so that everything can be watched."""
        self.watch = Watch(self.job["comparators"])
        if self.job["null"]:
            null.install(self.job["null"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        marks = [name for name in self.job["marks"] if item.get_closest_marker(name)]
        self.row = {"id": self.id_of(item.nodeid), "outcome": "passed", "why": "", "marks": marks}
        self.watch.reset()
        _forget_peak()
        self.tell(start=self.row["id"])

    def pytest_runtest_logreport(self, report):
        row = self.row
        row["seconds"] = round(row.get("seconds", 0.0) + report.duration, 3)
        if report.failed:
            row |= {"outcome": "failed", "why": row["why"] or _why(report)}
        elif report.skipped and row["outcome"] == "passed":
            expected = hasattr(report, "wasxfail")
            row["outcome"] = "expected failure" if expected else "skipped"
            row["why"] = _why(report)
        if report.when == "teardown":
            self.tell(**row, **self.watch.row(), peak_mb=_peak_mb())


def _why(report):
    if isinstance(report.longrepr, tuple):  # of a skip: file, line, reason
        return report.longrepr[2][:MOST_TEXT]
    if crash := getattr(report.longrepr, "reprcrash", None):
        return crash.message[:MOST_TEXT]
    text = str(report.longrepr or "").strip()
    marked = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return ("\n".join(marked) or text)[-MOST_TEXT:]


def _forget_peak():
    """A case begins with the memory that it finds in use, not with what the last one freed: the
    allocator gives that back to the system."""
    gc.collect()
    with contextlib.suppress(AttributeError):  # glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):  # the peak is then that of the worker
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb():
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) // 1024


def pytest_configure(config):
    if JOB in os.environ:
        config.pluginmanager.register(Recorder(json.loads(os.environ.pop(JOB))), "recorder")
