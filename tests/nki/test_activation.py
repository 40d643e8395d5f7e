"""`import nki` in children of `trainyard run`, in code that activates it, and nowhere else."""

import json
import os
import subprocess
import sys
import textwrap

from script import KERNEL


def test_children_have_nki_too(trainyard, tmp_path):
    (tmp_path / "child.py").write_text(KERNEL + "print((double(x) == 2 * x).all(), flush=True)\n")
    done = trainyard(
        "--json", "out.json", "script.py",
        lines="""
        import subprocess, sys
        import multiprocessing

        if __name__ == "__main__":
            subprocess.run([sys.executable, "child.py"], check=True)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.apply(double, (x,)).sum() == 2 * x.sum())
        """,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("True\n") == 2
    assert done.stdout.count("double on trn2") == 2
    launches = json.loads((tmp_path / "out.json").read_text())["launches"]
    assert [launch["count"] for launch in launches] == [2]


def test_a_sitecustomize_of_the_users_own_still_runs(trainyard, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import os; os.environ['SITE'] = 'ran'\n")
    done = trainyard(
        "script.py",
        lines="""
        import os, subprocess, sys
        code = "import os, nki; print(os.environ.get('SITE'))"
        del os.environ["SITE"]
        subprocess.run([sys.executable, "-c", code], check=True)
        """,
        env={"PYTHONPATH": str(tmp_path / "site")},
    )
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr


def python(code, **env):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
    )
    return done.returncode, done.stdout, done.stderr


def test_activation_from_code():
    status, out, errors = python(
        """
        import sys, trainyard
        assert "trainyard._core" not in sys.modules and "numpy" not in sys.modules
        trainyard.activate(); trainyard.activate()
        import nki, nki.language as nl, nki.isa.constants, nki.typing as nt
        from nki.isa import oob_mode
        assert nki is trainyard.nki and nl is sys.modules["trainyard.nki.language"]
        assert nki.isa.constants.oob_mode is oob_mode
        assert nki.__spec__.name == "trainyard.nki" and nl.__spec__.name == "trainyard.nki.language"
        import importlib.util
        assert importlib.util.find_spec("nki.no_such_module") is None
        try:
            import nki.no_such_module
        except ModuleNotFoundError as error:
            print(error.name)
        import neuronxcc.nki.typing
        assert neuronxcc.nki.typing is nt
        from neuronxcc import nki as older
        import neuronxcc.nki.language, neuronxcc.nki.isa.constants, neuronxcc.nki.compiler
        assert older is sys.modules["trainyard.nki_older"] and older.language is not nl
        try:
            import neuronxcc.nki.no_such_module
        except ModuleNotFoundError as error:
            print(error.name)
        """
    )
    assert (status, out) == (0, "nki.no_such_module\nneuronxcc.nki.no_such_module\n"), errors


def test_without_activation_there_is_no_nki():
    status, _, errors = python("import trainyard, trainyard.nki\nimport nki")
    assert status == 1 and "No module named 'nki'" in errors


def test_another_nki_that_is_loaded_already_is_not_replaced(tmp_path):
    (tmp_path / "nki.py").write_text("")
    code = "import nki, trainyard\ntrainyard.activate()"
    status, _, errors = python(code, PYTHONPATH=str(tmp_path))
    assert status == 1 and "another nki" in errors
    status, out, _ = python(
        "import trainyard; trainyard.activate(); import nki; print(nki.__name__)",
        PYTHONPATH=str(tmp_path),
    )
    assert (status, out) == (0, "trainyard.nki\n")
