"""What `trainyard run` says of the kernels that a process launches: a block when a kernel is first
launched, the count of identical launches at the end, and a record of each for --json. Child
processes report their own; TRAINYARD_REPORT and TRAINYARD_RECORDS tell them to."""

import atexit
import json
import os
from pathlib import Path

from trainyard.output import say, write_output


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
    """Watches the launches of one process. `records` is a folder that learns which processes
    launched something and, with `every`, what each launch was."""

    def __init__(self, quiet=False, records=None, trace=None, every=False):
        self.quiet = quiet
        self.records = records
        self.every = every
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
            say(text(launch))
        if first and self.trace:
            self.profiles.append(launch.summary)
        if first and self.records:  # one file for each process that launched something
            (Path(self.records) / f"{os.getpid()}.jsonl").touch()
        if self.records and self.every:
            with open(Path(self.records) / f"{os.getpid()}.jsonl", "a") as file:
                file.write(json.dumps(data) + "\n")

    def finish(self):
        """Says how often launches were repeated, and writes the trace."""
        if self.profiles:
            from trainyard import _core

            _core.write_perfetto(str(self.trace), self.profiles)
            self.profiles = []
        for name, count in self.seen.values():
            if count > 1 and not self.quiet:
                say(f"kernel {name}: {count} identical launches")
        self.seen = {}


class Paper:
    """Makes a report of every kernel: a page or JSON at the end, or text after each."""

    def __init__(self, path):
        self.path = path
        self.reports = {}

    def __call__(self, launch):
        key = launch.summary.to_json()  # launches that it tells apart get a report each
        if key in self.reports:
            return
        self.reports[key] = launch.report()
        if self.path == "-":
            say(self.reports[key].to_text().rstrip("\n"))

    def finish(self):
        """Writes the file."""
        from trainyard import _core

        if self.path != "-" and self.reports:
            _core.write_report(str(self.path), list(self.reports.values()))
        self.reports = {}


class Dumper:
    """Writes the text of every program, one a physical core: to the file named, and from the second
    on beside it."""

    def __init__(self, path):
        self.path = Path(path)
        self.written = {}

    def __call__(self, launch):
        for trace in launch.traces:
            text = trace.text
            if text not in self.written:
                count = len(self.written)
                path = self.path if not count else _numbered(self.path, count + 1)
                self.written[text] = path
                write_file(path, text)

    def finish(self):
        """Everything is written."""


def from_environment():
    """What `trainyard run` asks to be told of launches, in this process or a parent."""
    wanted = os.environ.get("TRAINYARD_REPORT")
    if not wanted:
        return []
    child = os.environ.get("TRAINYARD_PROCESS") != str(os.getpid())

    def file_of(variable):
        path = os.environ.get(variable)
        return _numbered(Path(path), os.getpid()) if path and child else path

    reporter = Reporter(
        wanted == "quiet",
        os.environ.get("TRAINYARD_RECORDS"),
        file_of("TRAINYARD_TRACE"),
        bool(os.environ.get("TRAINYARD_JSON")),
    )
    watching = [reporter]
    if path := file_of("TRAINYARD_DUMP"):
        watching.append(Dumper(path))
    if os.environ.get("TRAINYARD_REPORT_FILE") == "-":
        watching.append(Paper("-"))
    elif path := file_of("TRAINYARD_REPORT_FILE"):
        watching.append(Paper(path))
    if path := file_of("TRAINYARD_RECORD"):
        from trainyard.record import Recorder

        watching.append(Recorder(path))
    if child:
        for observer in watching:
            atexit.register(observer.finish)
    return watching


def _numbered(path, number):
    """a.json -> a.2.json"""
    return path.with_suffix(f".{number}{path.suffix}")


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
        write_output(content)
    else:
        write_file(target, content)


def write_file(path, text):
    """Writes a file, whole or not at all (E006)."""
    from trainyard import _core

    _core.write_file(str(path), text)
