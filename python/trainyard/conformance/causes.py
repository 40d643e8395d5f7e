"""Why a case did not pass, in few enough words that equal causes come together."""

import re
from collections import Counter

from trainyard.conformance.pytest_suite import PytestSuite

OURS = re.compile(r"(?:error|unsupported|not-public|bug) ([EUKB]\d{3}) ([\w-]+)(?:: ([^\n]*))?")
DIFFERS = ("Validation failed", "Not equal to tolerance", "allclose", "are not close")
MOST = 90


def code_of(why: str) -> str:
    """The code of our refusal that a message speaks of, or ""."""
    found = OURS.search(why)
    return found[1] if found else ""


def cause(why: str) -> str:
    """What a message has in common with others like it: no numbers, no shapes, no places."""
    if found := OURS.search(why):
        code, name, text = found.groups()
        if code != "U001":
            text = text.split(":")[0] if text else ""
        return _plain(f"{code} {name}: {text}")
    first = next((line for line in why.splitlines() if line.strip()), "no message")
    if any(word in why for word in DIFFERS):
        return "values differ from the golden"
    return _plain(first.split(".")[-1] if first.startswith("test.utils") else first)


def _plain(text):
    """Without numbers, save those that are part of a name (E201, bfloat16)."""
    return re.sub(r"(?<![\w.])-?\d+([.,]\d+)*(e[-+]?\d+)?", "N", text).strip()[:MOST]


def outcome(suite: PytestSuite, row: dict) -> str:
    """passed, failed, refused (by a limit that the suite's description documents), defect (of the
    suite), left out (too large, says the suite), skipped, or expected failure."""
    if row["outcome"] in ("failed", "expected failure"):
        if limit_of(suite, row):
            return "refused"
        if defect_of(suite, row):
            return "defect"
    if row["outcome"] == "skipped" and suite.large and suite.large in row["why"]:
        return "left out"
    return row["outcome"]


def limit_of(suite: PytestSuite, row: dict):
    """The documented limit that refuses a case, or None."""
    code = code_of(row["why"])
    fits = (x for x in suite.limits if x.code == code and re.search(x.ids, row["id"]))
    return next(fits, None)


def defect_of(suite: PytestSuite, row: dict):
    """The suite's own defect that a case fails for, or None."""
    found = (x for x in suite.defects if re.search(x.ids, row["id"]))
    return next((x for x in found if re.search(x.why, row["why"])), None)


def by_cause(rows: list[dict]) -> list[tuple[str, list[dict]]]:
    """The rows of each cause, the most frequent first."""
    counts = Counter(cause(row["why"]) for row in rows)
    return [
        (name, [row for row in rows if cause(row["why"]) == name])
        for name, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
