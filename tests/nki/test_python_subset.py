"""Python that compilers of NKI refuse: one kernel for each construct, the versions that refuse it,
and the line that the message names."""

import inspect
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.nki.kernel import jit
from trainyard.nki_older import language as old_language

import trainyard


class Plain:
    """A class that does not derive from NKIObject."""

    size = 16


class Derived(nl.NKIObject):
    size: int = 16


class Kind(Enum):
    wide = 16


@dataclass
class Named(nl.NKIObject):
    size: int = 16


def tile(size=16):
    made = nl.ndarray((32, size), nl.float32, buffer=nl.sbuf)
    nisa.memset(made, 0.0)
    return made


@jit
def keyword_only(
    n,
    *,
    flag=True,  # refused
):
    tile(n)


@jit
def identity(n):
    flag = n == 16
    if flag is True:  # refused
        tile(n)


@jit
def no_identity(n):
    return tile(n) is not n  # refused


@jit
def plain_object(n):
    tile(Plain().size)  # refused


@jit
def number_keys(n):
    tile({16: n}[16])  # refused


def helper(n):
    return tile(n) is not n  # refused


@jit
def in_a_helper(n):
    helper(n)


@jit
def older_namespace(n):
    tile(old_language.tile_size.pmax if n < 0 else n)  # refused


@jit
def register_in_while(n):
    register = nisa.register_alloc(0)
    while register:  # refused
        tile(n)


@jit
def register_as_number(n):
    tile(int(nisa.register_alloc(n)))  # refused


@jit
def of_the_subset(n):
    sizes = [n, *(n for _ in range(2))]
    named = {"n": n}
    for size in sizes:
        tile(max(size, named["n"], Derived().size, Named(size).size, Kind.wide.value))
    if n == 16 and n != 17:
        tile(n)


PARSED = ("0.3", "0.4", "0.5", "0.6")
CONSTRUCTS = [
    (keyword_only, PARSED, "keyword-only parameter flag"),
    (identity, PARSED, "the operator `is`"),
    (no_identity, PARSED, "the operator `is not`"),
    (plain_object, ("0.2", *PARSED), "an object of class Plain"),
    (number_keys, PARSED, "a dictionary with the key 16"),
    (in_a_helper, PARSED, "the operator `is not`"),
    (older_namespace, ("0.4", "0.5", "0.6", "0.7"), "is of neuronxcc.nki"),
    (register_in_while, ("0.7",), "a register as if or while"),
    (register_as_number, ("0.7",), "a register as a number"),
]
EVERY = ("0.2", "0.3", "0.4", "0.5", "0.6", "0.7")


def refused_line(kernel):
    function = helper if kernel is in_a_helper else kernel.function
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if "# refused" in line)


@pytest.mark.parametrize(("kernel", "refusing", "says"), CONSTRUCTS)
def test_constructs(kernel, refusing, says):
    for nki in EVERY:
        if nki not in refusing:
            trainyard.run(kernel, 16, nki=nki)
            continue
        with pytest.raises(trainyard.Error) as caught:
            trainyard.run(kernel, 16, nki=nki)
        error = caught.value
        assert error.code == "E125" and says in error.message, (nki, str(error))
        assert (error.file, error.line) == (__file__, refused_line(kernel))
        assert f"NKI {nki}" in error.whose and error.found and error.allowed and error.advice


@pytest.mark.parametrize("kernel", [kernel for kernel, _, _ in CONSTRUCTS])
def test_without_a_version_python_is_python(kernel):
    found = trainyard.run(kernel, 16).findings
    assert bool(found) == (kernel is register_in_while)


@pytest.mark.parametrize(("kernel", "refusing", "says"), CONSTRUCTS)
def test_lenient_makes_them_notes(kernel, refusing, says):
    found = trainyard.run(kernel, 16, nki=refusing[0], lenient=["python-subset"]).findings
    ((text, file, line),) = found
    assert says in text and "(E125 python-subset, relaxed)" in text
    assert (file, line) == (__file__, refused_line(kernel))


@pytest.mark.parametrize("nki", EVERY)
def test_what_is_documented_is_taken(nki):
    assert trainyard.run(of_the_subset, 16, nki=nki).findings == []


def test_is_none_is_a_note():
    @jit
    def kernel(n, bias=None):
        if bias is None:
            tile(n)

    ((text, _, line),) = trainyard.run(kernel, 16, nki="0.3").findings
    assert "use ==" in text and line == kernel.function.__code__.co_firstlineno + 2
    assert trainyard.run(kernel, 16, nki="0.7").findings == []


def test_arguments_of_kernels():
    @jit
    def kernel(sizes):
        tile(16)

    for argument, says in (([1, 2], "is a list"), (Plain(), "no NKIObject")):
        for nki in PARSED:
            with pytest.raises(trainyard.Error, match=f"E125.*{says}") as caught:
                trainyard.run(kernel, argument, nki=nki)
            assert caught.value.line == kernel.function.__code__.co_firstlineno
        for nki in ("0.2", "0.7", None):
            trainyard.run(kernel, argument, nki=nki)
    array = np.zeros((4, 4), np.float32)
    for argument in ((1, 2), Derived(), Kind.wide, array, None, 1.5, "a", np.float32(1)):
        trainyard.run(kernel, argument, nki="0.3")


def test_the_parser_of_0_7(monkeypatch):
    monkeypatch.setenv("NKI_COMPILER_FRONTEND", "custom")
    trainyard.run(register_in_while, 16, nki="0.7")
    with pytest.raises(trainyard.Error, match="E125"):
        trainyard.run(identity, 16, nki="0.7")


def test_without_a_source_nothing_is_refused():
    scope = {"tile": tile}
    exec("def kernel(n):\n    return None if n is tile else None", scope)
    trainyard.run(scope["kernel"], 16, nki="0.3")


def test_a_profiler_of_the_users_is_left_as_it_was():
    import sys

    seen = []

    def profiler(*event):
        seen.append(event)

    sys.setprofile(profiler)
    try:
        trainyard.run(of_the_subset, 16, nki="0.3")
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
