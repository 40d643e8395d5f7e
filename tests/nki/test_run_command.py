"""bin/trainyard run, as a user types it."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest
from script import KERNEL, ROOT


def test_a_script_runs_as_itself(trainyard, tmp_path):
    (tmp_path / "beside.py").write_text("value = 7\n")
    done = trainyard(
        "script.py", "--flag", "a b",
        lines="""
        import sys, beside
        assert __name__ == "__main__" and __file__ == "script.py"
        assert sys.modules["__main__"].double is double
        assert sys.argv == ["script.py", "--flag", "a b"] and beside.value == 7
        import trainyard.nki.language
        assert nl is trainyard.nki.language and nki.isa is nisa
        assert (double(x) == 2 * x).all()
        print("done")
        """,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("double on trn2: 1 logical core = 1 NeuronCore-v3 of Trainium2\n")
    assert "uncalibrated" in done.stdout and "fidelity" in done.stdout
    assert done.stdout.endswith("done\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("end", "status", "message"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('bye')", 1, "bye\n"),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit(0)", 0, ""),
    ],
)
def test_a_script_ends_with_its_own_status(trainyard, end, status, message):
    done = trainyard("script.py", lines=end, kernel="")
    assert (done.returncode, done.stderr) == (status, message)


def test_an_exception_of_the_script_shows_its_own_frames(trainyard):
    done = trainyard(
        "script.py",
        lines="""
        @nki.jit
        def failing(x):
            assert x.shape == (1, 1), "wrong shape"
        failing(x)
        """,
    )
    assert done.returncode == 1
    assert "AssertionError: wrong shape" in done.stderr
    assert "failing(x)" in done.stderr and "in failing" in done.stderr
    assert str(ROOT) not in done.stderr


def test_a_refusal_is_one_message(trainyard):
    done = trainyard("script.py", lines="double(x.astype(np.float64))")
    assert done.returncode == 2
    assert done.stderr.startswith("error E123 float64: argument x is float64\n  at script.py:")
    assert "astype(numpy.float32)" in done.stderr and "Traceback" not in done.stderr
    assert "Traceback" in trainyard("--debug", "script.py").stderr


def test_a_refusal_that_the_script_handles_is_its_business(trainyard):
    done = trainyard(
        "script.py",
        lines="""
        try:
            double(x.astype(np.float64))
        except ValueError as error:
            print("caught", error.code)
        """,
    )
    assert (done.returncode, done.stdout) == (0, "caught E123\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--machin", "trn2", "script.py"], "did you mean --machine?"),
        (["--machine", "trn", "script.py"], "E002"),
        (["--set", "core.tensor.clock=3", "script.py"], "clock_ghz"),
        (["--lnc", "0", "script.py"], "'0': choose 1 or 2"),
        (["--machine"], "expected one argument"),
        (["--quiet"], "no script"),
        (["no_such_script.py"], "E006"),
        (["--arg", "x=1", "script.py"], "FILE::KERNEL"),
        (["script.py::doubel"], "did you mean double?"),
        (["no_such_script.py::double"], "E006"),
        (["script.py::double", "--arg", "x=f32[64,32]:rand", "--lnk", "2"], "did you mean --lnc?"),
        (["script.py::double", "--arg", "x=f32[64,32]:radn"], "did you mean randn?"),
        (["script.py::double", "--arg", "x=f32[64]:eye"], "two dimensions"),
        (["script.py::double", "--arg", "f32[64]"], "name=value"),
        (["script.py::double", "--arg", "y=3"], "E007"),
        (["script.py::double", "--arg", "x=none.npy"], "E006"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_slips_are_refused(trainyard, arguments, expected):
    done = trainyard(*arguments, lines="")
    assert done.returncode == 2, done.stdout
    assert expected in done.stderr
    assert done.stderr.startswith("error E") and "Traceback" not in done.stderr
    assert str(ROOT) not in done.stderr


def test_help(trainyard):
    done = trainyard("--help")
    assert done.returncode == 0 and "--machine NAME" in done.stdout and "examples:" in done.stdout
    assert trainyard().returncode == 2


def test_identical_launches_are_reported_once(trainyard, tmp_path):
    done = trainyard(
        "--json", "out.json", "script.py",
        lines="""
        for _ in range(5):
            double(x)
        double(x[:32])
        """,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("double on trn2") == 2
    assert done.stdout.count("kernel double: 5 identical launches\n") == 1
    launches = json.loads((tmp_path / "out.json").read_text())["launches"]
    assert [launch["count"] for launch in launches] == [5, 1]
    first = launches[0]
    assert (first["kernel"], first["machine"], first["instructions"]) == ("double", "trn2", 3)
    assert first["outputs"] == ["float32[64, 32]"] and first["time"]["kind"] == "simulated"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "script.py"]


def test_json_on_standard_output_is_all_there_is(trainyard):
    done = trainyard("--json", "-", "script.py::double", "--arg", "x=bf16[64,32]", lines="")
    assert json.loads(done.stdout)["launches"][0]["outputs"] == ["bfloat16[64, 32]"]


def test_files_are_written_whole_or_not_at_all(trainyard, tmp_path):
    files = ["--json", "out.json", "--trace", "out.trace"]
    assert trainyard(*files, "script.py", lines="double(x)\n1 / 0").returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]
    assert trainyard(*files, "script.py", lines="double(x)").returncode == 0
    assert json.loads((tmp_path / "out.trace").read_text())["traceEvents"]


def test_options_reach_the_kernel(trainyard):
    lines = """
    @nki.jit
    def see(x):
        tile = nl.load(x)
        print(nisa.get_nc_version().name, nl.num_programs(), nki.language.tile_size.sbuf_fmax_bytes)

    see(x)
    """
    done = trainyard("--machine", "trn1", "--lnc", "1", "--quiet", "script.py", lines=lines)
    assert done.stdout.startswith("gen2 1 "), done.stderr
    done = trainyard("--machine", "gen4", "--lnc", "2", "--eager", "--quiet", "script.py")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["gen4", "2"]] * 2
    slow = trainyard("--set", "core.vector.clock_ghz=0.1", "script.py", lines="double(x)").stdout
    assert slow.splitlines()[1] != trainyard("script.py").stdout.splitlines()[1]


def test_time_without_values(trainyard):
    done = trainyard("--time-only", "script.py", lines="assert np.isnan(double(x)).all()")
    assert done.returncode == 0, done.stderr
    assert "did not run (--time-only)" in done.stdout


def test_undefined_outputs_can_be_let_through(trainyard):
    lines = """
    fresh = nki.jit(lambda t: nl.ndarray(t.shape, t.dtype, buffer=nl.shared_hbm))
    print(np.isnan(fresh(x)).all())
    """
    assert "E210" in trainyard("script.py", lines=lines).stderr
    assert trainyard("--no-checks", "--quiet", "script.py").stdout == "True\n"


def test_a_module_runs_too(trainyard, tmp_path):
    (tmp_path / "test_it.py").write_text(
        KERNEL + "def test_it():\n    assert (double(x) >= x).all()\n"
    )
    done = trainyard("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_kernel_of_a_file(trainyard, tmp_path):
    np.save(tmp_path / "x.npy", np.full((8, 4), 1.5, np.float16))
    done = trainyard("--machine", "trn3", "script.py::double", "--arg", "x=x.npy",
                     "--arg", "factor=4.0", lines="")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("double on trn3")
    assert done.stdout.splitlines()[-1] == "output float16[8, 4], 6 to 6"
    for spec in ("i32[8,4]:iota", "fp8_e5m2[8,4]:ones", "bf16[4,4]:eye"):
        done = trainyard("script.py::double", "--arg", f"x={spec}", "--seed", "1", "--quiet")
        assert (done.returncode, done.stdout) == (0, "")


def interrupt(command, folder, after):
    """Starts a command, sends SIGINT when it has printed `after`; (status, stderr, files)."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    while after not in process.stdout.readline():
        pass
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors, sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "busy",
    [
        "while True: pass",
        "while True: nl.copy(tile)",
        "for _ in range(4000): nisa.activation(tile, nl.gelu, tile)",
    ],
    ids=["python", "tracing", "values"],
)
def test_ctrl_c_leaves_nothing(busy, tmp_path):
    (tmp_path / "script.py").write_text(
        f"""{KERNEL}
@nki.jit
def endless(x):
    tile = nl.load(x)
    print("started", flush=True)
    {busy}

endless(np.ones((128, 8192), np.float32))
"""
    )
    command = [ROOT / "bin/trainyard", "run", "--json", "o.json", "--trace", "o.trace", "script.py"]
    assert interrupt(command, tmp_path, "started") == (130, "", ["script.py"])
