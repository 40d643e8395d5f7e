"""benchmark, profile and the modes of jit."""

import json

import numpy as np
import pytest
from trainyard.nki_older import baremetal, benchmark, jit, profile, simulate_kernel, trace
from trainyard.nki_older import language as nl
from trainyard.nki_older.kernel import Kernel

import trainyard


def add(a, b):
    out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
    nl.store(out, nl.load(a) + nl.load(b))
    return out


@pytest.fixture
def arrays(rng):
    return [rng.standard_normal((128, 256)).astype(np.float32) for _ in range(2)]


def test_latency_is_the_simulated_time(arrays, capsys):
    timed = benchmark(warmup=5, iters=10)(add)
    timed(*arrays)
    latency = timed.benchmark_result.nc_latency
    found = {p: latency.get_latency_percentile(p) for p in (0, 1, 10, 25, 50, 90, 99, 100)}
    expected = float(Kernel(add).launch(arrays, {}).time) * 1e6
    assert set(found.values()) == {expected} and expected > 0
    assert f"{expected:.3f} us simulated" in capsys.readouterr().out
    with pytest.raises(trainyard.Error, match="E111"):
        latency.get_latency_percentile(95)


def test_benchmarks_with_grids_and_files(arrays, tmp_path):
    file = tmp_path / "trace.ntff"
    timed = benchmark(jit(add), save_trace_name=file, save_neff_name=tmp_path / "file.neff")
    launched = timed[1]
    launched(*arrays)
    assert timed.benchmark_result is None and launched.benchmark_result is not None
    assert json.loads(file.read_text())["traceEvents"]
    assert "tensor_tensor" in (tmp_path / "file.neff").read_text()


def test_benchmark_takes_torch_tensors(arrays):
    torch = pytest.importorskip("torch")
    timed = jit(add, mode="benchmark")
    out = timed(*map(torch.from_numpy, arrays))
    assert isinstance(out, torch.Tensor) and timed.benchmark_result.nc_latency.seconds > 0


def test_profiles(arrays, tmp_path):
    folder = tmp_path / "profiles"
    run = profile(
        working_directory=str(folder), save_neff_name="a.neff", save_trace_name="p.ntff",
        num_execs=20, profile_nth=10,
    )(add)  # fmt: skip
    run(*arrays)
    names = {file.name for file in folder.iterdir()}
    assert names == {"a.neff", "p_exec_10.ntff", "p_exec_20.ntff", "json_reports"}
    assert len(list((folder / "json_reports").iterdir())) == 2
    with pytest.raises(trainyard.Error, match="E006"):
        run(*arrays)
    run.with_settings(overwrite=True)(*arrays)
    with pytest.raises(trainyard.Error, match="absolute"):
        profile(add, working_directory="here")(*arrays)


@pytest.mark.parametrize("mode", ["auto", "simulation", "baremetal", "trace", "jax", "torchxla"])
def test_modes(mode, arrays):
    kernel = jit(mode=mode, debug_kernel=True)(add)
    np.testing.assert_array_equal(kernel(*arrays), arrays[0] + arrays[1])


def test_an_unknown_mode():
    with pytest.raises(trainyard.Error, match="E111"):
        jit(add, mode="fast")


def test_ways_to_run(arrays):
    expected = arrays[0] + arrays[1]
    for kernel in (add, jit(add), baremetal(add), trace(add), jit(add, platform_target="trn1")):
        np.testing.assert_array_equal(simulate_kernel(kernel, *arrays), expected)
    assert jit(add, platform_target="trn1").launch(arrays, {}).machine.name == "trn1"


def test_arguments_that_are_written(arrays):
    def into(a, out):
        nl.store(out, nl.load(a) * 2)

    out = np.zeros_like(arrays[0])
    assert simulate_kernel(trace(into), arrays[0], out) is None
    np.testing.assert_array_equal(out, 2 * arrays[0])


def test_kernels_in_kernels(arrays):
    @jit(mode="trace")
    def part(tile):
        return tile * 2

    @jit
    def whole(a):
        out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
        nl.store(out, part(nl.load(a)))
        return out

    np.testing.assert_array_equal(whole(arrays[0]), 2 * arrays[0])


def test_what_is_not_written_is_not_a_number(arrays, monkeypatch):
    def half(a):
        out = nl.ndarray(a.shape, dtype=a.dtype, buffer=nl.shared_hbm)
        nl.store(out[0:64], nl.load(a[0:64]))
        return out

    found = jit(half)(arrays[0])
    np.testing.assert_array_equal(found[:64], arrays[0][:64])
    assert np.isnan(found[64:]).all()
    monkeypatch.setenv("TRAINYARD_CHECKS", "1")
    with pytest.raises(trainyard.Error, match="E210"):
        jit(half)(arrays[0])


def test_tiles_can_be_returned(arrays):
    found = jit(lambda a: nl.exp(nl.load(a)))(arrays[0] * 0)
    np.testing.assert_array_equal(found, np.ones_like(arrays[0]))
