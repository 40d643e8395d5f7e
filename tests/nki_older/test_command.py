"""Older kernels under the command, through trainyard.run, and on the page about them."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from trainyard.nki_older import jit
from trainyard.nki_older import language as nl

import trainyard

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import neuronxcc.nki as nki
import neuronxcc.nki.language as nl
import numpy as np

@nki.jit
def double(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.load(x)
    nl.store(out, tile * 2)
    return out
"""


def run(*arguments, cwd):
    command = [ROOT / "bin" / "trainyard", "run", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=dict(os.environ))


def test_a_script(tmp_path):
    more = "x = np.ones((128, 8), np.float32)\nprint((double(x) == 2).all())\n"
    (tmp_path / "script.py").write_text(SCRIPT + more)
    done = run("script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "True\n" in done.stdout and "double on trn2" in done.stdout


def test_one_kernel(tmp_path):
    (tmp_path / "kernels.py").write_text(SCRIPT)
    done = run(
        "--machine", "trn1", "kernels.py::double", "--arg", "x=bf16[128,8]:randn", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "double on trn1" in done.stdout


def test_a_refusal_names_the_line(tmp_path):
    more = "double(np.ones((129, 8), np.float32))\n"
    (tmp_path / "script.py").write_text(SCRIPT + more)
    done = run("script.py", cwd=tmp_path)
    assert done.returncode != 0
    assert "E101" in done.stderr and "script.py:9 in double" in done.stderr, done.stderr


def test_run(rng):
    @jit
    def double(x):
        out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
        i = nl.program_id(0)
        nl.store(out[i], nl.load(x[i]) * 2)
        return out

    x = rng.standard_normal((3, 16, 8)).astype(np.float32)
    result = trainyard.run(double[3], x, machine="trn1")
    np.testing.assert_array_equal(result.outputs, 2 * x)
    assert result.machine.name == "trn1" and result.instructions == 9
    with pytest.raises(trainyard.Error, match="E111"):
        trainyard.run(double, x)


def test_the_page():
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "older_api.md").read_text(), re.S)[1]
    source = "import trainyard; trainyard.activate()\nimport numpy as np\n" + code
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr


def test_further_modules():
    code = """
        import trainyard; trainyard.activate()
        from neuronxcc.nki.language.constants import sizeinbytes
        from neuronxcc.nki.compiler.backends.neuron.tensor import local_tile
        from neuronxcc.nki.compiler.backends.neuron.indexing import TileIndex
        from neuronxcc.starfish.support.dtype import static_cast
        from neuronxcc.nki.typing import tensor
        import neuronxcc.nki.compiler as ncc, neuronxcc.nki.language as nl
        print(sizeinbytes(nl.bfloat16), sizeinbytes("float32"), static_cast(2, nl.int8).dtype)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert (done.returncode, done.stdout) == (0, "2 4 int8\n"), done.stderr
