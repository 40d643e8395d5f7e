"""trainyard conformance, as a user types it, on a checkout of ours."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ONE = ("--only", "simulate quick start 128x512 float32")


def rows_of(conformance, folder, *arguments):
    done = conformance("nki-examples", "--from", folder, *ONE, "--json", "-", *arguments)
    return done.returncode, json.loads(done.stdout)


def test_a_right_kernel_passes_on_every_machine(checkout, conformance):
    done = conformance("nki-examples", "--from", checkout(), "--only", "simulate")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[4:7] for line in lines[1:7]] == [
        [dtype, machine, "passed"]
        for dtype in ("float32", "bfloat16")
        for machine in ("trn2", "trn3", "trn1")
    ]
    assert lines[-1].startswith("6 passed, 0 refused as documented, 0 failed, of 6. Null scores: 0")
    progress = done.stderr.splitlines()
    assert len(progress) == 6 and progress[-1].startswith("6/6 passed: simulate quick start")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return a_ptr[0:64]", "shape (64, 512), not (128, 512)"),
        ("nisa.memset(dst=total, value=0)\nnisa.dma_copy(dst=out, src=total)\nreturn out",
         "of the range"),
        ("nisa.memset(dst=total, value=float('nan'))\nnisa.dma_copy(dst=out, src=total)\n"
         "return out", "some results are not finite"),
        ("raise KeyError('lost')", "KeyError: 'lost'"),
        ("import os\nos._exit(9)", "exit status 9: no message"),
        ("import ctypes\nctypes.string_at(0)", "exit status -11"),
        ("open(__file__ + '.none')", "some/folder/nki_simulate_example.py.none"),
    ],
)  # fmt: skip
def test_a_wrong_kernel_fails_and_says_why(checkout, conformance, body, why):
    folder = checkout(body)
    status, (row,) = rows_of(conformance, folder, "--machine", "trn2")
    assert (status, row["outcome"]) == (1, "failed")
    assert why in row["why"] and str(folder) not in row["why"]


def test_a_refusal_that_no_case_expects_is_a_failure(checkout, conformance):
    body = "nisa.tensor_copy(dst=total, src=nl.load(a_ptr)[0:64])"
    status, (row,) = rows_of(conformance, checkout(body), "--machine", "trn2")
    assert (status, row["outcome"], row["code"]) == (1, "failed", "E102")


def test_a_refusal_that_a_case_expects_is_documented(checkout, conformance, tmp_path):
    head = "import nki\nimport nki.isa as nisa\nimport nki.language as nl\n\n\n@nki.jit\ndef {}:\n"
    body = """
    moving = nl.load(k)
    stationary = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.sbuf)
    nisa.memset(dst=stationary, value=1)
    psum = nl.ndarray((128, 128), dtype=nl.float32, buffer=nl.psum)
    nisa.nc_matmul(dst=psum, stationary=stationary, moving=moving)
    out = nl.ndarray((128, 128), dtype=q.dtype, buffer=nl.shared_hbm)
    nl.store(out, value=psum)
    return out
    """
    folder = checkout(body, head.format("attn_fwd_v1(q, k, v)"), "attention_kernels.py")
    arguments = ["nki-attention", "--from", folder, "--only", "v1", "--machine", "trn2"]
    done = conformance(*arguments)
    assert done.returncode == 1, "in float32 it runs, and is wrong"
    lines = done.stdout.splitlines()
    assert "failed" in lines[1] and lines[2].endswith("refused E106")
    assert "refused: E106 dtype-mix" in done.stdout and "nki.isa.nc_matmul: if one" in done.stdout
    assert lines[-1].startswith("0 passed, 1 refused as documented, 1 failed, of 2.")


def test_running_where_a_refusal_is_right_is_a_failure(checkout, conformance):
    head = "import nki\nimport nki.language as nl\n\n\n@nki.jit\ndef attn_fwd_v1(q, k, v):\n"
    body = """
    out = nl.ndarray((128, 128), dtype=q.dtype, buffer=nl.shared_hbm)
    nl.store(out, value=nl.load(q))
    return out
    """
    folder = checkout(body, head, "attention_kernels.py")
    only = ["--only", "v1 128x128 bfloat16", "--machine", "trn2"]
    done = conformance("nki-attention", "--from", folder, *only)
    assert done.returncode == 1 and "ran, but E106 is right" in done.stdout


def test_a_kernel_that_never_ends_is_ended(checkout, conformance):
    status, (row,) = rows_of(
        conformance, checkout("while True:\n    pass"), "--machine", "trn2", "--timeout", "2"
    )
    assert (status, row["why"]) == (1, "not finished after 2 s")


def test_ctrl_c_leaves_nothing_behind(checkout, command, tmp_path):
    mark = tmp_path / "pid"
    body = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    arguments = ["nki-examples", "--from", checkout(body), "--only", "simulate"]
    process = subprocess.Popen(
        [*command, *map(str, arguments), "--jobs", "1", "--json", "rows.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)  # to the command alone: it has to end its workers
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")
    assert not (tmp_path / "rows.json").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nki-exampels", "--from", "{}"], "did you mean nki-examples?"),
        (["nki-examples"], "--from"),
        (["nki-examples", "--form", "{}"], "did you mean --from?"),
        (["nki-examples", "--from", "{}"], "no average_pool2d_nki_kernels.py"),
        (["nki-examples", "--from", "{}/none", *ONE], "E006"),
        (["nki-examples", "--from", "{}", "--only", "mambo"], "did you mean mamba?"),
        (["nki-examples", "--from", "{}", *ONE, "--machine", "trn"], "E002"),
        (["nki-examples", "--from", "{}", *ONE, "--jobs", "0"], "not a number from 1"),
        (["nki-examples", "--from", "{}", *ONE, "--timeout", "-1"], "not seconds above 0"),
        (["nki-examples", "--from", "{}", *ONE, "--json", "none/rows.json"], "no folder none"),
        (
            ["nki-examples", "--from", "{}", *ONE, "--report", "page.md"],
            "Leave --machine and --only out.",
        ),
    ],
)
def test_slips_are_refused(checkout, conformance, arguments, expected):
    folder = checkout()
    done = conformance(*(str(word).format(folder) for word in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error E") and expected in done.stderr
    assert "Traceback" not in done.stderr and str(ROOT) not in done.stderr
