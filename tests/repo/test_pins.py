"""Every Python package has one exact version, and PyTorch stays optional."""

import re
import sys
import tomllib
from importlib.metadata import distributions

import pytest

FILES = ["requirements.txt", "requirements-torch.txt", "constraints.txt"]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def pins(root) -> dict[str, str]:
    lines = [line for file in FILES for line in (root / file).read_text().splitlines()]
    lines = [line for line in lines if line and line[0] not in "#-"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", line) for line in lines), lines
    pins = [line.split("==") for line in lines]
    assert len({canonical(name) for name, _ in pins}) == len(pins), "pinned twice"
    return {canonical(name): version for name, version in pins}


def test_environment_holds_what_is_pinned(root, pins):
    if not sys.prefix.startswith(str(root)):
        pytest.skip("not run by the repository's own .venv")
    tools = {"pip", "setuptools", "wheel", "trainyard"}
    installed = {canonical(d.name): d.version for d in distributions()}
    loose = {name: v for name, v in installed.items() if name not in tools and pins.get(name) != v}
    assert not loose, "installed, but not at a pinned version"


def test_build_and_package_agree(root, pins):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    build = dict(line.split("==") for line in project["build-system"]["requires"])
    for package in ("nanobind", "numpy"):
        assert build[package] == pins[package]
    torch = project["project"]["optional-dependencies"]["torch"]
    assert torch == ["torch==" + pins["torch"].removesuffix("+cpu")]
    assert not any("torch" in line for line in project["project"]["dependencies"])
