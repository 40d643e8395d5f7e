"""Bad input through the front doors: the command as it is typed, and trainyard.run."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from trainyard import nki

ROOT = Path(__file__).resolve().parents[2]
KERNELS = Path(__file__).parent / "kernels.py"


@pytest.fixture
def folder(tmp_path):
    """A folder of the user's, with kernels.py."""
    shutil.copy(KERNELS, tmp_path)
    return tmp_path


@pytest.fixture
def command(folder):
    """command("run", "x.py"): the words as typed in the folder; .returncode, .stdout, .stderr."""
    if not (ROOT / "build/release/bin/trainyard").exists():
        pytest.skip("the trainyard program is not built")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRAINYARD_")}
    environment["TMPDIR"] = str(folder)

    def run(*words, **options):
        return subprocess.run(
            [ROOT / "bin/trainyard", *map(str, words)],
            cwd=folder,
            env={**environment, **options.pop("env", {})},
            **{"capture_output": True, "text": True, "timeout": 300, **options},
        )

    return run


@pytest.fixture(scope="session")
def kernels():
    """The module kernels.py, in which `import nki` is ours."""
    spec = importlib.util.spec_from_file_location("kernels", KERNELS)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("", ".isa", ".language"):
            patch.setitem(sys.modules, f"nki{name}", importlib.import_module(nki.__name__ + name))
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def line_of():
    """line_of("psum"): the line of that kernel that is marked `# refused`, or otherwise."""
    lines = KERNELS.read_text().splitlines()

    def find(kernel, mark="refused"):
        begin = next(i for i, line in enumerate(lines) if line.startswith(f"def {kernel}("))
        return next(i for i in range(begin, len(lines)) if lines[i].endswith(f"# {mark}")) + 1

    return find
