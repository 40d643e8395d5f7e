"""pytest -p trainyard.pytest, on a suite with a harness like nki-library's."""

import re
import subprocess
import sys

START = """
import numpy as np
import pytest
from test.utils.test_orchestrator import Orchestrator

from kernels import double, refused, too_wide

X = np.arange(8, dtype=np.float32).reshape(2, 4)
"""


def test_a_suite_runs_and_a_failing_kernel_fails_its_own_test_only(suite, tmp_path):
    done = suite(
        START
        + """
def test_right():
    np.testing.assert_array_equal(Orchestrator().run(double, 1, x=X), 2 * X)

def test_refused_by_the_chip():
    Orchestrator().run(too_wide, 1, x=X)

def test_refused_by_the_library():
    with pytest.raises(AssertionError, match="NCC_INKI016. Kernel validation exception: a rule"):
        Orchestrator().run(refused, 1, x=X)

def test_after_them():
    np.testing.assert_array_equal(Orchestrator().run(double, 2, x=X), 2 * X)
"""
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 3 passed" in done.stdout
    assert "error E101 partition-count" in done.stdout
    assert re.search(rf"at {tmp_path}/kernels.py:\d+ in too_wide", done.stdout)


def test_names_are_the_same_objects(suite):
    done = suite(
        START
        + """
def test_one_nki():
    import nki
    import nki.isa.constants
    import nki_cpu_simulator.nki.isa.constants as again
    import trainyard.nki
    assert nki is trainyard.nki and again is nki.isa.constants
    assert again.dge_mode is nki.isa.dge_mode
    assert nki.language.float8_e4m3 is __import__("nki.dtype").dtype.float8_e4m3

def test_small_modules():
    import neuron_dtypes
    from neuronxcc.starfish.support.dtype import static_cast
    assert static_cast is neuron_dtypes.static_cast
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_real_module_wins(suite, tmp_path):
    (tmp_path / "neuron_dtypes.py").write_text("real = True\n")
    done = suite("def test_real():\n    import neuron_dtypes\n    assert neuron_dtypes.real\n")
    assert done.returncode == 0, done.stdout + done.stderr


def test_analysis_of_chip_traces_is_refused(suite):
    done = suite(
        """
        def test_it():
            from test.utils.perf_analysis_private import analyze_trace
            analyze_trace(input_file="trace.json")
        """
    )
    assert done.returncode == 1 and "not-public K001" in done.stdout


def test_without_the_plugin_nothing_is_offered(suite):
    done = suite("def test_it():\n    pass\n", plugin=())
    assert done.returncode != 0 and "nki_cpu_simulator" in done.stdout + done.stderr


def test_activation_alone_offers_nothing():
    code = "import trainyard; trainyard.activate(); import neuron_dtypes"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ModuleNotFoundError: No module named 'neuron_dtypes'" in done.stderr
