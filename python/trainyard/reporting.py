"""What `trainyard run` says of the kernels that a process launches: a block when a kernel is first
launched, the count of identical launches at the end, and a record of each for --json. Child
processes report their own; TRAINYARD_REPORT and TRAINYARD_RECORDS tell them to."""

import atexit
import json
import os
import sys
from pathlib import Path


def report(launch):
    """What there is to say of a launch, as plain data: the summary of its simulated time, and
    what came out on the host."""
    return {
        **json.loads(launch.summary.to_json()),
        "values": launch.values,
        "outputs": [describe(array) for array in arrays_in(launch.outputs)],
        "host_seconds": round(launch.host_seconds, 6),
    }


def text(launch):
    """The block that a reader sees."""
    block = launch.summary.to_text().rstrip("\n")
    if not launch.values:
        block += "\n  values         did not run (--time-only): outputs are NaN, integers 4"
    return block


def arrays_in(outputs):
    """The arrays of a kernel's result, in order."""
    if isinstance(outputs, (list, tuple)):
        return [array for item in outputs for array in arrays_in(item)]
    if isinstance(outputs, dict):
        return arrays_in(list(outputs.values()))
    return [outputs] if hasattr(outputs, "shape") and hasattr(outputs, "dtype") else []


def describe(array):
    """ "bfloat16[128, 512]"."""
    return f"{str(array.dtype).removeprefix('torch.')}{list(array.shape)}"


class Reporter:
    """Watches the launches of one process."""

    def __init__(self, quiet=False, records=None, trace=None):
        self.quiet = quiet
        self.records = records
        self.trace = trace
        self.seen = {}
        self.profiles = []

    def __call__(self, launch):
        data = report(launch)
        timeless = {key: value for key, value in data.items() if key != "host_seconds"}
        key = json.dumps(timeless, sort_keys=True, default=str)
        first = key not in self.seen
        self.seen[key] = (launch.name, self.seen.get(key, (None, 0))[1] + 1)
        if first and not self.quiet:
            print(text(launch), flush=True)
        if first and self.trace:
            self.profiles.append(launch.summary)
        if self.records:
            with open(Path(self.records) / f"{os.getpid()}.jsonl", "a") as file:
                file.write(json.dumps(data) + "\n")

    def finish(self):
        """Says how often launches were repeated, and writes the trace."""
        if self.profiles:
            from trainyard import _core

            _core.write_perfetto(self.trace, self.profiles)
            self.profiles = []
        for name, count in self.seen.values():
            if count > 1 and not self.quiet:
                print(f"kernel {name}: {count} identical launches", flush=True)
        self.seen = {}


def from_environment():
    """The reporter that TRAINYARD_REPORT asks for, or None."""
    wanted = os.environ.get("TRAINYARD_REPORT")
    if not wanted:
        return None
    trace = os.environ.get("TRAINYARD_TRACE")
    child = os.environ.get("TRAINYARD_PROCESS") != str(os.getpid())
    if trace and child:
        trace = str(Path(trace).with_suffix(f".{os.getpid()}{Path(trace).suffix}"))
    reporter = Reporter(wanted == "quiet", os.environ.get("TRAINYARD_RECORDS"), trace)
    if child:
        atexit.register(reporter.finish)
    return reporter


def collected(folder):
    """All launches that the records of a run hold: {"launches": [...]} with counts."""
    launches, index = [], {}
    for path in sorted(Path(folder).glob("*.jsonl"), key=lambda path: path.stat().st_mtime):
        for line in path.read_text().splitlines():
            launch = json.loads(line)
            key = json.dumps({**launch, "host_seconds": 0}, sort_keys=True)
            if key in index:
                launches[index[key]]["count"] += 1
                continue
            index[key] = len(launches)
            launches.append({**launch, "count": 1})
    return {"launches": launches}


def write_json(target, data):
    """Writes to a file, whole or not at all, or to standard output for "-"."""
    content = json.dumps(data, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(content)
        return
    partial = Path(f"{target}.{os.getpid()}")
    partial.write_text(content)
    partial.replace(target)
