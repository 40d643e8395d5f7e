"""What the tests of the repository itself share: its root and its source files."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["trainyard", "python", "tests", "examples", "bench", "scripts"]


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def sources() -> dict[str, list[str]]:
    """Every C++ and Python source: path from the root -> its lines."""
    return {
        str(path.relative_to(ROOT)): path.read_text().splitlines()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".cc", ".h", ".py"}
    }
