"""Slips on the command line, scripts without kernels, kernels that raise, machines that are not
public: one message and a status each."""

import pytest

RUN = ("run", "kernels.py::partitions", "--arg", "n=4")
SLIPS = [
    (["rnu", "kernels.py"], "E001", "did you mean run?"),
    (["torch", "kernels.py"], "E001", "unknown command torch"),
    (["--machine", "trn2", "run"], "E001", "options of a command stand after it"),
    ([*RUN, "--machin", "trn2"], "E001", "did you mean --machine?"),
    ([*RUN, "--machine", "trn22"], "E002", "did you mean trn2?"),
    ([*RUN, "--schedule", "lst"], "E001", "did you mean list?"),
    ([*RUN, "--place", "firstfit"], "E001", "did you mean first-fit?"),
    ([*RUN, "--lnc", "3"], "E001", "choose 1 or 2"),
    ([*RUN, "--threads", "0"], "E001", "'0' is not a number from 1"),
    ([*RUN, "--seed", "-1"], "E001", "'-1' is not a number from 0"),
    ([*RUN, "--timeout", "0"], "E001", "'0' is not seconds above 0"),
    ([*RUN, "--timeout", "nan"], "E001", "'nan' is not seconds above 0"),
    ([*RUN, "--json", ""], "E001", "a name is expected"),
    (["run", "::kernel"], "E001", "no file before ::"),
    (["run", "kernels.py::"], "E001", "It defines partitions"),
    (["run", "kernels.py::partition"], "E001", "did you mean partitions?"),
    (["run", "kernels.py::plian"], "E001", "did you mean plain?"),
    (["explain", "nc_matmull"], "E001", "did you mean nc_matmul?"),
    (["completion", "bsh"], "E001", "did you mean bash?"),
    (["diff", "a", "b", "--rtoll", "1"], "E001", "did you mean --rtol?"),
    (["diff", "a", "b", "--rtol", "-1"], "E001", "'-1' is not a number from 0"),
    (["diff", "a"], "E001", "two files, or one kernel"),
    (["conformance", "nki-exmples", "--from", "."], "E001", "did you mean nki-examples?"),
    (["conformance", "nki-examples", "--form", "."], "E001", "did you mean --from?"),
]


@pytest.mark.parametrize(("words", "code", "says"), SLIPS, ids=[" ".join(s[0]) for s in SLIPS])
def test_slips(command, words, code, says):
    done = command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith(f"error {code} ") and says in done.stderr
    # Nobody's file is to blame.
    assert len(rest) == 1 and rest[0].startswith("  fix: ")


SETS = [
    ("core.partitions", "E001", "expected key=value"),
    ("=3", "E001", "expected key=value"),
    ("core.partitions=", "E004", "found nothing, allowed a whole number from 1"),
    ("core.partitions=abc", "E004", "found abc"),
    ("core.partitions=1.5", "E004", "found 1.5"),
    ("core.tensor.clock_ghz=0", "E004", "found 0, allowed a number above 0"),
    ("core.tensor.clock_ghz=nan", "E004", "found nan"),
    ("core.tensor.clock_ghs=3", "E004", "did you mean clock_ghz?"),
    ("core.tensor=3", "E004", "unknown key core.tensor"),
    ("core.partitions=127", "E004", "found 128, allowed at most core.partitions = 127"),
]


@pytest.mark.parametrize(("text", "code", "says"), SETS, ids=[text for text, *_ in SETS])
def test_numbers_of_machines(command, text, code, says):
    for words in ([*RUN, "--set", text], ["machines", "trn2", "--set", text]):
        done = command(*words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert done.stderr.startswith(f"error {code} ") and says in done.stderr


def test_inferentia1_is_not_public(command, kernels):
    import trainyard

    command("run", "--dump", "p.program", *RUN[1:])
    for words in ([*RUN, "--machine", "inf1"], [*RUN, "--machine", "Inferentia1"],
                  ["time", "p.program", "--machine", "inf1"]):  # fmt: skip
        done = command(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("not-public K001 not-public: Inferentia is described for")
        assert "found inf1, allowed a machine with NeuronCore-v2 or newer" in done.stderr
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernels.partitions, 4, machine="inf1")
    assert (caught.value.code, caught.value.file) == ("K001", __file__)
    assert command("machines", "inf1").returncode == 0


def test_a_script_that_launches_nothing_says_so(command, folder):
    (folder / "idle.py").write_text("print('hello')\n")
    done = command("run", "idle.py")
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert done.stderr == "note: idle.py launched no kernel.\n"
    assert command("run", "--quiet", "idle.py").stderr == ""
    done = command("run", "kernels.py")
    assert done.returncode == 0
    assert "It defines partitions, columns, mixed" in done.stderr
    assert done.stderr.endswith("trainyard run kernels.py::partitions --arg …\n")


def test_a_child_that_launches_counts(command, folder):
    (folder / "parent.py").write_text(
        "import subprocess, sys\n"
        "code = 'import kernels; kernels.partitions(4)'\n"
        "sys.exit(subprocess.run([sys.executable, '-c', code]).returncode)\n"
    )
    done = command("run", "--dump", "p.program", "parent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "partitions on trn2" in done.stdout


@pytest.mark.parametrize("option", ["--trace", "--dump", "--record"])
def test_there_is_no_file_without_a_kernel(command, folder, option):
    (folder / "idle.py").touch()
    done = command("run", "--quiet", option, "out", "idle.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error E001 bad-option: {option} out: no kernel was launched")
    assert not (folder / "out").exists()


def test_a_kernel_that_raises(command, line_of):
    done = command("run", "kernels.py::raises", "--arg", "key=unknown")
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].startswith('  File "kernels.py", line ') and lines[1].endswith(" in raises")
    assert lines[-1] == "KeyError: 'unknown'"
    assert "trainyard" not in done.stderr
    assert "cli/run.py" in command("run", "--debug", "kernels.py::raises", "--arg", "key=a").stderr


@pytest.mark.parametrize(
    ("wrong", "right"), [("nisa.tensor_cpoy", "tensor_copy"), ("nl.gleu", "gelu")]
)
def test_a_misspelt_name_of_nki(command, folder, wrong, right):
    (folder / "wrong.py").write_text(
        f"import nki\nimport nki.isa as nisa\nimport nki.language as nl\n{wrong}\n"
    )
    done = command("run", "wrong.py")
    assert done.returncode == 1
    assert 'File "wrong.py", line 4' in done.stderr
    assert done.stderr.endswith(f"Did you mean: {right!r}?\n")
