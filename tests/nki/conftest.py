"""Fixtures of the tests of the NKI language."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from script import KERNEL, ROOT


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture
def trainyard(tmp_path):
    """Runs `trainyard run` on a script of these lines in a folder of its own."""

    def run(*arguments, lines=None, kernel=KERNEL, **options):
        if lines is not None:
            (tmp_path / "script.py").write_text(kernel + textwrap.dedent(lines))
        command = [ROOT / "bin" / "trainyard", "run", *arguments]
        environment = {**os.environ, "TMPDIR": str(tmp_path), **options.pop("env", {})}
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env=environment, **options
        )

    return run
