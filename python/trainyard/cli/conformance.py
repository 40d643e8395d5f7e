"""`trainyard conformance`: public kernels from a checkout, against NumPy or their own goldens."""

import json
import os
import sys
from pathlib import Path

from trainyard import _core, load_machine
from trainyard.cli.conformance_pytest import run_suite
from trainyard.cli.options import (
    Parser,
    above_zero,
    check_output,
    command,
    named,
    one_of,
    positive,
    seconds,
    suggestion,
)
from trainyard.conformance import report
from trainyard.conformance.case import MACHINES
from trainyard.conformance.pytest_suites import PYTEST_SUITES
from trainyard.conformance.run import run_cases
from trainyard.conformance.suites import SUITES, digests
from trainyard.output import say

_EXAMPLES = """
examples:
  trainyard conformance nki-examples --from aws-neuron-sdk
  trainyard conformance nki-attention --from nki-samples --machine trn2 --only v8
  trainyard conformance nki-examples --from aws-neuron-sdk --json - | jq .
  trainyard conformance nki-library --from nki-library --only "cumsum rope" --mark fast

Exit status: 0 if every case passed or was refused as documented, 1 if one failed, 2 for a refusal.
"""


def _parser():
    parser = Parser(
        prog="trainyard conformance",
        usage="trainyard conformance SUITE --from PATH [options]",
        description="Runs the kernels of a public suite, unmodified, and compares them with NumPy"
        ",\nor, where pytest runs the suite, with its own goldens. Such a run goes on where\nthe "
        "last one stopped.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("suite", metavar="SUITE", type=one_of(*SUITES, *PYTEST_SUITES),
        help=" or ".join([*SUITES, *PYTEST_SUITES]))  # fmt: skip
    add("--from", dest="checkout", metavar="PATH", type=named, required=True,
        help="a checkout of the suite's repository")  # fmt: skip
    add("--machine", metavar="NAME", nargs="+", type=named, help=f"default: {' '.join(MACHINES)}")
    add(
        "--only",
        metavar="WORD",
        default="",
        help="cases whose name has this word (of pytest: one of these)",
    )
    add("--jobs", metavar="N", type=positive, help="cases at a time (default: one a processor; "
        "of pytest: 1)")  # fmt: skip
    add("--timeout", metavar="S", type=seconds, default=300, help="seconds a case (default: 300)")
    add("--json", metavar="FILE", type=named, help="write all figures; - for standard output")
    add("--report", metavar="FILE", type=named, help="write the suite's section of this page")
    of_pytest = parser.add_argument_group("suites of pytest").add_argument
    of_pytest("--python", metavar="FILE", type=named, help="an interpreter with what the suite "
              "needs; default: this one")  # fmt: skip
    of_pytest("--mark", metavar="NAME", type=named, help="cases with this mark")
    of_pytest("--memory", metavar="GB", type=above_zero, default=8.0,
              help="most memory of a worker (default: 8)")  # fmt: skip
    of_pytest("--state", metavar="FILE", type=named, help="results so far "
              "(default: conformance-SUITE.jsonl, in build/ if there is one)")  # fmt: skip
    of_pytest("--no-null", action="store_true", help="leave out the null scores")
    parser.add_debug()
    return parser


def show_progress(row: dict, done: int, total: int):
    """A bar on a terminal, elsewhere a line a case, so that a log shows where it hangs."""
    name = f"{row['kernel']} {row['size']} {row['dtype']} on {row['machine']}"
    if sys.stderr.isatty():
        line = f"\r\x1b[K[{'#' * (30 * done // total):30}] {done} of {total}  {name}"[:100]
        print(line if done < total else "\r\x1b[K", end="", file=sys.stderr, flush=True)
    else:
        print(f"{done}/{total} {report.outcome(row)}: {name}", file=sys.stderr, flush=True)


def _checked(options):
    """The machines, cases and digests of their files; refuses what could not be run."""
    for path in (options.json, options.report):
        check_output(path)
    if options.report and (options.machine or options.only):
        _core.refuse("E001", "trainyard conformance: --report is of all machines and cases",
                     fix="Leave --machine and --only out.")  # fmt: skip
    machines = list(dict.fromkeys(options.machine or MACHINES))
    for machine in machines:
        load_machine(machine)
    cases = SUITES[options.suite].cases()
    wanted = [case for case in cases if options.only in case.name]
    if not wanted:
        words = {word for case in cases for word in case.name.split()}
        _core.refuse("E001", f"no case of {options.suite} has {options.only!r} in its name",
                     fix=suggestion(options.only, words))  # fmt: skip
    try:
        found = digests(Path(options.checkout), wanted)
    except FileNotFoundError as error:
        fix = f"Give a checkout of {SUITES[options.suite].REPOSITORY}."
        _core.refuse("E006", f"not a checkout of {options.suite}: {error}", fix=fix)
    return machines, wanted, found


@command
def main(arguments):
    """The exit status: 0 if nothing failed, 1 if a case did, 2 for a refusal."""
    options = _parser().parse_all(arguments)
    if options.suite in PYTEST_SUITES:
        for path in (options.json, options.report):
            check_output(path)
        return run_suite(options)
    machines, cases, found = _checked(options)
    rows = run_cases(
        options.suite,
        cases,
        machines,
        Path(options.checkout).resolve(),
        options.jobs or os.cpu_count() or 1,
        options.timeout,
        show_progress,
    )
    as_json = json.dumps(rows, indent=1) + "\n"
    say(as_json[:-1] if options.json == "-" else report.table(rows))
    if options.json and options.json != "-":
        report.write_atomically(Path(options.json), as_json)
    if options.report:
        text = report.section(options.suite, SUITES[options.suite], found, rows)
        report.write_page(Path(options.report), options.suite, text)
    return 1 if any(row["outcome"] == "failed" for row in rows) else 0
