"""Cases of several ranks in a harness like nki-library's."""

START = """
from types import SimpleNamespace

import numpy as np
import pytest
from test.utils.test_orchestrator import InferenceException, Orchestrator

import kernels

X = np.arange(8, dtype=np.float32).reshape(2, 4)


class PerRank:
    def __init__(self, of):
        self.for_rank = of


def case(kernel, ranks, inputs, golden, lnc=1):
    target = SimpleNamespace(get_nc_gen=lambda: "gen3")
    return SimpleNamespace(
        kernel_func=kernel,
        kernel_input=inputs,
        compiler_input=SimpleNamespace(logical_nc_config=lnc, platform_target=target),
        inference_args=SimpleNamespace(collective_ranks=ranks),
        validation_args=SimpleNamespace(golden_output=golden),
    )


def run(tmp_path, *args, **kwargs):
    orchestrator = Orchestrator()
    orchestrator.fs_config = SimpleNamespace(artifacts_output_directory_path=str(tmp_path))
    return orchestrator._run_simulator_inference(case(*args, **kwargs))
"""


def test_every_rank_has_its_inputs_and_its_folder(suite):
    done = suite(
        START
        + """
@pytest.mark.parametrize("lnc", [1, 2])
def test_sum(tmp_path, lnc):
    inputs = PerRank(lambda rank_id: {"x": X + rank_id, "ranks": 4})
    golden = PerRank(lambda rank_id: {"out": X})
    place = run(tmp_path, kernels.rank_sum, 4, inputs, golden, lnc=lnc)
    for rank in range(4):
        found = np.fromfile(f"{place}/output_worker_{rank}/out", np.float32)
        np.testing.assert_array_equal(found.reshape(X.shape), 4 * X + 6)

def test_same_inputs_and_a_mark_on_a_name(tmp_path):
    inputs = {"x.must_alias_input": X}
    place = run(tmp_path, kernels.double, 2, inputs, {"out": X})
    np.testing.assert_array_equal(np.fromfile(f"{place}/output_worker_1/out", np.float32),
                                  2 * X.reshape(-1))
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_rank_stays_with_the_harness(suite):
    done = suite(
        START
        + """
def test_one(tmp_path):
    assert run(tmp_path, kernels.double, 1, {"x": X}, {"out": X}) == "one rank"
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_fails_is_the_harness_own_exception(suite):
    done = suite(
        START
        + """
def test_refused(tmp_path):
    with pytest.raises(InferenceException, match="error E101"):
        run(tmp_path, kernels.too_wide, 2, {"x": X}, {})

def test_number_of_outputs(tmp_path):
    with pytest.raises(InferenceException, match="rank 0 returned 1 outputs"):
        run(tmp_path, kernels.double, 2, {"x": X}, {"a": X, "b": X})
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
