"""bin/trainyard works from the build tree, wherever it is called from."""

import shutil
import subprocess
import sys

import pytest


def test_unbuilt_tree_says_what_to_do(root, tmp_path):
    for name in ("bin/trainyard", "python/trainyard/commands.list"):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(root / name, tmp_path / name)
    done = subprocess.run([tmp_path / "bin/trainyard", "run"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"trainyard is not built yet: run make demo first (in {tmp_path})"
    ]


@pytest.mark.parametrize("command", ["--help", "run --help"])
def test_works_through_a_link_from_any_folder(root, tmp_path, command):
    if not (root / "build/release/bin/trainyard").exists():
        pytest.skip("the trainyard program is not built")
    link = tmp_path / "linked"
    link.symlink_to(root / "bin/trainyard")
    done = subprocess.run([link, *command.split()], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "trainyard" in done.stdout


def test_module_imports_from_any_folder(root, tmp_path):
    code = "import trainyard._core as core; print(core.__doc__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
