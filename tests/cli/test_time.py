"""trainyard run --trace, --dump; trainyard time and dump: a program times again from its text."""

import json

import pytest

KERNEL = ("kernels.py::softplus", "--arg", "x=f32[128,2048]:randn")


@pytest.fixture
def program(trainyard, folder):
    """The text of a program, as run writes it."""
    done = trainyard("run", *KERNEL, "--quiet", "--dump", "softplus.program")
    assert done.status == 0, done.err
    return folder / "softplus.program"


def time_in(text):
    return next(line for line in text.splitlines() if line.startswith("  time"))


def test_text_times_as_the_run_did(trainyard, program):
    run = trainyard("run", *KERNEL)
    again = trainyard("time", program.name)
    assert again.status == 0, again.err
    assert time_in(again.out) == time_in(run.out)
    assert "uncalibrated" in time_in(again.out)


@pytest.mark.parametrize("options", [("--schedule", "program"), ("--place", "first-fit")])
def test_policies_reach_both(trainyard, program, options):
    run = trainyard("run", *KERNEL, *options)
    again = trainyard("time", program.name, *options)
    assert (run.status, again.status) == (0, 0), run.err + again.err
    assert time_in(again.out) == time_in(run.out)
    assert time_in(trainyard("time", program.name, "--place", "first-fit").out) != time_in(
        trainyard("time", program.name, "--place", "ring").out
    )


def test_other_machines(trainyard, program):
    def on(*options):
        return json.loads(trainyard("time", program.name, "--json", *options).out)

    for machine in ("trn1", "trn2", "trn3"):
        assert on("--machine", machine)["machine"] == machine
    slow = on("--machine", "trn2", "--set", "core.scalar.clock_ghz=0.1")
    assert slow["time"]["ps"] > on()["time"]["ps"]


def test_two_cores(trainyard, program):
    data = json.loads(trainyard("time", program.name, program.name, "--json").out)
    assert data["machine_line"].startswith("1 logical core = 2 ")
    assert {"core 0 scalar", "core 1 scalar"} <= {engine["name"] for engine in data["engines"]}


@pytest.mark.parametrize("by_run", [True, False])
def test_traces_open_in_perfetto(trainyard, program, folder, by_run):
    done = trainyard(
        *(("run", *KERNEL) if by_run else ("time", program.name)), "--trace", "softplus.trace.json"
    )
    assert done.status == 0, done.err
    events = json.loads((folder / "softplus.trace.json").read_text())["traceEvents"]
    slices = [event for event in events if event["ph"] == "X"]
    kernel, *instructions = sorted(slices, key=lambda event: event["tid"])
    assert kernel["name"] == "softplus"
    assert len(instructions) == 16
    assert {"dma_copy", "tensor_scalar", "activation"} == {event["name"] for event in instructions}
    ends = [event["ts"] + event["dur"] for event in instructions]
    assert 0 <= min(event["ts"] for event in instructions) <= max(ends) <= kernel["dur"]
    assert all("kernels.py:" in event["args"]["source"] for event in instructions)
    arrows = {event["id"] for event in events if event["ph"] == "s"}
    assert arrows == {event["id"] for event in events if event["ph"] == "f"}
    assert arrows


def test_a_script_has_all_its_kernels_in_one_trace(trainyard, folder):
    done = trainyard("run", "--trace", "t.json", "--dump", "p.program", "kernels.py")
    assert done.status == 0, done.err
    events = json.loads((folder / "t.json").read_text())["traceEvents"]
    kernels = [event for event in events if event["ph"] == "X" and event["tid"] == 1]
    assert [kernel["name"] for kernel in kernels] == ["softplus", "softplus"]
    assert kernels[1]["ts"] == pytest.approx(kernels[0]["dur"])
    assert (folder / "p.program").exists()
    assert (folder / "p.2.program").exists()


def test_dump_is_canonical_and_checks(trainyard, program):
    assert trainyard("dump", program.name).out == program.read_text()
    assert trainyard("dump", program.name, "--check").out == ""
    program.write_text(program.read_text().replace("activation", "activatoin", 1))
    for command in ("dump", "time"):
        done = trainyard(command, program.name)
        assert done.status == 2
        assert "E301" in done.err
        assert "activation" in done.err
        assert done.out == ""


@pytest.mark.parametrize(
    "words, part",
    [
        (("time", "missing.program"), "E006"),
        (("time", "."), "E006"),
        (("time", "softplus.program", "--machine", "trn22"), "did you mean trn2"),
        (("time", "softplus.program", "--schedule", "lst"), "did you mean list?"),
        (("time", "softplus.program", "--place", "first_fit"), "did you mean first-fit?"),
        (("time", "softplus.program", "--set", "core.tensor.rows=1"), "--machine"),
        (("time", "softplus.program", "--trace", "no/such/folder.json"), "E006"),
        (("time",), "FILE is required"),
        (
            ("run", "kernels.py::softplus", "--arg", "x=f32[128,512]", "--trace", "no/t.json"),
            "E006",
        ),
        (("run", "kernels.py::softplus", "--arg", "x=f32[128,512]", "--dump", "no/t"), "E006"),
        (("run", "kernels.py::softplus", "--arg", "x=f32[128,512]", "--place", "r"), "E001"),
    ],
    ids=str,
)
def test_refusals(trainyard, program, folder, words, part):
    before = sorted(path.name for path in folder.iterdir())
    done = trainyard(*words)
    assert done.status == 2
    assert part in done.err
    after = sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")
    assert after == [name for name in before if name != "__pycache__"]
