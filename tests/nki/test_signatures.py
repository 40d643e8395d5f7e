"""Every documented function, name by name and default by default, against signatures.txt."""

import importlib
import inspect
import re
from enum import Enum
from pathlib import Path

import pytest
from inside import inside
from trainyard.nki import language as nl
from trainyard.nki.absence import is_absent

HERE = Path(__file__).parent
# The core's None is another way to say it; test_memory_that_nobody_names_is_sbuf shows that.
SAME = {("nki.language.ndarray", "buffer=None"): "buffer=sbuf"}


def documented():
    """Full name -> the text between the parentheses."""
    text = re.sub(r"^#.*\n", "", (HERE / "signatures.txt").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\n +", " ", text).splitlines()
    return {line.partition("(")[0]: line.partition("(")[2].removesuffix(")") for line in lines}


DOCUMENTED = documented()


def ours(name):
    """The function of that full name, or None: absent ones refuse to be called."""
    module, *attributes = name.removeprefix("nki.").split(".")
    if not attributes:
        found = getattr(importlib.import_module("trainyard.nki"), module, None)
    elif module == "NkiTensor":
        found = getattr(importlib.import_module("trainyard.nki").NkiTensor, attributes[0], None)
    else:
        found = getattr(importlib.import_module(f"trainyard.nki.{module}"), attributes[0], None)
    return None if is_absent(found) else found


def default_text(value):
    """A default as the documentation writes it."""
    if isinstance(value, Enum):
        return str(value)
    return getattr(value, "__name__", None) or repr(value)


def of_extension(function):
    """The parameters of a function that nanobind made, which `inspect` does not read."""
    text, _, defaults = function.__nb_signature__[0]
    inside = text[text.index("(") + 1 : text.rindex(")")]
    parts = [part.strip() for part in re.split(r",(?![^\[]*\])", inside)]
    for part in parts:
        name, _, default = part.partition(" = ")
        place = re.fullmatch(r"\\(\d+)", default)
        value = default_text(defaults[int(place[1])]) if place else default
        yield name.partition(":")[0], value


def of_python(function):
    for parameter in inspect.signature(function).parameters.values():
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        name = stars.get(parameter.kind, "") + parameter.name
        given = parameter.default is not parameter.empty
        yield name, default_text(parameter.default) if given else ""


def signature(name, function):
    """The parameters as text, without annotations."""
    of = of_extension if hasattr(function, "__nb_signature__") else of_python
    parts = [f"{part}={default}" if default else part for part, default in of(function)]
    return ", ".join(SAME.get((name, part), part) for part in parts)


def test_the_table_has_all_of_the_documentation():
    counts = {}
    for name in DOCUMENTED:
        counts[name.rpartition(".")[0]] = counts.get(name.rpartition(".")[0], 0) + 1
    assert counts == {
        "nki": 2,
        "nki.isa": 52,
        "nki.language": 103,
        "nki.collectives": 11,
        "nki.NkiTensor": 19,
    }


@pytest.mark.parametrize("name", DOCUMENTED)
def test_function_is_as_documented(name):
    function = ours(name)
    assert function is not None, f"{name} is not there"
    assert signature(name, function) == DOCUMENTED[name]


def test_memory_that_nobody_names_is_sbuf():
    assert inside(lambda: nl.ndarray((2, 2), nl.int8).buffer) is nl.sbuf
