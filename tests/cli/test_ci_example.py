"""docs/ci.md: its workflow has ten lines, and its test and its command do what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/ci.md"

KERNEL = """\
import nki
import nki.language as nl
import numpy as np


@nki.jit
def add(a, b):
    out = nl.ndarray(a.shape, a.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.{operator}(nl.load(a), nl.load(b)))
    return out


if __name__ == "__main__":
    add(np.ones((128, 512), np.float32), np.ones((128, 512), np.float32))
"""


def block(language):
    """The page's only listing in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


def test_the_workflow_has_ten_lines():
    assert block("yaml").count("\n") == 10


@pytest.mark.parametrize(("operator", "status"), [("add", 0), ("subtract", 1)])
def test_its_test_passes_or_fails_as_the_kernel_deserves(folder, operator, status):
    (folder / "my_kernel.py").write_text(KERNEL.format(operator=operator))
    (folder / "test_add.py").write_text(block("python"))
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_add.py"]
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr


def test_its_command_writes_a_trace(trainyard, folder):
    (folder / "my_kernel.py").write_text(KERNEL.format(operator="add"))
    (line,) = re.findall(r"- run: trainyard (run .*?) &&", block("yaml"))
    done = trainyard(*line.split())
    assert (done.status, done.err) == (0, "")
    assert (folder / "my_kernel.trace.json").exists()
