"""What the examples print, word for word: output/NAME.txt is what examples/NAME.py says.

TRAINYARD_REGENERATE=1 writes the files anew."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = Path(__file__).parent / "output"
NOT_SCRIPTS = {"compare", "demo"}  # what they share; what the README shows
NAMES = sorted({path.stem for path in (ROOT / "examples").glob("*.py")} - NOT_SCRIPTS)


def printed(name: str) -> str:
    command = [ROOT / "bin/trainyard", "run", "--quiet", ROOT / f"examples/{name}.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_output(name):
    text = printed(name)
    if os.environ.get("TRAINYARD_REGENERATE"):
        (OUTPUT / f"{name}.txt").write_text(text)
    assert text == (OUTPUT / f"{name}.txt").read_text()


def test_examples_are_short():
    lengths = {name: len((ROOT / f"examples/{name}.py").read_text().splitlines()) for name in NAMES}
    assert max(lengths.values()) <= 150, lengths
