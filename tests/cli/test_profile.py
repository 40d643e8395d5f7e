"""trainyard profile: a capture of a chip is read, made a program and held against its timing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

TINY = Path(__file__).parents[1] / "profile/tiny_capture.json"


@pytest.fixture
def capture(folder):
    shutil.copy(TINY, folder / "tiny.json")
    return folder / "tiny.json"


def test_import_says_what_the_chip_did(trainyard, capture):
    done = trainyard("profile", "import", capture.name)
    assert done.status == 0, done.err
    assert "7.100 us measured" in done.out
    assert "5.33 us on sg00" in done.out
    data = json.loads(trainyard("profile", "import", capture.name, "--json").out)
    assert data["time"]["kind"] == "measured"
    assert data["hbm"]["bytes"] == 98304
    rows = {(row["engine"], row["opcode"]): row for row in data["opcodes"]}
    assert rows["tensor", "MATMUL"]["count"] == 3
    assert rows["tensor", "MATMUL"]["median_ps"] == 417_000
    assert rows["sync", "NOTIFY"]["runtime"] and not rows["scalar", "COPY"]["runtime"]


def test_its_trace_opens_in_perfetto(trainyard, capture, folder):
    assert trainyard("profile", "import", capture.name, "--trace", "t.json").status == 0
    trace = json.loads((folder / "t.json").read_text())
    assert trace["otherData"]["time"] == "measured"
    assert {"MATMUL", "ACTIVATE EXP"} <= {event["name"] for event in trace["traceEvents"]}


def test_it_becomes_a_program(trainyard, capture, folder):
    assert trainyard("profile", "import", capture.name, "--program", "p.program").status == 0
    checked = trainyard("dump", "p.program")
    assert checked.status == 0, checked.err
    assert "nc_matmul" in checked.out and "dge_mode=swdge" in checked.out
    alone = json.loads(trainyard("time", "p.program", "--schedule", "program", "--json").out)
    assert alone["instructions"] == 8


def test_scores_are_numpys(trainyard, capture):
    data = json.loads(trainyard("profile", "compare", capture.name, "--json").out)
    assert data["measured_ps"] == 5_335_000
    assert data["left_out"] == [{"opcode": "IOTA", "count": 1}]
    assert data["opcodes"]
    for row in data["opcodes"]:
        pairs = [i for i in data["instructions"] if i["opcode"] == row["opcode"]]
        assert len(pairs) == row["count"]
        measured = np.array([i["measured_ps"] for i in pairs]) / 1000
        simulated = np.array([i["simulated_ps"] for i in pairs]) / 1000
        ratios = np.abs(np.log(simulated / measured))
        np.testing.assert_allclose(row["measured_median_ns"], np.median(measured))
        np.testing.assert_allclose(row["simulated_median_ns"], np.median(simulated))
        np.testing.assert_allclose(row["median_log_ratio"], np.median(ratios), atol=1e-12)
        np.testing.assert_allclose(row["p90_log_ratio"], np.quantile(ratios, 0.9), atol=1e-12)


def test_another_machine_times_otherwise(trainyard, capture):
    def simulated(*options):
        done = trainyard("profile", "compare", capture.name, "--json", *options)
        assert done.status == 0, done.err
        return json.loads(done.out)["simulated_ps"]

    assert simulated("--set", "core.tensor.clock_ghz=0.1") > simulated()


def test_a_program_of_the_source_shows_the_schedule(trainyard, capture):
    assert trainyard("profile", "import", capture.name, "--program", "p.program").status == 0
    done = trainyard("profile", "compare", capture.name, "p.program")
    assert done.status == 0, done.err
    assert "against the captured order" in done.out


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('_version": 8', '_version": 7'),
    ],
)
def test_what_is_no_capture_leaves_nothing_behind(trainyard, capture, folder, damage):
    capture.write_text(damage(capture.read_text()))
    before = sorted(folder.iterdir())
    done = trainyard("profile", "import", capture.name, "--trace", "t.json", "--program", "p.txt")
    assert done.status == 2
    assert done.err.startswith("error E006")
    assert sorted(folder.iterdir()) == before


def test_parts_are_suggested(trainyard):
    done = trainyard("profile", "imprt", "x.json")
    assert done.status == 2
    assert "did you mean import?" in done.err
    assert "import" in trainyard("profile", "--help").out
