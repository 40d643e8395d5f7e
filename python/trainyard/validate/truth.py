"""Published measurements from a CSV file, a row each."""

import csv
import math
from dataclasses import dataclass

from trainyard import _core

REQUIRED = ("id", "device", "workload", "metric", "value", "unit")
# Where a file does not say: a row is compared as it stands.
DEFAULTS = {
    "level": "kernel",
    "category": "",
    "config": "",
    "dtype": "",
    "use": "equality",
    "source": "",
    "program_public": "",
    "confidence": "",
    "tolerance_pct": "",
}
DEVICES = ("trn1", "inf2", "trn2", "trn3")
# Units as factors of seconds; other quantities are compared in their own.
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


@dataclass(frozen=True)
class Row:
    """One measurement. `value` is in seconds where `unit` is a time, else as published; `use` is
    equality, ratio_only, upper_bound or context."""

    id: str
    level: str
    category: str
    device: str
    config: str
    workload: str
    dtype: str
    metric: str
    value: float
    unit: str
    use: str
    source: str
    program_public: str
    confidence: str
    tolerance_pct: str
    line: int

    @property
    def is_time(self):
        return self.unit in SECONDS

    @property
    def machine(self):
        """The machine that the device is, or None: inf2 has the chip of trn1."""
        return {"inf2": "trn1"}.get(self.device, self.device) if self.device in DEVICES else None


def read(path):
    """The rows of a file; a file that is none, or a row that cannot be read, is E006 with its
    line."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "an empty file"
                fix = "The first line names the columns; see docs/validation.md."
                what = f"{path}: no column {missing[0]}"
                _core.refuse("E006", what, found, ", ".join(REQUIRED), "--truth", fix)
            return [_row(path, reader.line_num, record) for record in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _core.refuse("E006", f"{path}: {reason}")


def _row(path, line, record):
    fields = {name: (record.get(name) or "").strip() for name in (*REQUIRED, *DEFAULTS)}
    for name, usual in DEFAULTS.items():
        fields[name] = fields[name] or usual
    try:
        value = float(fields["value"])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        found = fields["value"] or "nothing"
        _core.refuse("E006", f"{path}, line {line}: value", found, "a number", "--truth")
    fields["value"] = value * SECONDS.get(fields["unit"], 1.0)
    return Row(**fields, line=line)
