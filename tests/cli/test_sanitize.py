"""trainyard run --sanitize and --break: what is printed, the JSON, the status."""

import json

RUN = ("run", "kernels.py::softplus", "--arg", "x=f32[128,1024]:randn")
INFINITE = ("--arg", "shift=1e3")  # exp overflows


def test_a_clean_kernel_gives_0(trainyard):
    done = trainyard(*RUN, "--sanitize")
    assert (done.status, done.err) == (0, "")
    assert "sanitiser: no findings\n" in done.out


def test_findings_give_1(trainyard, folder):
    source = (folder / "kernels.py").read_text()
    made = 1 + source[: source.index("nisa.activation")].count("\n")
    hurts = 1 + source[: source.index("nisa.dma_copy(out")].count("\n")
    done = trainyard(*RUN, *INFINITE, "--sanitize", "--json", "out.json")
    assert (done.status, done.err) == (1, "")
    assert "sanitiser: 1 finding\n  infinity: activation: 65536 of 65536 elements" in done.out
    assert f"made at kernels.py:{made}: activation\n" in done.out
    assert f"hurts at kernels.py:{hurts}: dma_copy takes it to HBM\n    2 times\n" in done.out
    ((finding,),) = (
        launch["sanitizer"] for launch in json.loads((folder / "out.json").read_text())["launches"]
    )
    assert (finding["kind"], finding["count"]) == ("infinity", 2)
    assert (finding["made"]["line"], finding["hurts"]["line"]) == (made, hurts)


def test_without_it_nothing_is_said(trainyard, folder):
    done = trainyard(*RUN, *INFINITE, "--json", "out.json")
    assert done.status == 0 and "sanitiser" not in done.out
    assert "sanitizer" not in json.loads((folder / "out.json").read_text())["launches"][0]


def test_scripts_and_their_children_are_looked_at(trainyard, folder):
    script = folder / "script.py"
    script.write_text(
        "import numpy as np\nimport kernels\n"
        "kernels.softplus(np.full((128, 512), 1e3, np.float32))\n"
    )
    assert trainyard("run", "--sanitize", "script.py").status == 1
    (folder / "parent.py").write_text(
        "import subprocess, sys\nsubprocess.run([sys.executable, 'script.py'], check=True)\n"
    )
    assert trainyard("run", "--sanitize", "--quiet", "parent.py").status == 1


def test_break_gives_1_and_the_operands(trainyard):
    done = trainyard(*RUN, "--break", "instr:1")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("stopped E009 break: behind instruction 1 of softplus")
    assert "- data, read: float32[128, 512] in sbuf, partitions 0 to 127, bytes " in done.err


def test_a_place_that_is_not_reached(trainyard):
    done = trainyard(*RUN, "--break", "nan", "--quiet")
    assert (done.status, done.err) == (0, "note: --break nan was not reached\n")


def test_no_place_and_no_values(trainyard):
    done = trainyard(*RUN, "--break", "nam")
    assert done.status == 2 and "error E001" in done.err and "sbuf:ADDRESS" in done.err
    done = trainyard(*RUN, "--break", "nan", "--time-only")
    assert done.status == 2 and "Leave out --time-only." in done.err
