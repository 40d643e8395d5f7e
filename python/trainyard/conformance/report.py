"""The outcome of a suite as a table, and as a section of docs/conformance.md."""

import os
import re
import tempfile
import textwrap
from collections import Counter
from pathlib import Path

HEADER = """# Conformance

Public kernels, run unmodified from a checkout, against NumPy references of ours in float64. This
page is written by `make conformance SUITE=… FROM=path`, one section a suite; none of the kernels
is in this repository. `trainyard conformance --help` has the options, `--json` every figure.

The error is relative to the reference's range. Up to 1e-05 passes where a kernel computes in
float32, up to 1e-02 where it computes in bfloat16; where it only moves data, nothing may differ.
Next to it stand the largest and the median error of single elements, in units of the last place
(ULP) of the output's type; elements near zero among large ones have many. Of several machines the
largest is shown. `refused` with a code is what the documentation says of the chip as well, and is
right only where the suite expects that code; below each table stands the rule.

Suites that pytest runs have goldens and a comparator of their own, whose verdict counts; our error
in ULP stands beside it, the largest of all cases that passed, without elements whose golden is 0,
which has no last place. A case `refused` is one that a
documented limit of the chip rules out, one `left out` is too large, says the suite itself, and a
`defect` is one of the suite that no implementation passes.
"""
OUTCOMES = {"passed": "passed", "refused": "refused as documented", "failed": "failed"}
COLUMNS = ("kernel", "size", "type", "machine", "outcome", "error", "max ULP", "median", "time")
LEFT = 5  # columns of words; the rest are numbers


def outcome(row: dict) -> str:
    return row["outcome"] + (f" {row['code']}" if row.get("code") else "")


def numbers(rows: list[dict]) -> list[str]:
    """The largest figures of these rows, or blanks."""
    rows = [row for row in rows if "range_error" in row]
    if not rows:
        return ["", "", ""]
    error, most, median = (
        max(row[key] for row in rows) for key in ("range_error", "max_ulp", "median_ulp")
    )
    return [f"{error:.1e}", f"{most:.3g}", f"{median:.3g}"]


def cells(row: dict) -> list[str]:
    words = [row["kernel"], row["size"], row["dtype"], row["machine"], outcome(row)]
    time = f"{row['simulated_us']:,.1f} us" if "simulated_us" in row else ""
    return [*words, *numbers([row]), time]


def summary(rows: list[dict]) -> str:
    """Counts, and beside them what two implementations that do nothing would score."""
    counts = Counter(row["outcome"] for row in rows)
    words = ", ".join(f"{counts[key]} {what}" for key, what in OUTCOMES.items())
    nothing = sum(bool(row.get("nothing")) for row in rows)
    return (
        f"{words}, of {len(rows)}. Null scores: {nothing} of {len(rows)} would pass with an "
        f"implementation that computes nothing (zeros), 0 with one that always raises."
    )


def reasons(rows: list[dict]) -> list[str]:
    """A line for each reason or note, with the kernels and machines that it is of."""
    texts = {}
    for row in rows:
        why = row.get("why", "").removeprefix("error ").removeprefix("unsupported ")
        text = "; ".join(part for part in (f"{row['outcome']}: {why}" if why else "", row["note"])
                         if part)  # fmt: skip
        if text:
            found = texts.setdefault((row["size"], row["dtype"], text), ({}, {}))
            found[0][row["kernel"]] = found[1][row["machine"]] = None
    every = {row["machine"] for row in rows}
    return [
        f"{', '.join(kernels)} ({size}, {dtype})"
        + ("" if set(machines) == every else f" on {', '.join(machines)}")
        + f": {text}."
        for (size, dtype, text), (kernels, machines) in texts.items()
    ]


def table(rows: list[dict]) -> str:
    """Aligned columns for a terminal, and why some did not pass."""
    lines = [list(COLUMNS), *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]

    def aligned(line):
        pairs = enumerate(zip(line, widths, strict=True))
        return "  ".join(c.ljust(w) if i < LEFT else c.rjust(w) for i, (c, w) in pairs).rstrip()

    return "\n".join([*(aligned(line) for line in lines), *reasons(rows), summary(rows)])


def wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def section(name: str, suite, digests: dict, rows: list[dict]) -> str:
    """One line a case, one column a machine. No times: they are not what a suite is about."""
    machines = list(dict.fromkeys(row["machine"] for row in rows))
    cases = {}
    for row in rows:
        cases.setdefault((row["kernel"], row["size"], row["dtype"]), []).append(row)
    columns = ["kernel", "size", "type", *machines, "error", "max ULP", "median"]
    rule = ["---"] * (3 + len(machines)) + ["---:"] * 3
    lines = [[*case, *map(outcome, found), *numbers(found)] for case, found in cases.items()]
    command = f"`make conformance SUITE={name} FROM=path`, with a checkout of {suite.REPOSITORY}."
    files = ", ".join(f"`{name}` {digest}" for name, digest in sorted(digests.items()))
    return "\n".join(
        [
            f"## {name}: {suite.TITLE}",
            "",
            wrapped(f"{command} {suite.NOTE}"),
            "",
            wrapped(summary(rows)),
            "",
            *("| " + " | ".join(line) + " |" for line in (columns, rule, *lines)),
            "",
            *(wrapped(f"* {text}", "  ") for text in reasons(rows)),
            wrapped(f"* Files, and how their SHA-256 begins: {files}.", "  "),
            "",
        ]
    )


def write_page(path: Path, name: str, text: str):
    """Replaces this suite's section of the page and keeps the others; all or nothing."""
    old = path.read_text() if path.exists() else ""
    found = re.findall(r"^(## ([\w-]+):.*?)(?=^## |\Z)", old, re.MULTILINE | re.DOTALL)
    sections = {other: text for text, other in found} | {name: text}
    page = "\n".join([HEADER, *(text.rstrip("\n") + "\n" for _, text in sorted(sections.items()))])
    write_atomically(path, page)


def write_atomically(path: Path, text: str):
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
