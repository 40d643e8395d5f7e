"""`trainyard conformance` for the suites that pytest runs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from trainyard import _core, load_machine
from trainyard.cli.options import check_output, suggestion
from trainyard.conformance import pytest_report, report
from trainyard.conformance.causes import outcome
from trainyard.conformance.null import NULLS
from trainyard.conformance.pytest_run import Bounds, Run
from trainyard.conformance.pytest_suites import PYTEST_SUITES
from trainyard.conformance.state import State
from trainyard.output import say


def show_progress(suite, row):
    """A line a case, so that a log shows where it hangs."""
    what = f"{row['null']} {outcome(suite, row)}".strip()
    print(f"{what}: {pytest_report.short(suite, row['module'])}::"
          f"{row['id'].rpartition('::')[2]}", file=sys.stderr, flush=True)  # fmt: skip


def run_suite(options):
    """The exit status: 0 if nothing failed, 1 if a case did."""
    suite = PYTEST_SUITES[options.suite]
    machine = _machine(options, suite)
    state = _state(options, load_machine(machine).name)
    run = Run(
        suite,
        Path(options.checkout).resolve(),
        state,
        bounds=Bounds(options.timeout, int(options.memory * (1 << 30))),
        python=_python(options),
        words=tuple(options.only.split()),
        mark=options.mark or "",
        machine=machine,
        progress=lambda row: show_progress(suite, row),
    )
    _check(options, suite, run)
    for null in ("", *(() if options.no_null else NULLS)):
        run.null = null
        run.run(options.jobs or 1)
    as_json = json.dumps(state.of(""), indent=1) + "\n"
    say(as_json[:-1] if options.json == "-" else pytest_report.table(suite, state))
    if options.json and options.json != "-":
        report.write_atomically(Path(options.json), as_json)
    if options.report:
        text = pytest_report.section(options.suite, suite, state)
        report.write_page(Path(options.report), options.suite, text)
    return int(any(outcome(suite, row) == "failed" for row in state.of("")))


def _state(options, machine):
    folder = Path("build") if Path("build").is_dir() else Path()
    path = Path(options.state or folder / f"conformance-{options.suite}.jsonl")
    check_output(str(path))
    state = State(path, f"{options.suite} on {machine}")
    if state.begun_anew:
        print(f"{path}: Trainyard has changed, every case is run anew", file=sys.stderr)
    return state


def _python(options):
    """The interpreter of the workers, as a path; E006 if it has no pytest."""
    found = shutil.which(options.python or sys.executable)
    if found is None:
        _core.refuse("E006", f"--python {options.python}: no such program")
    found = os.path.abspath(found)
    if subprocess.run([found, "-c", "import pytest"], capture_output=True).returncode:
        fix = "Install what the suite needs, and name its interpreter with --python."
        _core.refuse("E006", f"{found} has no pytest", fix=fix)
    return found


def _machine(options, suite):
    """The one machine of the run; the page is of the suite's own."""
    machines = options.machine or [suite.machine]
    if len(machines) > 1 or (options.report and machines != [suite.machine]):
        found, allowed = " ".join(machines), suite.machine if options.report else "one machine"
        _core.refuse("E001", f"{options.suite}: --machine", found, allowed, options.suite)
    return _core.load_machine(machines[0], []).name  # as the suite calls it, without our settings


def _check(options, suite, run):
    if options.mark and options.mark not in suite.marks:
        known = ", ".join(suite.marks) or "none"
        _core.refuse("E001", f"--mark {options.mark}", options.mark, known, options.suite,
                     suggestion(options.mark, suite.marks))  # fmt: skip
    if not run.modules():
        patterns = ", ".join(pattern for part in suite.parts for pattern in part.tests)
        text = f"not a checkout of {options.suite}: no {patterns} under {options.checkout}"
        _core.refuse("E006", text, fix=f"Give a checkout of {suite.REPOSITORY}.")
