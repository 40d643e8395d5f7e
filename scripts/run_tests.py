"""Runs the test suites one after another and closes with one line that counts them all."""

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JOBS = str(os.cpu_count() or 2)


def ctest(preset: str, only: str, report: Path) -> list[str]:
    select = ["-R", only] if only else []
    return [
        *("ctest", "--test-dir", f"build/{preset}", "-j", JOBS, "--output-on-failure"),
        *("--no-tests=ignore", "--quiet" if False else "--progress"),
        *("--output-junit", str(report), *select),
    ]


def pytest(only: str, report: Path) -> list[str]:
    select = ["-k", only] if only else []
    return [sys.executable, "-m", "pytest", "-q", "-n", JOBS, f"--junitxml={report}", "tests", *select]


def counts(report: Path) -> dict[str, int]:
    """passed, failed and skipped of a JUnit file, whichever runner wrote it."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    if not report.exists():
        return total
    for case in ET.parse(report).iter("testcase"):
        tags = {child.tag for child in case}
        if tags & {"failure", "error"}:
            total["failed"] += 1
        elif "skipped" in tags:
            total["skipped"] += 1
        else:
            total["passed"] += 1
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run only tests whose name has this word")
    only = parser.parse_args().only

    reports = ROOT / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    suites = {
        "C++ (release)": ctest("release", only, reports / "release.xml"),
        "C++ (ASan, UBSan)": ctest("asan", only, reports / "asan.xml"),
        "Python": pytest(only, reports / "python.xml"),
    }
    no_tests = 5  # pytest's exit code when nothing was selected

    lines, sums, broken = [], {"passed": 0, "failed": 0, "skipped": 0}, []
    for (name, command), stem in zip(suites.items(), ("release", "asan", "python"), strict=True):
        report = reports / f"{stem}.xml"
        report.unlink(missing_ok=True)
        print(f"\n== {name}", flush=True)
        start = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        found = counts(report)
        for key, value in found.items():
            sums[key] += value
        if status not in (0, no_tests) or found["failed"]:
            broken.append(name)
        text = ", ".join(f"{value} {key}" for key, value in found.items())
        lines.append(f"{name:20} {text}, {time.monotonic() - start:.0f} s")

    print("\n== Summary", *lines, sep="\n")
    if broken:
        print("failed:", ", ".join(broken))
    print(", ".join(f"{value} {key}" for key, value in sums.items()))
    return 1 if broken or not sums["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
