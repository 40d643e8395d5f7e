"""--nki and --lenient of the commands that run kernels: statuses, messages, notes, children."""

import json

import pytest
from script import ROOT

KERNEL = """
import nki
import nki.isa as nisa
import nki.language as nl
import numpy as np

@nki.jit
def kernel(x):
    out = nl.ndarray(x.shape, dtype=x.dtype, buffer=nl.shared_hbm)
    tile = nl.ndarray(x.shape, x.dtype, buffer=nl.sbuf)
    counts = nl.ndarray((32, 4), nl.int32, buffer=nl.sbuf)
    nisa.memset(counts, 2.0)
    nisa.dma_copy(tile, x)
    view = tile.permute((0, 1))
    nisa.dma_copy(out, view)
    return out

x = np.ones((32, 16), np.float32)
"""
LINE = {text: KERNEL[: KERNEL.index(text)].count("\n") + 1 for text in ("memset", "tile.permute")}


def test_a_note_where_no_version_is_chosen(trainyard):
    done = trainyard("script.py", lines="kernel(x)", kernel=KERNEL)
    assert done.returncode == 0, done.stderr
    (note,) = [line for line in done.stdout.splitlines() if line.startswith("  note ")]
    assert "memset: value 2.0 is a float, dst is int32" in note
    assert f"script.py:{LINE['memset']}" in note


def test_json_has_the_notes(trainyard):
    done = trainyard("--json", "-", "script.py", lines="kernel(x)", kernel=KERNEL)
    (launch,) = json.loads(done.stdout)["launches"]
    (finding,) = launch["findings"]
    assert finding["line"] == LINE["memset"] and finding["file"].endswith("script.py")


@pytest.mark.parametrize(
    ("nki", "code", "text", "whose"),
    [
        ("0.4", "E106", "memset", "(memset, NKI 0.3 and later)"),
        ("0.2", "E124", "tile.permute", "(--nki)"),
    ],
)
def test_an_error_where_a_version_refuses(trainyard, nki, code, text, whose):
    done = trainyard("--nki", nki, "script.py", lines="kernel(x)", kernel=KERNEL)
    assert (done.returncode, done.stdout) == (2, "")
    first, place, limit, fix = done.stderr.splitlines()
    assert first.startswith(f"error {code} ")
    assert place == f"  at script.py:{LINE[text]} in kernel"
    assert limit.startswith("  found ") and whose in limit
    assert fix.startswith("  fix: ")


def test_lenient_may_be_given_several_times(trainyard):
    options = ["--nki", "0.4", "--lenient", "dtype-mix", "--lenient", "version"]
    done = trainyard(*options, "script.py", lines="kernel(x)", kernel=KERNEL)
    assert done.returncode == 0, done.stderr
    notes = [line for line in done.stdout.splitlines() if line.startswith("  note ")]
    assert [f"({code}" in note for code, note in zip(("E106", "E124"), notes, strict=True)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--nki", "0.8"], "allowed 0.2, 0.3, 0.4, 0.5, 0.6, 0.7"),
        (["--nki", "0,4"], "did you mean 0.4?"),
        (["--lenient", "engin"], "did you mean engine?"),
        (["--lenient", "index"], "the rule index cannot be relaxed"),
    ],
)
def test_values_that_do_not_exist(trainyard, options, says):
    done = trainyard(*options, "script.py", lines="kernel(x)", kernel=KERNEL)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error E001 bad-option: ") and says in done.stderr
    assert "Traceback" not in done.stderr


def test_children_inherit_the_version(trainyard, tmp_path):
    (tmp_path / "child.py").write_text(KERNEL + "kernel(x)\n")
    lines = """
    import subprocess, sys
    sys.exit(subprocess.run([sys.executable, "child.py"]).returncode)
    """
    done = trainyard("--nki", "0.4", "script.py", lines=lines, kernel="")
    assert done.returncode == 1 and "E106" in done.stderr
    assert trainyard("script.py", lines=lines, kernel="").returncode == 0


def test_the_variable_of_the_environment(trainyard):
    for nki, status in (("0.4", 2), ("0.9", 2), ("", 0)):
        environment = {"TRAINYARD_NKI": nki}
        done = trainyard("script.py", lines="kernel(x)", kernel=KERNEL, env=environment)
        assert done.returncode == status, done.stderr


def test_diff_holds_both_sides_to_the_version(trainyard, tmp_path):
    import subprocess

    (tmp_path / "kernels.py").write_text(KERNEL)
    words = ["kernels.py::kernel", "--arg", "x=f32[32,16]:randn", "--machine", "trn2"]
    command = [ROOT / "bin/trainyard", "diff", *words, "--machine", "trn3"]
    for options, status in (([], 0), (["--nki", "0.4"], 2)):
        done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    done = subprocess.run(
        [*command, "--nki", "0.5", "--lenient", "dtype-mix"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_explain_says_what_can_be_relaxed():
    import subprocess

    def explain(name):
        command = [ROOT / "bin/trainyard", "explain", name]
        return subprocess.run(command, capture_output=True, text=True).stdout

    assert "With --lenient start-partition it is a note." in explain("E108")
    assert "With --lenient version it is a note." in explain("version")
    assert "It cannot be relaxed." in explain("E120")
