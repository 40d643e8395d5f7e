"""The outcome of a suite as a table, and as a section of docs/conformance.md."""

import os
import re
import tempfile
from collections import Counter
from pathlib import Path

HEADER = """# Conformance

Public kernels, run unmodified from a checkout, against NumPy references of ours in float64. This
page is written by `make conformance SUITE=… FROM=path`; none of the kernels is in this repository.

The error is relative to the reference's range. Up to 1e-05 passes where a kernel computes in
float32, up to 1e-02 where it computes in bfloat16; where it only moves data, nothing may differ.
Next to it stand the largest and the median error of single elements, in units of the last place
(ULP) of the output's type. `refused` with a code is what the chip or its compiler would say as
well, and is right only where a suite expects that code. Times are simulated and uncalibrated.
"""
COLUMNS = ("kernel", "size", "type", "machine", "outcome", "error", "max ULP", "median", "time")
LEFT = 5  # columns of words; the rest are numbers


def cells(row: dict) -> list[str]:
    outcome = row["outcome"] + (f" {row['code']}" if row.get("code") else "")
    words = [row["kernel"], row["size"], row["dtype"], row["machine"], outcome]
    if "range_error" not in row:
        return [*words, "", "", "", ""]
    time = f"{row['simulated_us']:,.1f} us"
    ulps = [f"{row[key]:.3g}" for key in ("max_ulp", "median_ulp")]
    return [*words, f"{row['range_error']:.1e}", *ulps, time]


def summary(rows: list[dict]) -> str:
    """Counts, and beside them what two implementations that do nothing would score."""
    counts = Counter(row["outcome"] for row in rows)
    words = ", ".join(f"{counts[what]} {what}" for what in ("passed", "refused", "failed"))
    nothing = sum(bool(row.get("nothing")) for row in rows)
    return (
        f"{words} of {len(rows)}. Null scores: {nothing} of {len(rows)} would pass with an "
        f"implementation that computes nothing (zeros), 0 with one that always raises."
    )


def table(rows: list[dict]) -> str:
    """Aligned columns for a terminal, and a line for each failure."""
    lines = [list(COLUMNS), *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]

    def aligned(line):
        pairs = enumerate(zip(line, widths, strict=True))
        return "  ".join(c.ljust(w) if i < LEFT else c.rjust(w) for i, (c, w) in pairs).rstrip()

    failures = [
        f"failed: {row['kernel']} {row['size']} {row['dtype']} on {row['machine']}: {row['why']}"
        for row in rows
        if row["outcome"] == "failed"
    ]
    return "\n".join([*(aligned(line) for line in lines), *failures, summary(rows)])


def section(suite: str, title: str, rows: list[dict]) -> str:
    rule = ["---"] * LEFT + ["---:"] * (len(COLUMNS) - LEFT)
    lines = [f"## {suite}: {title}", "", summary(rows), ""]
    lines += ["| " + " | ".join(line) + " |" for line in (COLUMNS, rule, *map(cells, rows))]
    failures = [f"* {r['kernel']} on {r['machine']}: {r['why']}" for r in rows if r.get("why")]
    unique = list(dict.fromkeys(failures))
    return "\n".join([*lines, *([""] if unique else []), *unique]) + "\n"


def write_page(path: Path, suite: str, title: str, rows: list[dict]):
    """Replaces this suite's section of the page and keeps the others; all or nothing."""
    old = path.read_text() if path.exists() else ""
    found = re.findall(r"^(## ([\w-]+):.*?)(?=^## |\Z)", old, re.MULTILINE | re.DOTALL)
    sections = {name: text for text, name in found} | {suite: section(suite, title, rows)}
    page = "\n".join([HEADER, *(text.rstrip("\n") + "\n" for _, text in sorted(sections.items()))])
    write_atomically(path, page)


def write_atomically(path: Path, text: str):
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)
