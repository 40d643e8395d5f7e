"""What is made from the descriptions of the instructions is up to date: `make reference`."""

import ast
import importlib.util

import pytest


@pytest.fixture
def reference(root):
    spec = importlib.util.spec_from_file_location(
        "make_reference", root / "scripts" / "make_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.PROGRAM.exists():
        pytest.skip("the trainyard program is not built")
    return module


def test_reference_is_up_to_date(reference, root):
    stale = [
        str(path.relative_to(root))
        for path, text in reference.files().items()
        if not path.exists() or path.read_text() != text
    ]
    assert not stale, f"run make reference: {', '.join(stale)}"


def test_stub_offers_what_the_module_offers(reference):
    from trainyard.nki import isa
    from trainyard.nki.absence import is_absent

    tree = ast.parse(reference.stub())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names |= {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    names |= {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    absent = {name for name in isa.__all__ if is_absent(getattr(isa, name))}
    assert set(isa.__all__) - absent <= names
    assert not absent & names


def test_stub_has_the_parameters_of_the_functions(reference):
    import inspect

    from trainyard.nki import isa

    for node in ast.parse(reference.stub()).body:
        if isinstance(node, ast.FunctionDef):
            parameters = [argument.arg for argument in node.args.args]
            assert parameters == list(inspect.signature(getattr(isa, node.name)).parameters)
