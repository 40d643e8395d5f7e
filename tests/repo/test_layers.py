"""Who may include whom: LAYERS is the law, for includes, for linking and for Python imports."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest


@pytest.fixture
def layers(root) -> dict[str, set[str]]:
    lines = [line for line in (root / "LAYERS").read_text().splitlines() if line[:1] not in "#"]
    return {name: set(below.split()) for name, _, below in (line.partition(":") for line in lines)}


def includes(root: Path) -> dict[str, list[str]]:
    """Each C++ file -> the files of ours that it includes."""
    files = [
        path
        for folder in ("trainyard", "python/bind")
        for path in (root / folder).rglob("*")
        if path.suffix in {".cc", ".h", ".inc"}
    ]
    wanted = re.compile(r'^\s*#\s*include\s+"((?:trainyard|python)/[^"]+)"', re.MULTILINE)
    return {str(path.relative_to(root)): wanted.findall(path.read_text()) for path in files}


def layer_of(path: str) -> str:
    return Path(path).parts[1]  # trainyard/<layer>/…, python/bind/…


def cycle_in(graph: dict) -> list | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def test_layers_are_a_ladder(layers):
    assert set().union(*layers.values()) <= set(layers), "LAYERS names an unknown layer"
    assert cycle_in(layers) is None


def test_every_folder_is_a_layer(root, layers):
    folders = {path.parent.name for path in (root / "trainyard").glob("*/*.cc")}
    assert folders <= set(layers), "a folder of trainyard/ is missing in LAYERS"


def test_no_include_goes_upward(root, layers):
    upward = [
        f"{file} includes {header}"
        for file, headers in includes(root).items()
        for header in headers
        if layer_of(header) not in layers[layer_of(file)] | {layer_of(file)}
    ]
    assert not upward, "LAYERS forbids: " + "; ".join(upward)


def test_no_include_cycle(root):
    assert cycle_in(includes(root)) is None


def test_libraries_link_what_layers_allow(root, layers):
    text = (root / "trainyard" / "CMakeLists.txt").read_text()
    for name, linked in re.findall(r"trainyard_layer\((\w+)\s*([^)]*)\)", text):
        below = {word.removeprefix("trainyard_") for word in linked.split() if "::" not in word}
        assert below <= layers[name], f"trainyard_{name} links above itself"


def python_imports(root: Path) -> dict[str, set[str]]:
    """Each Python module -> the modules of ours that it imports when it is imported."""
    package = root / "python"
    modules = {}
    for path in (package / "trainyard").rglob("*.py"):
        name = ".".join(path.relative_to(package).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path
    graph = {}
    for name, path in modules.items():
        found = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    up = node.level - (path.name == "__init__.py")
                    parts = name.split(".")[: len(name.split(".")) - up]
                    base = ".".join([*parts, *filter(None, [node.module])])
                # `from package import submodule` needs the submodule, not the package's own names
                inner = {f"{base}.{alias.name}" for alias in node.names} & set(modules)
                found |= inner or {base}
        graph[name] = found & set(modules) - {name}
    return graph


def test_no_python_import_cycle(root):
    assert cycle_in(python_imports(root)) is None
