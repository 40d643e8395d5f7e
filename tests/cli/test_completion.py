"""trainyard completion: what a shell offers, asked of the shell itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BASH = """
eval "$(trainyard completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _trainyard
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# compadd and _files work inside zsh's editor only.
ZSH = """
compdef() {{ }}
eval "$(trainyard completion zsh)"
compadd() {{ [[ $1 == -- ]] && shift; print -rl -- ${{(M)@:#$PREFIX*}} }}
_files() {{ print -rl -- $PREFIX*(N) }}
_describe() {{ print -rl -- ${{${{(P)2}}%%:*}} }}
words=({words}); CURRENT=$#words; PREFIX=${{words[-1]}}; _trainyard
"""
FISH = 'trainyard completion fish | source; complete -C "{words}"'


@pytest.fixture(params=["bash", "zsh", "fish"])
def offers(request, tmp_path):
    """offers("trainyard run --ma"): what the shell would put in place of the last word."""
    if not (ROOT / "build/release/bin/trainyard").exists():
        pytest.skip("the trainyard program is not built")
    shell = shutil.which(request.param)
    if shell is None:
        pytest.skip(f"no {request.param} here")
    template = {"bash": BASH, "zsh": ZSH, "fish": FISH}[request.param]
    path = f"{ROOT}/bin{os.pathsep}{os.environ['PATH']}"
    quiet = {"zsh": ["-f"], "fish": ["--no-config"]}.get(request.param, ["--norc"])

    def ask(words):
        done = subprocess.run(
            [shell, *quiet, "-c", template.format(words=words)],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        return {line.split("\t")[0] for line in done.stdout.splitlines()}

    return ask


@pytest.mark.parametrize("command", ["run", "diff", "conformance", "time", "explain"])
def test_options_of_every_kind_of_command(offers, command):
    assert offers(f"trainyard {command} --mach") == {"--machine"}
    assert "--json" in offers(f"trainyard {command} --j")


def test_machines_stand_where_a_machine_is_expected(offers):
    for words in ("run --machine trn2.", "time --machine trn2.", "machines trn2."):
        assert offers(f"trainyard {words}") == {"trn2.3xlarge", "trn2.48xlarge"}


def test_files_stand_elsewhere(offers, tmp_path):
    (tmp_path / "kernels.py").touch()
    assert offers("trainyard run ker") == {"kernels.py"}
    assert offers("trainyard completion z") == {"zsh"}
