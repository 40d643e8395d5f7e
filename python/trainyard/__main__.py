"""The `trainyard` command of an installed package, and of `python -m trainyard`.

A command named in commands.list is Python's: the module trainyard/cli/<name>.py with a function
`main(arguments) -> exit status`. All others belong to the C++ program. In a checkout bin/trainyard
makes the same choice without starting Python.
"""

import importlib
import os
import sys
from pathlib import Path

import trainyard


def program() -> Path | None:
    """The C++ program: in the installed package, else in the build tree."""
    folders = [Path(folder) for folder in trainyard.__path__]
    places = [folders[0] / "bin" / "trainyard", folders[-1].parents[1] / "bin" / "trainyard"]
    return next((place for place in places if place.exists()), None)


def main() -> int:
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in (Path(__file__).parent / "commands.list").read_text().split():
        return importlib.import_module(f"trainyard.cli.{name}").main(arguments)
    if (path := program()) is None:
        print("trainyard is not built yet: run make demo first", file=sys.stderr)
        return 2
    os.execv(path, ["trainyard", name, *arguments])


if __name__ == "__main__":
    sys.exit(main())
