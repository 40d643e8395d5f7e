"""The results so far of a suite, a line of JSON each, so that a run goes on where the last stopped.

The first line says of what they are: the suite, and a fingerprint of Trainyard. Where that has
changed, everything is run anew."""

import hashlib
import json
from collections import Counter
from pathlib import Path

from trainyard import _core

PACKAGE = Path(__file__).resolve().parents[1]


def fingerprint() -> str:
    """What tells one build of Trainyard from another: the extension and the language's files."""
    found = hashlib.sha256(Path(_core.__file__).read_bytes())
    for path in sorted((PACKAGE / "nki").rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


class State:
    """The rows of a file, by null implementation ("" for ours) and case; None: nowhere."""

    def __init__(self, path: Path | None, suite: str):
        self.path = path
        self.rows = {}
        self.collected = {}
        head = {"suite": suite, "fingerprint": fingerprint()}
        lines = path.read_text().splitlines() if path and path.exists() else []
        self.begun_anew = bool(lines) and _parse(lines[0]) != head
        if self.begun_anew or not lines:
            lines = []
            if path:
                path.write_text(json.dumps(head) + "\n")
        for line in lines[1:]:
            self._take(_parse(line))

    def add(self, **row):
        """Keeps a row: a case of `module` with its id, or how many cases `module` has."""
        self._take(row)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(row) + "\n")

    def done(self, null: str, module: str) -> list[str]:
        """The ids of a module's cases that have run."""
        return [case for (n, m, case) in self.rows if (n, m) == (null, module)]

    def cases(self) -> int:
        """All cases of the modules that were looked into, the files that did not import too."""
        ran = Counter(module for (null, module, _) in self.rows if not null)
        modules = {*ran, *self.collected}
        return sum(max(ran[module], self.collected.get(module, 0)) for module in modules)

    def of(self, null: str) -> list[dict]:
        """The rows of an implementation, by id."""
        found = [row for (name, *_), row in self.rows.items() if name == null]
        return sorted(found, key=lambda row: row["id"])

    def _take(self, row):
        if "collected" in row:
            self.collected[row["module"]] = row["collected"]
        elif "id" in row:
            self.rows[row["null"], row["module"], row["id"]] = row


def _parse(line):
    try:
        return json.loads(line)
    except ValueError:  # the last line of a run that was ended while it wrote
        return {}
