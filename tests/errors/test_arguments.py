"""--arg: every part of it wrong once, and kernel arguments that do not fit."""

import numpy as np
import pytest
from trainyard.cli.arguments import parse, parse_all

import trainyard

SLIPS = [
    ("x", "E001", "Write name=value"),
    ("=3", "E001", "Write name=value"),
    ("2x=3", "E001", "Write name=value"),
    ("x y=3", "E001", "Write name=value"),
    ("x=", "E001", "'' is no array, no file and no Python literal"),
    ("x=bf16[", "E001", "'bf16[' is no array"),
    ("x=bf16[4", "E001", "'bf16[4' is no array"),
    ("x=bf16(4,4)", "E001", "'bf16(4,4)' is no array"),
    ("x=[1, 2", "E001", "quote a text"),
    ("x=bf61[4,4]", "E001", "did you mean bf16?"),
    ("x=BF16[4,4]", "E001", "did you mean bf16?"),
    ("x=banana[4,4]", "E001", "Types: bool_, int8"),
    ("x=i64[4,4]", "E001", "Write i32."),
    ("x=uint64[4,4]", "E001", "Write uint32."),
    ("x=f64[4,4]", "E123", "Write f32"),
    ("x=float64[4,4]", "E123", "Write f32"),
    ("x=bf16[0,4]", "E001", "'0' is no size"),
    ("x=bf16[-1,4]", "E001", "'-1' is no size"),
    ("x=bf16[4.0,4]", "E001", "'4.0' is no size"),
    ("x=bf16[4,n]", "E001", "'n' is no size"),
    ("x=bf16[4,,4]", "E001", "'' is no size"),
    ("x=bf16[1000000000,1000000000]", "E001", "no room for [1000000000, 1000000000]"),
    ("x=bf16[4,4]:", "E001", "is no array"),
    ("x=bf16[4,4]:radn", "E001", "did you mean randn?"),
    ("x=bf16[4,4]:banana", "E001", "Generators: randn, rand"),
    ("x=bf16[4]:eye", "E001", "eye needs two dimensions"),
    ("x=u8[4,4]:randn", "E001", "randn gives fractions, and u8 holds whole numbers"),
    ("x=none.npy", "E006", "cannot read none.npy: No such file or directory"),
    ("x=bf16[4,4]:none.npy", "E006", "cannot read none.npy"),
    ("x=text.npy", "E006", "text.npy: it is no array that numpy.save wrote"),
    ("x=empty.npy", "E006", "empty.npy: it is no array that numpy.save wrote"),
    ("x=objects.npy", "E006", "objects.npy: it is no array that numpy.save wrote"),
    ("x=many.npz", "E006", "many.npz: it holds several arrays"),
    ("x=bf16[4,5]:array.npy", "E001", "array.npy holds (4, 4)"),
]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that SLIPS name, in the current folder."""
    monkeypatch.chdir(tmp_path)
    np.save("array.npy", np.ones((4, 4), np.float32))
    np.save("objects.npy", np.array([{}], object))
    np.savez("many.npz", a=np.ones(3), b=np.ones(3))
    (tmp_path / "text.npy").write_text("1 2 3\n")
    (tmp_path / "empty.npy").touch()


@pytest.mark.parametrize(("text", "code", "says"), SLIPS, ids=[slip[0] for slip in SLIPS])
def test_every_part_is_checked(files, text, code, says):
    with pytest.raises(trainyard.Error) as caught:
        parse(text)
    assert caught.value.code == code
    assert f"--arg {text}" in caught.value.message and says in str(caught.value)


def test_what_stands_beside_each_slip_is_taken(files):
    values = parse_all(
        ["a=bf16[4,4]", "b=array.npy", "c=i32[]", "d=u8[4]", "e=bf16[2,8]:array.npy", "f=fast",
         "g='a b'", "h=[1, 2]", "i=-1.5", "j=None", "k=i8[2,3]:eye"]
    )  # fmt: skip
    assert values["a"].shape == (4, 4) and values["e"].shape == (2, 8) and values["c"].shape == ()
    assert list(values["d"]) == [0, 1, 2, 3] and values["b"].dtype == np.float32
    assert [values[name] for name in "fghij"] == ["fast", "a b", [1, 2], -1.5, None]
    assert values["k"].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_name_given_twice():
    with pytest.raises(trainyard.Error, match="x is given twice") as caught:
        parse_all(["x=3", "x=4"])
    assert caught.value.code == "E001"


def test_arguments_that_the_kernel_does_not_have(command):
    done = command("run", "kernels.py::takes", "--arg", "y=3")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error E007 kernel-argument: takes has no parameter y",
        "  fix: Call it as takes(x).",
    ]
    done = command("run", "kernels.py::parameter", "--arg", "nmae=src")
    assert (done.returncode, "did you mean name?" in done.stderr) == (2, True)
    done = command("run", "kernels.py::takes")
    assert (done.returncode, "missing a required argument: 'x'" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("array", "code", "fix"),
    [
        (np.ones((4, 4)), "E123", "Pass array.astype(numpy.float32)."),
        (np.ones((4, 4), np.int64), "E105", "Pass x as int32."),
        (np.ones((4, 4), np.complex64), "E105", "number formats"),
        (np.ones((0, 4), np.float32), "E007", "signature"),
    ],
    ids=["float64", "int64", "complex64", "empty"],
)
def test_arrays_that_the_chip_cannot_hold(command, folder, kernels, array, code, fix):
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernels.takes, array)
    error = caught.value
    assert (error.code, error.file, fix in error.advice) == (code, __file__, True)
    assert "argument x" in error.message and error.found and error.allowed
    np.save(folder / "x.npy", array)
    done = command("run", "kernels.py::takes", "--arg", "x=x.npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error {code} ") and fix in done.stderr
    assert len(done.stderr.splitlines()) == 3  # what, found against allowed, fix: one message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": -1}, "seed=-1"),
        ({"seed": 1 << 64}, "0 to 2**64 - 1"),
        ({"threads": 0}, "threads=0"),
        ({"timeout": 0}, "timeout=0"),
        ({"timeout": float("nan")}, "seconds above 0"),
        ({"debug": "eagr"}, "'eager' or None"),
        ({"schedule": "lst"}, "did you mean list?"),
        ({"place": "rnig"}, "did you mean ring?"),
        ({"machin": "trn2"}, "did you mean machine?"),
    ],
    ids=str,
)
def test_options_of_trainyard_run(kernels, options, says):
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernels.takes, np.ones((4, 4), np.float32), **options)
    assert (caught.value.code, caught.value.file) == ("E001", __file__)
    assert says in str(caught.value)


@pytest.mark.parametrize("lnc", [0, 3])
def test_cores_that_a_logical_core_does_not_have(kernels, lnc):
    for cores in (1, 2):
        trainyard.run(kernels.takes, np.ones((4, 4), np.float32), lnc=cores)
    with pytest.raises(trainyard.Error) as caught:
        trainyard.run(kernels.takes, np.ones((4, 4), np.float32), lnc=lnc)
    assert (caught.value.code, caught.value.found) == ("E007", str(lnc))
    assert caught.value.allowed == "1 or 2"
