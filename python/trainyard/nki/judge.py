"""The judge of a run for which a version of NKI was chosen: names and parameters that this version
does not have, and Python that its compiler does not take, are refused at the user's line."""

import inspect
import os
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import trainyard
from trainyard import _core
from trainyard.nki import older_spellings, python_subset
from trainyard.nki.versions import histories, name_of, parses, short

_PACKAGE = str(Path(trainyard.__file__).parent) + os.sep
_LIBRARY = str(Path(os.__file__).parent) + os.sep
_NO_HARDWARE = {f"nki.language.{name}" for name in ("divide", "fmod", "mod")}
_TOKENS = ("abs_max", "abs_min", "average", "bypass", "prelu")


class Judge:
    """Judges the calls of one launch."""

    def __init__(self, version, platform_target=None):
        self.version = version
        self.platform_target = platform_target
        self.seen = set()  # code objects of the user's that were looked at

    @property
    def whose(self):
        """ "NKI 0.4", for messages."""
        return f"NKI {name_of(self.version)}"

    def refuse(self, what, allowed, fix=""):
        """E124."""
        text = f"{what} does not exist in {self.whose}"
        _core.refuse_unless_relaxed("E124", text, self.whose, allowed, "--nki", fix)

    def name(self, full):
        """Refuses a name that this version does not have."""
        history = histories().get(full)
        if history and not history.exists(self.version):
            self.refuse(short(full), history.span())

    def method(self, name):
        """A method of NkiTensor, from the core."""
        self.name(f"nki.NkiTensor.{name}")

    def ndarray(self, dtype, _address):
        """nl.ndarray, from the core."""
        self.name(f"nki.language.{dtype}")

    def instruction(self, full, args, kwargs):
        """A call of nki.isa, from the core: None if it may go on as it is, else the call to make
        instead, because the parameters had another order."""
        self.name(full)
        tokens = _tokens()
        for value in (*args, *kwargs.values()):
            if id(value) in tokens:
                self.name(tokens[id(value)])
        history = histories().get(full)
        here = history.at(self.version) if history else None
        if here is None:
            return older_spellings.in_ours(full, args, kwargs) if self.version == 2 else None
        given = (*here.names[: len(args)], *kwargs)
        self.parameters(full, history, given)
        if len(args) > len(here.names):
            self.refuse(f"{short(full)} with {len(args)} arguments", f"{len(here.names)} arguments")
        for name in here.names:
            if name in here.required and name not in given:
                self.refuse(f"{short(full)} without {name}", f"{name} given")
        if self.version == 2:
            return older_spellings.in_ours(full, args, kwargs)
        named = dict(zip(here.names, args, strict=False)) | kwargs
        return _core.instructions[full.rpartition(".")[2]], args[len(here.names) :], named

    def parameters(self, full, history, given):
        """Refuses parameters that only other versions have."""
        for name in given:
            others = history.with_parameter(name)
            if others and name not in history.at(self.version).names:
                known = ", ".join(history.at(self.version).names)
                what = f"the parameter {name} of {short(full)}"
                self.refuse(what, others, f"In {self.whose}: {short(full)}({known}).")

    def watch(self, frame, event, _arg):
        """For sys.setprofile: each Python function that the kernel calls. Functions of nki that
        are Python are judged as instructions are, and the user's by their source."""
        if event != "call":
            return
        code = frame.f_code
        if code in self.seen:
            return
        if _is_users(code.co_filename):
            self.seen.add(code)
            python_subset.check(frame, self.version)
            return
        full, function = _functions().get(code, (None, None))
        if full is None or not _called_by_user(frame):
            return
        if "function" in frame.f_locals:  # one code object makes all operators of nl
            full = f"nki.language.{frame.f_locals['function'].__name__}"
        self.name(full)
        self.limits(full, frame.f_locals)
        history = histories().get(full)
        if history and history.at(self.version):
            self.parameters(full, history, _given(function, frame.f_locals))

    def limits(self, full, values):
        """Functions of nl that the release notes list as failing on hardware: divide, fmod and mod
        from NKI 0.3 on, and in 0.3 and 0.4 matmul unless it is told that x is transposed."""
        if self.version >= 3 and full in _NO_HARDWARE:
            fix = "Multiply by nl.reciprocal(y)."
            self.refuse(f"{short(full)} on hardware", "nki.simulate only", fix)
        if self.version in (3, 4) and full == "nki.language.matmul" and not values["transpose_x"]:
            self.refuse("nl.matmul without transpose_x=True", "NKI 0.5 and later")

    def launch(self, function, bound):
        """What the launch itself asks for: the decorator's arguments and the kernel's."""
        if self.platform_target and self.version >= 3:
            what = "the parameter platform_target of nki.jit"
            self.refuse(what, "NKI 0.2", "Choose the machine with --machine.")
        configured = os.environ.get("NEURON_LOGICAL_NC_CONFIG")
        cores = _core.current_trace().cores
        if self.version >= 7 and configured and configured != str(cores):
            what = f"a launch on {cores} of the {configured} cores of a logical core"
            fix = f"Launch the kernel as kernel[{configured}](…)."
            self.refuse(what, "NKI 0.2 to 0.6", fix)
        if self.version >= 3 and parses(self.version):
            python_subset.check_arguments(function, bound, self.whose)

    @contextmanager
    def watching(self):
        """Watches the functions that the block calls in this thread."""
        previous = sys.getprofile()
        sys.setprofile(self.watch)
        try:
            yield
        finally:
            sys.setprofile(previous)


def _given(function, values):
    """The parameters whose arguments are not their defaults."""
    known = inspect.signature(function).parameters.items()
    return [name for name, p in known if values.get(name) is not p.default]


def _is_users(file):
    if file.startswith((_PACKAGE, "<frozen ")):
        return False
    return not file.startswith(_LIBRARY) or "-packages" + os.sep in file


def _called_by_user(frame):
    """Whether the function was called by a kernel, or by Python's library for one."""
    back = frame.f_back
    while back and back.f_code.co_filename.startswith(_LIBRARY):
        back = back.f_back
    return back is not None and _is_users(back.f_code.co_filename)


@cache
def _tokens():
    """id -> full name of the operators that not all versions have."""
    from trainyard.nki import language

    return {id(getattr(language, name)): f"nki.language.{name}" for name in _TOKENS}


@cache
def _functions():
    """Code -> (full name, function) of the functions of nki that are written in Python."""
    nki = sys.modules["trainyard.nki"]
    found = {}

    def add(owner, prefix):
        for name, value in vars(owner).items():
            function = value.fget if isinstance(value, property) else value
            function = getattr(function, "__wrapped__", function)
            if name[0] != "_" and hasattr(function, "__code__"):
                found[function.__code__] = f"{prefix}.{name}", function

    add(nki.NkiTensor, "nki.NkiTensor")
    add(type(nki.language.tile_size), "nki.language.tile_size")
    add(nki.collectives, "nki.collectives")
    add(nki.isa, "nki.isa")
    add(nki.language, "nki.language")
    return found
