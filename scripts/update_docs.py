"""Runs the commands that a page shows and compares, or rewrites, the output printed below them.

In a page, a block ```console holds commands, each after `$ `, and their output. A block that
follows `<!-- file: NAME -->` is a file that the commands use. Everything runs in one temporary
folder a page, which has bin/, examples/ and docs/ of this checkout. Lines of output that begin with
`host` tell of the host's speed and are left out; a command whose output ends in `exit status N`
must fail with it.

    scripts/update_docs.py README.md docs/tutorial.md            # rewrite
    scripts/update_docs.py --check README.md docs/tutorial.md    # compare
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", "docs/tutorial.md", "docs/bringup.md", "docs/sanitiser.md"]
BLOCK = re.compile(r"(?:^<!-- file: (\S+) -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MAKE = {"make demo": f"{sys.executable} examples/demo.py"}  # what it runs once all is built


def run(command: str, folder: Path) -> str:
    """What a reader of the page would see."""
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        MAKE.get(command, command),
        shell=True,
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    text = done.stdout.replace(f"{folder}/", "")
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("host")]
    if done.returncode:
        lines.append(f"exit status {done.returncode}")
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def commands_of(block: str) -> list[str]:
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def real(page: str) -> str:
    """The page with the output that its commands have today."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for shared in ("bin", "examples", "docs"):
            (folder / shared).symlink_to(ROOT / shared)

        def renew(match: re.Match) -> str:
            file, kind, block = match.groups()
            if file:
                (folder / file).write_text(block)
            if kind != "console":
                return match[0]
            parts = [f"$ {command}\n{run(command, folder)}" for command in commands_of(block)]
            return match[0].replace(block, "".join(parts))

        return BLOCK.sub(renew, page)


def difference(name: str, written: str, found: str) -> str:
    lines = (text.splitlines(keepends=True) for text in (written, found))
    return "".join(difflib.unified_diff(*lines, name, "what the commands print"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("pages", nargs="*", default=PAGES)
    options = parser.parse_args()
    differ = False
    for name in options.pages:
        written = (ROOT / name).read_text()
        found = real(written)
        differ |= written != found
        print(difference(name, written, found), end="")
        if not options.check:
            (ROOT / name).write_text(found)
    return int(options.check and differ)


if __name__ == "__main__":
    sys.exit(main())
