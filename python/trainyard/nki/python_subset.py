"""Python that compilers of NKI refuse although Python itself runs it: from NKI 0.3 to 0.6 they
parse kernels, and take a part of the language. Found in the source of each function that a kernel
calls; where there is no source, nothing is refused."""

import ast
import builtins
import linecache
import os
from enum import Enum
from functools import cache
from types import ModuleType

from trainyard import _core
from trainyard.nki.language.program import NKIObject
from trainyard.nki.versions import name_of, parses

_OLDER = "trainyard.nki_older"
_DATA = (bool, int, float, str, tuple, list, dict, set, frozenset, type(None))


def check(frame, version):
    """Refuses what `version` does not take of the function that this frame runs (E125)."""
    code, scope = frame.f_code, frame.f_globals
    if code.co_name[0] == "<" or not _is_nki(code.co_filename, scope):
        return
    node = _functions_in(code.co_filename).get((code.co_name, code.co_firstlineno))
    if node is None:
        return
    reader = _Reader(code.co_filename, scope, version)
    reader.in_kernel = any("jit" in ast.unparse(d) for d in node.decorator_list)
    reader.read(node)


def check_arguments(function, bound, whose):
    """Refuses arguments of a kernel that the compiler cannot take (E125), where it is defined."""
    code = getattr(function, "__code__", None)
    place = (code.co_filename, code.co_firstlineno) if code else None
    for name, value in bound.arguments.items():
        kind = type(value)
        if kind is list:
            text, fix = f"the argument {name} is a list", "Pass a tuple."
        elif _is_plain_class(kind) and not _is_known(kind):
            text = f"the argument {name} is a {kind.__name__}, which is no NKIObject"
            fix = f"Derive {kind.__name__} from nl.NKIObject."
        else:
            continue
        allowed = "numbers, strings, tuples, tensors and NKIObjects"
        _core.refuse_unless_relaxed("E125", text, kind.__name__, allowed, whose, fix, place)


def _is_known(kind):
    """Whether a class is of a package that kernels use but do not define."""
    root = kind.__module__.partition(".")[0]
    return root in ("numpy", "torch", "ml_dtypes", "dataclasses", "trainyard", "nanobind")


def _is_plain_class(kind):
    """Whether the class is neither data nor one that the compiler brings in."""
    known = (*_DATA, NKIObject, Enum, BaseException)
    return kind.__module__ != builtins.__name__ and not issubclass(kind, known)


class _Reader(ast.NodeVisitor):
    """Reads one function, and says what is not in the subset."""

    def __init__(self, file, scope, version):
        self.file = file
        self.scope = scope
        self.version = version
        self.in_kernel = False

    @property
    def whose(self):
        return f"the compiler of NKI {name_of(self.version)}"

    def read(self, node):
        """All of the function; what stands in its decorators and defaults is plain Python."""
        strict = self.version >= 3 and parses(self.version)
        if strict and self.in_kernel and node.args.kwonlyargs:
            first = node.args.kwonlyargs[0]
            fix = "Leave out the *: parameters with defaults come last."
            self.refuse(first, f"the keyword-only parameter {first.arg}", "plain parameters", fix)
        self.strict = strict
        for statement in node.body:
            self.visit(statement)

    def refuse(self, node, text, allowed, fix):
        """E125 at the node's line."""
        place = (self.file, node.lineno)
        found = ast.unparse(node).partition("\n")[0][:60]
        _core.refuse_unless_relaxed("E125", text, found, allowed, self.whose, fix, place)

    def visit_Compare(self, node):
        """`is`. Beside None it is a remark: kernels that AWS compiles have it."""
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if not (self.strict and isinstance(operator, ast.Is | ast.IsNot)):
                continue
            if isinstance(right, ast.Constant) and right.value is None:
                text = f"`is` is documented as unsupported in NKI {name_of(self.version)}: use =="
                _core.current_trace().note(text, (self.file, node.lineno))
                continue
            word, other = ("is", "==") if isinstance(operator, ast.Is) else ("is not", "!=")
            fix = f"Write {other} instead of {word}."
            self.refuse(node, f"the operator `{word}`", "== and !=", fix)
        self.generic_visit(node)

    def visit_Dict(self, node):
        """Keys of dictionaries are strings."""
        for key in node.keys if self.strict else ():
            if isinstance(key, ast.Constant) and not isinstance(key.value, str):
                fix = "Use strings as keys, or a tuple of pairs."
                self.refuse(node, f"a dictionary with the key {key.value!r}", "string keys", fix)
        self.generic_visit(node)

    def visit_Call(self, node):
        """Objects are of classes that derive from NKIObject."""
        value = self.value_of(node.func)
        if parses(self.version) and isinstance(value, type) and _is_plain_class(value):
            name = value.__name__
            if not _is_known(value):
                fix = f"Derive {name} from nl.NKIObject."
                self.refuse(node, f"an object of class {name}", "NKIObjects and enums", fix)
        self.generic_visit(node)

    def visit_Name(self, node):
        """The older namespace, inside kernels an error since NKI 0.4."""
        value = self.scope.get(node.id)
        module = value.__name__ if isinstance(value, ModuleType) else ""
        if self.version >= 4 and module.startswith(_OLDER):
            fix = "Import nki, and its language and isa."
            self.refuse(node, f"{node.id} is of neuronxcc.nki", "names of nki", fix)

    def value_of(self, node):
        """The object that a name, or an attribute of a module, stands for; None if not known."""
        if isinstance(node, ast.Name):
            return self.scope.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.value_of(node.value)
            return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
        return None


def _is_nki(file, scope):
    """Whether a file holds code for kernels: of a package that pip installed only if it uses nki,
    so that NumPy and others are left alone."""
    if "-packages" + os.sep not in file:
        return True
    modules = (v.__name__ for v in scope.values() if isinstance(v, ModuleType))
    return any(name.startswith("trainyard.nki") for name in modules)


@cache
def _functions_in(file):
    """(name, first line, decorators included) -> the function's node."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name, first] = node
    return found
