"""The `trainyard` command of an installed package, and of `python -m trainyard`.

Commands named in commands.list are Python's and go to trainyard.cli; all others belong to the C++
program. In a checkout bin/trainyard makes the same choice without starting Python.
"""

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
    arguments = sys.argv[1:]
    python_commands = (Path(__file__).parent / "commands.list").read_text().split()
    if arguments and arguments[0] in python_commands:
        from trainyard.cli import main as python_main

        return python_main(arguments)
    if (path := program()) is None:
        print("trainyard is not built yet: run make demo first", file=sys.stderr)
        return 2
    os.execv(path, ["trainyard", *arguments])


if __name__ == "__main__":
    sys.exit(main())
