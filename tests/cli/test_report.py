"""--report of trainyard run and time, and trainyard.run(report=…): a page, JSON or text."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = ("kernels.py::softplus", "--arg", "x=f32[128,2048]:randn")


def kernels_in(path):
    return json.loads(path.read_text())["kernels"]


@pytest.fixture
def program(trainyard, folder):
    done = trainyard("run", *KERNEL, "--quiet", "--dump", "softplus.program")
    assert done.status == 0, done.err
    return "softplus.program"


def test_a_page_of_all_kernels_of_a_script(trainyard, folder):
    done = trainyard("run", "--report", "r.html", "kernels.py")
    assert done.status == 0, done.err
    assert "simulated" in done.out, "the summaries are printed as ever"
    page = (folder / "r.html").read_text()
    assert page.startswith("<!doctype html>")
    assert page.count('id="k0-tables"') == page.count('id="k1-tables"') == 1
    assert "softplus on trn2" in page
    assert "nisa.activation(result, nl.exp, moved)" in page, "the source is shown"


def test_json_and_text_tell_the_same(trainyard, folder):
    assert trainyard("run", *KERNEL, "--quiet", "--report", "r.json").status == 0
    (kernel,) = kernels_in(folder / "r.json")
    assert kernel["instructions"] == 16
    done = trainyard("run", *KERNEL, "--report", "-")
    assert done.status == 0, done.err
    for stall in kernel["stalls"][:3]:
        assert stall["text"] in done.out
        assert stall["advice"] in done.out
    for part in ("Critical path", "What would make it faster", "Use over time", "Lines of"):
        assert part in done.out
    assert done.out.count("simulated (uncalibrated") == 1, "the summary comes once"


def test_programs_give_the_report_of_the_run(trainyard, folder, program):
    assert trainyard("run", *KERNEL, "--quiet", "--report", "run.json").status == 0
    assert trainyard("time", program, "--report", "time.json").status == 0
    run, time = (kernels_in(folder / name)[0] for name in ("run.json", "time.json"))
    assert run["stalls"] == time["stalls"]
    printed = trainyard("time", program, "--report", "-")
    assert "What engines wait for" in printed.out
    as_json = json.loads(trainyard("time", program, "--report", "-", "--json").out)
    assert as_json["kernels"][0]["critical_path"]["known"]


def test_what_if_agrees_with_set(trainyard, folder, program):
    # In program order nothing else than the machine changes.
    done = trainyard("time", program, "--schedule", "program", "--report", "r.json")
    assert done.status == 0, done.err
    rows = {row["change"]: row["ps"] for row in kernels_in(folder / "r.json")[0]["what_if"]}
    twice = ("--machine", "trn2", "--set", "core.memory.hbm_gb_s=1432")
    changed = trainyard("time", program, "--schedule", "program", *twice, "--json")
    assert rows["HBM at twice the bandwidth"] == json.loads(changed.out)["time"]["ps"]


def test_two_cores(trainyard, folder, program):
    done = trainyard("time", program, program, "--report", "r.json")
    assert done.status == 0, done.err
    (kernel,) = kernels_in(folder / "r.json")
    lanes = {lane["name"] for lane in kernel["utilisation"]["lanes"]}
    assert {"core 0 scalar", "core 1 scalar"} <= lanes


def test_from_python(folder):
    (folder / "go.py").write_text(
        "import numpy as np, trainyard\n"
        "trainyard.activate()\n"
        "from kernels import softplus\n"
        "x = np.zeros((128, 1024), np.float32)\n"
        "trainyard.run(softplus, x, report='r.json')\n"
        "trainyard.run(softplus, x, report='-', time_only=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "go.py"],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("TRAINYARD_")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert kernels_in(folder / "r.json")[0]["kernel"] == "softplus"
    assert "Critical path" in done.stdout


@pytest.mark.parametrize(
    "words, part",
    [
        (("run", *KERNEL, "--report", "no/r.html"), "E006"),
        (("run", *KERNEL, "--report", "."), "E006"),
        (("run", *KERNEL, "--report", "-", "--json", "-"), "E001"),
        (("time", "softplus.program", "--report", "no/r.html"), "E006"),
        (("run", *KERNEL, "--reports", "r.html"), "did you mean --report?"),
    ],
    ids=str,
)
def test_refusals(trainyard, program, folder, words, part):
    before = {path.name for path in folder.iterdir()}
    done = trainyard(*words)
    assert done.status == 2
    assert part in done.err
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == before - {"__pycache__"}


def test_a_script_without_kernels_has_no_report(trainyard, folder):
    (folder / "idle.py").write_text("print('nothing')\n")
    done = trainyard("run", "--report", "r.html", "idle.py")
    assert done.status == 2
    assert "no kernel was launched" in done.err
    assert not (folder / "r.html").exists()


def test_a_disk_that_fills_leaves_the_old_report(trainyard, folder, program):
    (folder / "r.html").write_text("old")
    limits = 'ulimit -f 100; trap "" XFSZ'
    command = f"{limits}; exec {ROOT}/bin/trainyard time {program} --report r.html"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 2
    assert "E006" in done.stderr
    assert (folder / "r.html").read_text() == "old"
    assert not list(folder.glob("*.html.*")) and not list(folder.glob(".r.html*"))
