"""trainyard conformance: public kernels from a checkout, against NumPy."""

import argparse
import json
import os
import sys
from pathlib import Path

from trainyard.conformance import report
from trainyard.conformance.case import MACHINES
from trainyard.conformance.run import run_cases
from trainyard.conformance.suites import SUITES, find_file


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="trainyard conformance",
        description="Runs the kernels of a public suite, unmodified, and compares them with NumPy.",
    )
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--from", dest="checkout", type=Path, required=True, metavar="PATH",
                        help="a checkout of the suite's repository")  # fmt: skip
    parser.add_argument("--machine", nargs="+", default=MACHINES, help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="WORD", help="cases whose name has this word")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cases at a time")
    parser.add_argument("--timeout", type=float, default=300, metavar="S", help="seconds a case")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--report", type=Path, metavar="FILE",
                        help="write the suite's section of this Markdown page")  # fmt: skip
    return parser.parse_args(arguments)


def show_progress(done: int, total: int):
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        bar = "#" * (30 * done // total)
        print(f"\r[{bar:30}] {done} of {total}", end=end, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    suite = SUITES[options.suite]
    cases = [case for case in suite.cases() if options.only in case.name]
    if not cases:
        print(f"no case of {options.suite} has {options.only!r} in its name", file=sys.stderr)
        return 2
    try:
        for name in sorted({case.file for case in cases}):
            find_file(options.checkout, name)
    except FileNotFoundError as error:
        print(f"{error}: not a checkout of {options.suite}", file=sys.stderr)
        return 2

    rows = list(
        run_cases(
            options.suite,
            cases,
            list(options.machine),
            options.checkout.resolve(),
            max(1, options.jobs),
            options.timeout,
            show_progress,
        )
    )
    print(report.table(rows))
    if options.json:
        report.write_atomically(options.json, json.dumps(rows, indent=1) + "\n")
    if options.report:
        report.write_page(options.report, options.suite, suite.TITLE, rows)
    return 1 if any(row["outcome"] == "failed" for row in rows) else 0
