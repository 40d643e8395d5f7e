"""Runs the test suites one after another and closes with one line that counts them all."""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
JOBS = str(os.cpu_count() or 2)


def ctest(preset: str, only: str) -> list[str]:
    command = f"ctest --test-dir build/{preset} -j {JOBS} --output-on-failure --no-tests=ignore"
    return [*command.split(), "--output-junit", report(preset), *(["-R", only] if only else [])]


def pytest(only: str) -> list[str]:
    command = [sys.executable, *f"-m pytest -q -n {JOBS} tests".split()]
    return [*command, f"--junitxml={report('python')}", *(["-k", only] if only else [])]


def report(suite: str) -> str:
    return str(REPORTS / f"{suite}.xml")


def run(command: list[str]) -> int:
    """Runs a suite. Of ctest, which has a line for every test, only failures and the end show."""
    if command[0] != "ctest":
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    start = 0 if done.returncode else done.stdout.find("% tests passed") - len("100")
    print(done.stdout[max(0, start) :].strip(), flush=True)
    return done.returncode


def count(suite: str) -> Counter:
    """Passed, failed and skipped of a JUnit file, whichever runner wrote it."""
    found = Counter(passed=0, failed=0, skipped=0)
    if Path(report(suite)).exists():
        for case in ET.parse(report(suite)).iter("testcase"):
            tags = {child.tag for child in case}
            failed, skipped = tags & {"failure", "error"}, "skipped" in tags
            found["failed" if failed else "skipped" if skipped else "passed"] += 1
    return found


def words(counts: Counter) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run only tests whose name has this word")
    only = parser.parse_args().only
    suites = {
        "release": ("C++", ctest("release", only)),
        "asan": ("C++, ASan and UBSan", ctest("asan", only)),
        "python": ("Python", pytest(only)),
    }

    REPORTS.mkdir(parents=True, exist_ok=True)
    total, summary, broken = Counter(), [], []
    for suite, (title, command) in suites.items():
        Path(report(suite)).unlink(missing_ok=True)
        print(f"\n== {title}", flush=True)
        start = time.monotonic()
        status = run(command)
        found = count(suite)
        total += found  # keeps what is above zero
        summary.append(f"{title:20} {words(found)} in {time.monotonic() - start:.0f} s")
        nothing_selected = suite == "python" and status == 5
        if (status and not nothing_selected) or found["failed"]:
            broken.append(title)

    print("\n== Summary", *summary, sep="\n")
    if broken:
        print(f"FAILED: {', '.join(broken)}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if broken or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
