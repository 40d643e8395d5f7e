"""Files that are not there, folders, devices, binaries, empty ones: read and written."""

import os

import numpy as np
import pytest

KERNEL = ("kernels.py::stored_garbage", "--arg", "n=4")


@pytest.fixture
def odd(folder):
    """A folder with a file of every odd kind."""
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    (folder / "empty.toml").touch()
    (folder / "zeros").write_bytes(bytes(3 << 20))
    (folder / "binary").write_bytes(bytes(range(256)) * 64)
    (folder / "binary.toml").write_bytes(bytes(range(255, 0, -1)))
    (folder / "secret").touch(mode=0)
    (folder / "text").write_text("hello\n")
    np.save(folder / "array.npy", np.ones(3, np.float32))
    return folder


READS = [
    ("none", "E006", "cannot read none: No such file or directory"),
    ("folder", "E006", "cannot read folder: Is a directory"),
    ("empty", "E006", "cannot read empty: it is empty"),
    ("zeros", "E006", "it is no text: byte 0 is zero"),
    ("binary", "E006", "it is no text: byte 0 is zero"),
    ("/dev/zero", "E006", "it is no text: byte 0 is zero"),
    ("/proc/self/mem", "E006", "cannot read /proc/self/mem: Input/output error"),
    ("text", "E301", "  at text:1\n  - hello\n  - ^"),
]


@pytest.mark.parametrize(("file", "code", "says"), READS, ids=[read[0] for read in READS])
@pytest.mark.parametrize("name", ["dump", "time"])
def test_texts_of_programs(command, odd, name, file, code, says):
    done = command(name, file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error {code} ") and says in done.stderr


@pytest.mark.parametrize(
    ("file", "code", "says"),
    [
        ("none.toml", "E002", "no machine file none.toml"),
        ("folder", "E002", 'no machine is called "folder"'),
        ("./folder", "E002", "no machine file ./folder"),
        ("/dev/zero", "E002", "no machine file /dev/zero"),
        ("empty.toml", "E004", "  at empty.toml:1\n"),
        ("binary.toml", "E003", "  at binary.toml:1\n"),
        ("trn22", "E002", "did you mean trn2?"),
        ("", "E00", "name"),
    ],
)
def test_machines(command, odd, file, code, says):
    command("run", "--dump", "good.program", *KERNEL)
    for words in (["machines", file], ["time", "good.program", "--machine", file],
                  ["run", "--machine", file, *KERNEL]):  # fmt: skip
        if not file and words[0] != "run":
            continue  # an empty word is no name there
        done = command(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert done.stderr.startswith(f"error {code}") and says in done.stderr


BASE = 'base = "trn2"\n[core.tensor]\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ('base = "trn2"\n[core.tensor\n', "E003 bad-toml", 2, "expected ']'"),
        (BASE + "clock_ghs = 3\n", "E004 machine-key", 3, "did you mean clock_ghz?"),
        (BASE + 'clock_ghz = {value = "3", source = "A1"}\n', "E004", 3, "allowed a number"),
        (BASE + "clock_ghz = 3\n", "E005 machine-source", 3, "has no source"),
        ('base = "trn22"\n', "E002 unknown-machine", 1, "did you mean trn2?"),
    ],
    ids=["syntax", "key", "type", "source", "base"],
)
def test_malformed_machines(command, folder, text, code, line, says):
    (folder / "mine.toml").write_text(text)
    for words in (["machines", "mine.toml"], ["run", "--machine", "mine.toml", *KERNEL]):
        done = command(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        first, place = done.stderr.splitlines()[:2]
        assert first.startswith(f"error {code}") and place == f"  at mine.toml:{line}"
        assert says in done.stderr


PROGRAM = 'program "p" machine="trn2" core=0\nt0: float32[128, 4] sbuf\n'


@pytest.mark.parametrize(
    ("text", "code", "line", "says"),
    [
        ('program "p" machine="trn22" core=0\n', "E002", 1, "did you mean trn2?"),
        ('program "p" machine="inf1" core=0\n', "K001", 1, "planning only"),
        (PROGRAM.replace("128", "129"), "E101", 2, "found 129, allowed 128 (trn2: core.part"),
        (PROGRAM + "%0: memst@vector dst=t0 value=0x0p+0\n", "E301", 3, "did you mean memset?"),
        (PROGRAM + "%0: memset@vector dst=t0 vlaue=0x0p+0\n", "E115", 3, "did you mean value?"),
        (PROGRAM + "%0: memset@vector dst=t1 value=0x0p+0\n", "E301", 3, "column 23"),
        (PROGRAM + "outputs t0 t1\n", "E301", 3, "column 12"),
    ],
    ids=["machine", "inf1", "partitions", "instruction", "parameter", "tensor", "outputs"],
)
def test_malformed_programs(command, folder, text, code, line, says):
    (folder / "p.program").write_text(text)
    for words in (["dump", "p.program"], ["dump", "--check", "p.program"], ["time", "p.program"]):
        done = command(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        first, place = done.stderr.splitlines()[:2]
        assert f" {code} " in first and place == f"  at p.program:{line}"
        assert says in done.stderr


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("none", "none: No such file or directory"),
        ("folder", "folder: Is a directory"),
        ("binary", "binary is no Python file: source code"),
    ],
)
def test_scripts(command, odd, file, says):
    for target in (file, f"{file}::kernel"):
        done = command("run", target)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error E006 file: ") and says in done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_a_script_that_is_no_python(command, odd):
    (odd / "wrong.py").write_text("def f(:\n")
    for target in ("wrong.py", "wrong.py::kernel"):
        done = command("run", target)
        assert done.returncode == 1
        assert done.stderr.splitlines()[0] == '  File "wrong.py", line 1'
        assert "SyntaxError" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["no_such_module", "no_such.module", "json.none"])
def test_modules(command, module):
    done = command("run", "-m", module)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error E006 file: -m {module}: no module of that name")


@pytest.mark.parametrize("file", ["none", "folder", "empty", "binary", "text"])
def test_records(command, odd, file):
    for words in ([file, "array.npy"], ["array.npy", file]):
        done = command("diff", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error E006 file: ") and file in done.stderr
        assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_what_may_not_be_read(command, odd):
    for words in (["dump", "secret"], ["run", "secret"], ["diff", "secret", "array.npy"]):
        done = command(*words)
        assert done.returncode == 2 and "Permission denied" in done.stderr


@pytest.mark.parametrize("option", ["--json", "--trace", "--dump", "--record"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("none/out", "cannot write none/out: there is no folder none"),
        ("folder", "cannot write folder: it is a folder"),
        ("text/out", "cannot write text/out: there is no folder text"),
        ("/proc/out", "cannot write /proc/out"),
    ],
)
def test_writing(command, odd, option, path, says):
    before = sorted(path.name for path in odd.rglob("*"))
    done = command("run", option, path, *KERNEL)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error E006 file: {says}")
    assert sorted(path.name for path in odd.rglob("*")) == before


def test_a_folder_that_does_not_exist_is_refused_before_the_run(command, odd):
    (odd / "long.py").write_text("print('started')\n")
    done = command("run", "--trace", "none/t.json", "long.py")
    assert (done.returncode, done.stdout) == (2, "")


def test_other_commands_write_whole_files_too(command, odd):
    command("run", "--dump", "good.program", *KERNEL)
    for words in (["time", "good.program", "--trace"], ["machines", "trn2", "--svg"]):
        done = command(*words, "none/out")
        assert (done.returncode, done.stdout) == (2, "")
        assert "E006 file: cannot write none/out" in done.stderr
