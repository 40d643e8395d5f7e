"""A checkout of a suite with kernels of ours in place of the public ones."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = "nki_simulate_example.py"  # of the suite nki-examples: a kernel of two inputs
HEAD = """
import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def add_kernel(a_ptr, b_ptr):
    total = nl.ndarray(a_ptr.shape, dtype=a_ptr.dtype, buffer=nl.sbuf)
    out = nl.ndarray(a_ptr.shape, dtype=a_ptr.dtype, buffer=nl.shared_hbm)
"""
RIGHT = """
nisa.tensor_tensor(dst=total, data1=nl.load(a_ptr), data2=nl.load(b_ptr), op=nl.add)
nisa.dma_copy(dst=out, src=total)
return out
"""


@pytest.fixture
def checkout(tmp_path):
    """Writes the file of the suite: a kernel with this body."""

    def write(body=RIGHT, head=HEAD, name=FILE):
        folder = tmp_path / "checkout" / "some" / "folder"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(head + textwrap.indent(textwrap.dedent(body), "    "))
        return tmp_path / "checkout"

    return write


@pytest.fixture
def command(tmp_path):
    """The command line of `trainyard conformance`, to be run in a folder of its own."""
    return [sys.executable, "-m", "trainyard", "conformance"]


@pytest.fixture
def conformance(command, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [*command, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        )

    return run
