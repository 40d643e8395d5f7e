"""Standard output that is a pipe nobody reads, closed, or full; Ctrl-C while waiting for input."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")
KERNEL = ("kernels.py::stored_garbage", "--arg", "n=4")
SAYS = [
    ("run", *KERNEL),
    ("run", "--json", "-", *KERNEL),
    ("run", "--help"),
    ("diff", "r.npz", "r.npz"),
    ("diff", "--json", "r.npz", "r.npz"),
    ("time", "p.program"),
    ("dump", "p.program"),
    ("machines", "trn2"),
    ("explain", "--list"),
    ("completion", "bash"),
    ("--help",),
]


@pytest.fixture
def said(command, folder):
    """`command`, in a folder with a program and a record."""
    done = command("run", "--quiet", "--dump", "p.program", "--record", "r.npz", *KERNEL)
    assert done.returncode == 0, done.stderr
    return command


@pytest.fixture(params=["buffered", "unbuffered"])
def python(request):
    """Python's two ways of writing to a pipe."""
    return {"PYTHONUNBUFFERED": "" if request.param == "buffered" else "1"}


@pytest.mark.parametrize("words", SAYS, ids=" ".join)
def test_nobody_reads(said, python, words):
    read, write = os.pipe()
    os.close(read)
    done = said(*words, stdout=write, stderr=subprocess.PIPE, capture_output=False, env=python)
    os.close(write)
    # As other tools end: by SIGPIPE, in a shell's figure or not, or unaware of it.
    assert done.returncode in (0, 141, -signal.SIGPIPE)
    assert done.stderr == ""


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", SAYS, ids=" ".join)
def test_the_disk_is_full(said, python, words):
    with FULL.open("w") as full:
        done = said(*words, stdout=full, stderr=subprocess.PIPE, capture_output=False, env=python)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error E006 file: cannot write the output: No space left on device",
        "  fix: Check the path and its permissions.",
    ]


@pytest.mark.parametrize("words", [SAYS[1], *SAYS[5:]], ids=" ".join)
def test_output_is_closed(said, words):
    """What was asked for cannot be said."""
    done = said(*words, preexec_fn=lambda: os.close(1), stdout=None, capture_output=False,
                stderr=subprocess.PIPE)  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error E006 file: cannot write the output: ")


def test_a_script_may_close_its_output(said, folder):
    """Its report is lost, its work is not."""
    (folder / "silent.py").write_text(
        "import sys\nsys.stdout.close()\nsys.stdout = None\nimport kernels\nkernels.partitions(4)\n"
    )
    done = said("run", "--json", "out.json", "silent.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "out.json").exists()
    assert said("run", *KERNEL, preexec_fn=lambda: os.close(1)).returncode == 0


def test_another_pipe_of_the_script_is_its_own_affair(said, folder):
    (folder / "pipe.py").write_text(
        "import os\nread, write = os.pipe()\nos.close(read)\nos.write(write, b'x')\n"
    )
    done = said("run", "pipe.py")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback") and "BrokenPipeError" in done.stderr


@pytest.mark.parametrize("words", [("dump", "-"), ("time", "-"), ("run", "waits.py")], ids=" ".join)
def test_ctrl_c_while_waiting(folder, words):
    (folder / "waits.py").write_text("print('ready', flush=True)\ninput()\n")
    before = sorted(path.name for path in folder.iterdir())
    process = subprocess.Popen(
        [ROOT / "bin/trainyard", *words], cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    if words[0] == "run":
        assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, "", "")
    assert sorted(path.name for path in folder.iterdir()) == before


COLOUR = {"TERM": "xterm", "NO_COLOR": ""}


@pytest.mark.parametrize(
    ("env", "colour"),
    [(COLOUR, True), ({**COLOUR, "NO_COLOR": "1"}, False), ({**COLOUR, "TERM": "dumb"}, False)],
    ids=["terminal", "NO_COLOR", "dumb"],
)
@pytest.mark.parametrize("words", [("--help",), ("machines",), ("machines", "trn22")], ids=" ".join)
def test_colours_only_on_a_terminal(command, env, colour, words):
    parent, child = os.openpty()
    command(*words, stdout=child, stderr=child, capture_output=False, env=env)
    os.close(child)
    shown = b""
    try:
        while block := os.read(parent, 1 << 16):
            shown += block
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(parent)
    assert shown and (b"\033[" in shown) == colour
    done = command(*words, env=env)
    assert "\033[" not in done.stdout + done.stderr
