"""`trainyard bringup`: benchmarks against laws written out here, verdicts, exit statuses."""

import functools
import json
import subprocess
from pathlib import Path

import pytest
from trainyard.bringup import benchmark, memories, report, suite
from trainyard.microbench.timeline import Ranged

from trainyard import load_machine

ROOT = Path(__file__).resolve().parents[2]
# Fractions of the rate at 32 KiB a partition, read off a figure of nki-dma-overview.rst.
CURVE = {64: 0.026, 128: 0.050, 256: 0.103, 512: 0.209, 1024: 0.424, 2048: 0.813, 4096: 0.966,
         8192: 0.983, 16384: 0.992}  # fmt: skip


def bringup(*options):
    command = [ROOT / "bin/trainyard", "bringup", *options]
    return subprocess.run(command, capture_output=True, text=True)


@functools.cache
def figures(name, *words):
    """(series, x) -> achieved of one benchmark."""
    groups = suite.run(load_machine(name), suite.chosen(words))
    return {(row.series, row.x): row for group in groups for row in group.rows}


def test_matmuls_reach_the_array_and_no_more():
    found = figures("trn2", "matmul")
    array = 2e-3 * 128 * 128 * 2.4
    assert found["bf16", 512].achieved.value == pytest.approx(array * 512 / 518.5, rel=1e-3)
    assert found["fp32", 512].achieved.value == pytest.approx(array / 4, rel=0.01)
    assert found["fp8 double row", 512].achieved.value == pytest.approx(2 * array, rel=0.02)
    assert found["mxfp8", None].achieved is None
    mx = figures("trn3", "matmul")["mxfp8", 512]
    assert mx.achieved.value == pytest.approx(4 * array, rel=0.02) and mx.share > 0.9
    assert figures("trn1", "matmul")["fp8 double row", None].reason


def test_lanes_reach_their_clock():
    found = figures("trn2", "throughput")
    for series, rate in [
        ("vector copy bf16 SBUF", 4 * 0.96),
        ("vector copy fp32 PSUM", 0.96),
        ("scalar exp fp32 SBUF", 1.2),
        ("gpsimd add fp32 SBUF", 1.2),
    ]:
        row = found[series, 4096]
        assert row.sheet.value == pytest.approx(128 * rate)
        assert 0.94 < row.share < 1


def test_the_dma_curve_is_the_published_one():
    found = figures("trn2", "DMA")
    most = memories.rate(load_machine("trn2"), 32768, mode=memories.STATIC).value * 1e-9
    for size, share in CURVE.items():
        row = found["HBM to SBUF", size]
        assert row.achieved.value / most == pytest.approx(share, rel=0.1), size
        assert report.verdict(row) == "as published"


def test_a_stack_is_shared():
    one, two = figures("trn2", "sharing").values()
    assert one.achieved.value == pytest.approx(16 * 16384 / (2.9 + 16384 / 27), rel=0.01)
    assert two.achieved.value == pytest.approx(716, rel=0.01)
    assert any(row.achieved is None for row in figures("trn1", "sharing").values())


@pytest.mark.parametrize("name", ["trn1.2xlarge", "trn2.3xlarge", "trn3"])
def test_every_machine_has_every_benchmark(name):
    groups = suite.run(load_machine(name), suite.chosen(()))
    assert [group.name for group in groups] == [entry[0] for entry in suite.SUITE]
    for group in groups:
        assert any(row.achieved for row in group.rows), group.name
        for row in group.rows:
            assert row.reason or row.achieved
            if row.achieved:
                assert 0 < row.achieved.low <= row.achieved.value <= row.achieved.high
            if row.sheet:
                assert row.share < 1.05, (row.series, row.x)
                assert row.sheet.source


def row(value, sheet=None, published=None, better="more"):
    paper = benchmark.Sheet(sheet, "S") if sheet else None
    return benchmark.Row("s", 1, Ranged.exact(value), "u", paper, published, better, "a reason")


def test_verdicts_at_their_limits():
    assert report.verdict(row(90, 100)) == "meets"
    assert report.verdict(row(89.9, 100)) == "short: a reason"
    assert report.verdict(row(110, 100, better="less")) == "meets"
    assert report.verdict(row(112, 100, better="less")) == "short: a reason"
    assert report.verdict(row(1.0999, 100, 1)) == "as published"
    assert report.verdict(row(1.11, 100, 1)) == "+11 % against published"
    assert report.verdict(benchmark.skipped("s", "why")) == "skipped: why"


def test_a_changed_machine_is_held_against_its_file():
    done = bringup("trn2", "--only", "matmul", "--set", "core.tensor.clock_ghz=1.2", "--json", "-")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert not found["sound"]
    slow = {(s["series"], s["x"]): s["achieved"] / s["described"] for s in found["slower"]}
    assert slow["bf16", 512] == pytest.approx(0.5, rel=0.01)
    faster = bringup("trn2", "--only", "matmul", "--set", "core.tensor.clock_ghz=3")
    assert faster.returncode == 0 and "verdict: sound" in faster.stdout


def test_faults_end_with_status_1_and_their_place():
    options = ["trn2.3xlarge", "--only", "health", "--inject", "dead_core", "--seed", "4"]
    done = bringup(*options, "--json", "-")
    assert done.returncode == 1, done.stderr
    (fault,) = json.loads(done.stdout)["health"]["faults"]
    assert fault["kind"] == "dead_core" and fault["chip"] == 0 and 0 <= fault["core"] < 8
    text = bringup(*options)
    assert text.returncode == 1 and f"FAULT: core {fault['core']} of chip 0" in text.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["trn2", "--only", "colectives"], ["E001", "did you mean collectives?"]),
        (["trn2", "--inject", "dead_cor"], ["E001", "did you mean dead_core?"]),
        (["trn2.3xlarge", "--inject", "slow_link"], ["E001", "no link"]),
        (["trn7"], ["E002"]),
        (["inf1"], ["K001"]),
        ([], ["E001", "MACHINE"]),
        (["trn2", "--json", "/nowhere/x.json"], ["E006"]),
    ],
)
def test_refusals(options, words):
    done = bringup(*options)
    assert done.returncode == 2 and done.stdout == ""
    for word in words:
        assert word in done.stderr
