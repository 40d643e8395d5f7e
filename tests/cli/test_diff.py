"""trainyard diff: the first instruction that differs, the elements that do, and the status."""

import json

import ml_dtypes
import numpy as np
import pytest

KERNEL = ("kernels.py::softplus", "--arg", "x=f32[128,1024]:randn", "--quiet")


@pytest.fixture
def record(trainyard):
    def record(name, *options):
        done = trainyard("run", *KERNEL, "--record", name, *options)
        assert done.status == 0, done.err
        return name

    return record


def test_a_run_equals_itself(trainyard, record):
    done = trainyard("diff", record("a.npz"), record("b.npz", "--threads", "1", "--eager"))
    assert (done.status, done.err) == (0, "")
    assert "8 instructions wrote the same values" in done.out
    assert "output 0: equal" in done.out


def test_the_first_instruction_that_differs_is_named(trainyard, record, folder):
    source = (folder / "kernels.py").read_text()
    a, b = record("a.npz"), record("b.npz", "--arg", "shift=0.001")
    done = trainyard("diff", a, b)
    assert done.status == 1
    line = 1 + source[: source.index("nisa.tensor_scalar")].count("\n")
    assert f"first difference: instruction 1, tensor_scalar at kernels.py:{line}" in done.out
    assert "float32[128, 512]" in done.out
    assert "65,536 of 65,536 elements differ" in done.out
    assert "[0, 0]  A" in done.out
    assert "ulp" in done.out
    data = json.loads(trainyard("diff", a, b, "--json").out)
    step = data["kernels"][0]["step"]
    assert (data["equal"], step["instruction"], step["name"]) == (False, 1, "tensor_scalar")
    with np.load(folder / a) as x, np.load(folder / b) as y:
        first = data["kernels"][0]["outputs"][0]["elements"][0]
        assert first["a"] == x["softplus"][tuple(first["index"])]
        assert first["b"] == y["softplus"][tuple(first["index"])]


def test_tolerances(trainyard, record):
    a, b = record("a.npz"), record("b.npz", "--arg", "shift=0.001")
    assert trainyard("diff", a, b, "--atol", "1").status == 0
    assert trainyard("diff", a, b, "--atol", "1e-4").status == 1
    assert trainyard("diff", a, b, "--ulp", 2**31).status == 0


def test_against_saved_outputs(trainyard, record, folder):
    a = record("a.npz")
    values = np.load(folder / a)["softplus"].copy()
    np.savez(folder / "same.npz", anything=values)
    assert trainyard("diff", a, "same.npz").status == 0
    values[3, 7] = np.nextafter(values[3, 7], np.float32(np.inf))
    np.save(folder / "device.npy", values)
    done = trainyard("diff", a, "device.npy")
    assert done.status == 1
    assert "1 of 131,072 elements differ" in done.out
    assert "[3, 7]" in done.out
    assert "1 ulp" in done.out
    assert trainyard("diff", a, "device.npy", "--ulp", "1").status == 0
    np.save(folder / "device.npy", values[:64])
    assert "different shapes" in trainyard("diff", a, "device.npy").out
    values[0, 0] = np.nan
    np.save(folder / "device.npy", values)
    assert trainyard("diff", a, "device.npy", "--atol", "1e9").status == 1
    assert trainyard("diff", "device.npy", "device.npy").status == 0


def test_number_formats_that_numpy_has_not(trainyard, folder):
    words = ("kernels.py::softplus", "--arg", "x=bf16[128,512]:randn", "--quiet")
    assert trainyard("run", *words, "--record", "a.npz").status == 0
    values = np.load(folder / "a.npz")["softplus"].view(ml_dtypes.bfloat16).copy()
    np.save(folder / "device.npy", values)
    assert trainyard("diff", "a.npz", "device.npy").status == 0
    bits = values.view(np.uint16)
    bits[0, 1] += 2
    np.save(folder / "device.npy", values)
    done = trainyard("diff", "a.npz", "device.npy")
    assert done.status == 1
    assert "bfloat16[128, 512]" in done.out
    assert "2 ulp" in done.out


def test_programs_that_part(trainyard, record, folder):
    a = record("a.npz")
    path = folder / "kernels.py"
    old = "nisa.activation(result, nl.exp, moved)"
    path.write_text(path.read_text().replace(old, "nisa.tensor_copy(result, moved)"))
    done = trainyard("diff", a, record("b.npz"))
    assert done.status == 1
    assert "the programs part at instruction 2: A has activation" in done.out
    assert "output 0: float32[128, 1024]" in done.out


def test_two_machines(trainyard):
    words = ("kernels.py::softplus", "--arg", "x=f32[128,512]:randn", "--machine", "trn2")
    done = trainyard("diff", *words, "--machine", "trn3")
    assert done.status == 0, done.out + done.err
    assert "A: kernels.py::softplus on trn2" in done.out
    assert trainyard("diff", *words).status == 2


def test_two_cores(trainyard, record):
    a, b = record("a.npz", "--lnc", "2"), record("b.npz", "--lnc", "2")
    assert "16 instructions wrote the same values" in trainyard("diff", a, b).out
    done = trainyard("diff", a, record("c.npz"))
    assert done.status == 0
    assert "A ran on 2 physical cores, B on 1" in done.out


@pytest.mark.parametrize(
    "words, part",
    [
        (("a.npz",), "two files"),
        (("missing.npz", "a.npz"), "E006"),
        (("kernels.py", "a.npz"), "neither a record nor arrays"),
        (("a.npz", "a.npz", "--rtoll", "1"), "did you mean --rtol?"),
        (("a.npz", "a.npz", "--rtol", "much"), "E001"),
        (("kernels.py::softpls", "--machine", "trn2", "--machine", "trn3"), "softplus"),
        (("kernels.py::softplus", "--machine", "trn2", "--machine", "trn33", *KERNEL[1:3]), "E002"),
    ],
    ids=str,
)
def test_refusals(trainyard, record, words, part):
    record("a.npz")
    done = trainyard("diff", *words)
    assert done.status == 2
    assert done.out == ""
    assert part in done.err, done.err
