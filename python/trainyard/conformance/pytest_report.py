"""The outcome of a pytest suite as text for a terminal, and as a section of docs/conformance.md."""

from collections import Counter

from trainyard.conformance.causes import by_cause, defect_of, limit_of, outcome
from trainyard.conformance.null import NULLS
from trainyard.conformance.report import wrapped

COUNTED = ("passed", "failed", "refused", "defect", "left out", "skipped", "expected failure")
OUTCOMES = ("passed", "failed", "refused", "left out")  # with a column of their own
COLUMNS = ("module", "cases", *OUTCOMES, "max ULP", "median")
SLOWEST = 10


def short(suite, module: str) -> str:
    """A module without the folders that all have in common."""
    folders = [pattern.partition("*")[0] for part in suite.parts for pattern in part.tests]
    for folder in sorted(folders, key=len, reverse=True):
        module = module.removeprefix(folder)
    return module.removesuffix(".py")


def ran(suite, rows: list[dict]) -> list[dict]:
    """The cases that the suite did not skip itself."""
    return [row for row in rows if outcome(suite, row) not in ("left out", "skipped")]


def counts(suite, rows: list[dict], collected: int) -> str:
    """How many cases came to which end."""
    found = Counter(outcome(suite, row) for row in rows)
    words = [f"{found[what]:,} {what}" for what in COUNTED if found[what] or what in COUNTED[:2]]
    missing = collected - len(rows)
    return f"{', '.join(words)}, of {collected:,}" + (f"; {missing:,} not run" * (missing > 0))


def null_scores(suite, state) -> str:
    """What implementations that do nothing pass, of the cases that they were given."""
    texts = []
    for null, words in NULLS.items():
        if rows := ran(suite, state.of(null)):
            passed = sum(row["outcome"] == "passed" for row in rows)
            texts.append(f"{passed:,} of {len(rows):,} pass with {words}")
    return f"Null scores: {', '.join(texts)}." if texts else "Null scores: not measured."


def summary(suite, state) -> str:
    """One paragraph."""
    rows = state.of("")
    texts = [f"{counts(suite, rows, state.cases())}."]
    for mark in suite.marks:
        marked = ran(suite, [row for row in rows if mark in row.get("marks", ())])
        passed = sum(row["outcome"] == "passed" for row in marked)
        texts.append(f"Of the {len(marked):,} marked {mark} and not left out, {passed:,} passed.")
    minutes = sum(row.get("seconds", 0.0) for row in rows) / 60
    texts.append(f"One after another the cases took {minutes:,.0f} min.")
    return " ".join([*texts, null_scores(suite, state)])


def _number(rows, key):
    found = [row[key] for row in rows if key in row]
    return f"{max(found):.3g}" if found else ""


def _modules(suite, state):
    """A line of the table for each module."""
    modules = {}
    for row in state.of(""):
        modules.setdefault(row["module"], []).append(row)
    for module, rows in sorted(modules.items()):
        found = Counter(outcome(suite, row) for row in rows)
        numbers = [found[what] for what in OUTCOMES]
        passed = [row for row in rows if row["outcome"] == "passed"]
        yield [
            short(suite, module),
            *map(str, [max(state.collected.get(module, 0), len(rows)), *numbers]),
            _number(passed, "max_ulp"),
            _number(passed, "median_ulp"),
        ]


def causes(suite, state) -> list[str]:
    """A line for each cause of failures, and for each documented limit."""
    rows = state.of("")
    lines = []
    for what, found in by_cause([row for row in rows if outcome(suite, row) == "failed"]):
        modules = dict.fromkeys(short(suite, row["module"]) for row in found)
        lines.append(f"{len(found):,} failed: {what} ({', '.join(modules)}).")
    limits = Counter(limit_of(suite, row) for row in rows if outcome(suite, row) == "refused")
    lines += [f"{count:,} refused: {limit.code}: {limit.rule}." for limit, count in limits.items()]
    defects = Counter(defect_of(suite, row) for row in rows if outcome(suite, row) == "defect")
    return lines + [f"{count:,} defect: {found.what}." for found, count in defects.items()]


def slowest(suite, state) -> list[list[str]]:
    """The cases that took longest: seconds, of them in kernels, and the worker's memory."""
    rows = sorted(state.of(""), key=lambda row: -row.get("seconds", 0.0))[:SLOWEST]
    return [
        [
            short(suite, row["module"]) + "::" + row["id"].split("::")[-1][:60],
            f"{row.get('seconds', 0.0):.1f}",
            f"{row.get('kernel_s', 0.0):.1f}",
            f"{row.get('peak_mb', 0):,}",
        ]
        for row in rows
        if row.get("seconds")
    ]


def section(name: str, suite, state) -> str:
    """The suite's section of the page."""
    command = f"`make conformance SUITE={name} FROM=path`, with a checkout of {suite.REPOSITORY}."
    table = [COLUMNS, ["---"] + ["---:"] * (len(COLUMNS) - 1), *_modules(suite, state)]
    slow = [("slowest cases", "host s", "of them in kernels", "MiB"), ["---"] + ["---:"] * 3]
    return "\n".join(
        [
            f"## {name}: {suite.TITLE}",
            "",
            wrapped(f"{command} {suite.NOTE} Run on {suite.machine}."),
            "",
            wrapped(summary(suite, state)),
            "",
            *("| " + " | ".join(line) + " |" for line in table),
            "",
            *(wrapped(f"* {text}", "  ") for text in causes(suite, state)),
            "",
            *("| " + " | ".join(line) + " |" for line in (*slow, *slowest(suite, state))),
            "",
        ]
    )


def table(suite, state) -> str:
    """Aligned columns for a terminal, and why some did not pass."""
    lines = [list(COLUMNS), *_modules(suite, state)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]

    def aligned(line):
        cells = (f"{c:{'<' if i == 0 else '>'}{widths[i]}}" for i, c in enumerate(line))
        return "  ".join(cells).rstrip()

    return "\n".join([*map(aligned, lines), *causes(suite, state), summary(suite, state)])
