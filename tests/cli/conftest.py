"""The `trainyard` command as a user types it, in a folder of its own."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

KERNELS = """\
import numpy as np

import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def softplus(x, shift=0.0):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    for i in range(x.shape[1] // 512):
        tile = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(tile, x[:, i * 512 : (i + 1) * 512])
        moved = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.tensor_scalar(moved, tile, nl.add, shift)
        result = nl.ndarray((128, 512), dtype=x.dtype, buffer=nl.sbuf)
        nisa.activation(result, nl.exp, moved)
        nisa.dma_copy(out[:, i * 512 : (i + 1) * 512], result)
    return out


if __name__ == "__main__":
    x = np.linspace(0, 1, 128 * 1024, dtype=np.float32).reshape(128, 1024)
    softplus(x)
    softplus(x[:, :512])
"""


@dataclass
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "kernels.py").write_text(KERNELS)
    return tmp_path


@pytest.fixture
def trainyard(folder):
    """trainyard("run", "x.py"): runs the command in `folder`."""
    if not (ROOT / "build/release/bin/trainyard").exists():
        pytest.skip("the trainyard program is not built")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRAINYARD_")}

    def run(*words):
        done = subprocess.run(
            [ROOT / "bin" / "trainyard", *map(str, words)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
