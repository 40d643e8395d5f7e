"""Simulated time is a property of the program and the machine: not of the host's threads, of eager
mode, of whether values ran, or of how often it is computed."""

from pathlib import Path

import numpy as np
import pytest
from trainyard.nki.launch import launch

import trainyard
from trainyard import _core


@pytest.fixture
def run(loop, x):
    return lambda **options: trainyard.run(loop, x, **options)


@pytest.mark.parametrize("place", ["ring", "first-fit"])
def test_schedules_give_the_same_values(run, place):
    by_list, as_written = run(schedule="list", place=place), run(schedule="program", place=place)
    assert np.array_equal(by_list.outputs, as_written.outputs)
    assert by_list.time <= as_written.time


@pytest.mark.parametrize(
    "options", [{"threads": 1}, {"threads": 7}, {"debug": "eager"}, {"time_only": True}], ids=str
)
def test_time_does_not_depend_on_how_values_run(run, options):
    usual, other = run(threads=2), run(**options)
    for name in ("span_ps", "low_ps", "high_ps", "engines", "hbm_bytes", "fidelity"):
        assert getattr(usual.summary, name) == getattr(other.summary, name), name
    if "time_only" not in options:
        assert usual.outputs.tobytes() == other.outputs.tobytes()


def test_ten_runs_give_one_answer(run):
    assert (
        len({(r.summary.to_json(), r.outputs.tobytes()) for r in (run() for _ in range(10))}) == 1
    )


def test_a_program_times_again_without_values(loop, x):
    launched = launch(loop, (x,), {})
    again = _core.time(launched.traces)
    assert again.to_json() == launched.summary.to_json()
    assert (
        _core.time(launched.traces, "program").span_ps
        == _core.time(launched.traces, "program").span_ps
    )


def test_the_range_holds_the_time(run):
    for machine in ("trn1", "trn2", "trn3"):
        r = run(machine=machine)
        low, high = r.time.range
        assert 0 < low <= r.time <= high
        assert "uncalibrated" in r.time.text


def test_two_cores_are_one_report(loop, x):
    one, two = launch(loop, (x,), {}), launch(loop, (x,), {}, lnc=2)
    assert two.summary.instructions == 2 * one.summary.instructions
    assert two.summary.machine_line.startswith("1 logical core = 2 ")
    assert {"core 0 scalar", "core 1 scalar"} <= set(two.summary.engines)
    assert two.time >= one.time, "two cores share a stack of HBM"


def test_findings_name_the_line_that_an_approximate_value_decides(x):
    from trainyard.nki import isa as nisa
    from trainyard.nki import language as nl

    def gather(x):
        index = nl.ndarray((128, 1), dtype=nl.int32, buffer=nl.sbuf)
        tile = nl.ndarray((128, 1), dtype=nl.float32, buffer=nl.sbuf)
        nisa.memset(tile, 0.0)
        nisa.activation(index, nl.exp, tile)
        rows = nl.ndarray((128, 4), dtype=x.dtype, buffer=nl.sbuf)
        nisa.dma_copy(rows, x.ap([[x.shape[1], 128], [1, 4]], vector_offset=index))
        out = nl.ndarray((128, 4), dtype=x.dtype, buffer=nl.shared_hbm)
        nisa.dma_copy(out, rows)
        return out

    summary = trainyard.run(gather, x).summary
    assert summary.fidelity["reached_control_flow"]
    assert summary.fidelity_text.endswith("reached control flow: yes")
    [(text, file, line)] = summary.findings
    assert "approximate value" in text
    assert "vector_offset" in Path(file).read_text().splitlines()[line - 1]
