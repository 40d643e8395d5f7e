"""A suite of ours that is built like nki-library's: a harness in test/utils that imports what
nobody publishes, and tests below it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HARNESS = """
import builtins
import os
import sys

import nki_cpu_simulator.nki.builtin as sim_builtin
import nki_cpu_simulator.nki.compiler as sim_compiler
import nki_cpu_simulator.nki.isa as sim_isa
import nki_cpu_simulator.nki.isa.constants as sim_constants
import nki_cpu_simulator.nki.language as sim_language
import nki_cpu_simulator.nki.language.dtypes as sim_dtypes
import nki_cpu_simulator.nki.tensor as sim_tensor
import nki_cpu_simulator.nki.typing as sim_typing
from nki_cpu_simulator import nki as sim_nki

from .perf_analysis_private import analyze_trace
from .scripts.remote_lock_scripts import LockResult, LockStatus

sys.modules["nki"] = sim_nki
sys.modules["nki.language"] = sim_language
sys.modules["nki.isa.constants"] = sim_constants
sys.modules["nki.dtype"] = sim_dtypes


class Orchestrator:
    def run(self, kernel, lnc, **inputs):
        output = sim_nki.cpu_simulate(kernel)[lnc](**inputs)
        assert self._compiled_kernel is None
        return output


    def _run_simulator_inference(self, case):
        return "one rank"

    def _dump_output_tensors(self, tensors):
        folder = os.path.join(self.fs_config.artifacts_output_directory_path, INF_ARTIFACT_DIR_NAME)
        for name, tensor in tensors.items():
            tensor.tofile(os.path.join(folder, name))
        return folder


INF_ARTIFACT_DIR_NAME = "results"


class InferenceException(Exception):
    pass


def normalize_golden_output(golden, rank_id=0):
    return golden.for_rank(rank_id) if hasattr(golden, "for_rank") else golden
"""
KERNELS = """
import nki
import nki.isa as nisa
import nki.language as nl


@nki.jit
def double(x):
    tile = nl.load(x)
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.tensor_scalar(tile, tile, nl.multiply, 2.0)
    nisa.dma_copy(dst=out, src=tile)
    return out


@nki.jit
def rank_sum(x, ranks):
    from nki import collectives
    sent = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    nisa.dma_copy(dst=sent, src=x)
    group = collectives.ReplicaGroup([list(range(ranks))])
    collectives.all_reduce(dsts=[out], srcs=[sent], op=nl.add, replica_group=group)
    return out


@nki.jit
def refused(x):
    assert False, "[NCC_INKI016] Kernel validation exception: a rule of the library"


@nki.jit
def too_wide(x):
    nl.ndarray((129, 4), dtype=nl.float32, buffer=nl.sbuf)
"""


@pytest.fixture
def suite(tmp_path):
    """Runs pytest with the plugin on test/test_it.py with these lines; its process."""

    def run(lines, *arguments, plugin=("-p", "trainyard.pytest")):
        utils = tmp_path / "test" / "utils"
        utils.mkdir(parents=True, exist_ok=True)
        for folder in (tmp_path / "test", utils):
            (folder / "__init__.py").touch()
        (utils / "test_orchestrator.py").write_text(HARNESS)
        (tmp_path / "kernels.py").write_text(KERNELS)
        (tmp_path / "test" / "conftest.py").write_text(
            "from .utils.test_orchestrator import Orchestrator\n"
        )
        (tmp_path / "test" / "test_it.py").write_text(textwrap.dedent(lines))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin]
        paths = os.pathsep.join([str(ROOT / "python"), str(tmp_path)])
        return subprocess.run(
            [*command, *arguments, "test"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )

    return run
