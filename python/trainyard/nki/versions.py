"""The versions of NKI: which one was chosen, and what each has (versions.txt). Where none was
chosen, spellings of all versions are taken, and what the newest refuses is a remark."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trainyard import _core
from trainyard.nki.machines import load_machine

NAMES = ("0.2", "0.3", "0.4", "0.5", "0.6", "0.7")
NEWEST = 7
PARSER_REMOVED = 7  # from NKI 0.7 on kernels are traced by Python itself
_FIRST = 2


def name_of(version):
    """ "0.4" for 4: versions are compared by the number after the dot."""
    return f"0.{version}"


def chosen(name=None):
    """The version of that name, else that of `trainyard run --nki`; 0 if none was chosen."""
    name = str(name or os.environ.get("TRAINYARD_NKI") or "")
    if name and name not in NAMES:
        nearest = _core.did_you_mean(name, list(NAMES))
        fix = f"did you mean {nearest}?" if nearest else ""
        _core.refuse("E001", f"NKI version {name!r}", name, ", ".join(NAMES), "--nki", fix)
    return int(name[2:]) if name else 0


def relaxed(rules=None):
    """The rules that are remarks: those given, else those of `trainyard run --lenient`."""
    if rules is None:
        rules = os.environ.get("TRAINYARD_LENIENT", "").split(",")
    rules = [rules] if isinstance(rules, str) else [rule for rule in rules if rule]
    for rule in rules:
        _core.check_relaxable(str(rule))
    return [str(rule) for rule in rules]


def machine_of(version, name, preferred):
    """The machine, with what the compiler of that version tells the hardware to do."""
    machine = load_machine(name, preferred=preferred)
    if 0 < version < 5 and machine.version >= 4 and not isinstance(name, _core.Machine):
        # quantize_mx has doubled its scales since NKI 0.5.
        overrides = ("core.vector.mx_scale_headroom=0",)
        machine = load_machine(name, preferred=preferred, overrides=overrides)
    return machine


def current():
    """The version whose defaults hold in the running kernel: the newest if none was chosen."""
    return (_core.has_trace() and _core.current_trace().nki) or NEWEST


def parses(version):
    """Whether that version's compiler parses kernels instead of running their Python. In NKI 0.7
    the parser is still there for those who ask for it."""
    return version < PARSER_REMOVED or os.environ.get("NKI_COMPILER_FRONTEND") == "custom"


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function: all of them in order, and those without a default."""

    names: tuple[str, ...]
    required: frozenset[str]


@dataclass
class History:
    """A name through the versions: when it came, when it went, how its parameters changed."""

    since: int = _FIRST
    gone: int = NEWEST + 1
    parameters: dict[int, Parameters] = None

    def exists(self, version):
        """Whether that version has it."""
        return self.since <= version < self.gone

    def at(self, version):
        """Its Parameters in that version, or None where they never changed."""
        known = [v for v in self.parameters or {} if v <= version]
        return self.parameters[max(known)] if known else None

    def span(self):
        """ "NKI 0.3 to 0.6", "NKI 0.5 and later"."""
        if self.gone > NEWEST:
            return f"NKI {name_of(self.since)} and later"
        return f"NKI {name_of(self.since)} to {name_of(self.gone - 1)}"

    def with_parameter(self, name):
        """The versions that have a parameter of that name, as text; "" if none has."""
        versions = range(self.since, min(self.gone, NEWEST + 1))
        had = [v for v in versions if name in self.at(v).names]
        if not had:
            return ""
        if had[-1] == NEWEST:
            return f"NKI {name_of(had[0])} and later"
        return f"NKI {name_of(had[0])}" + (f" to {name_of(had[-1])}" if had[1:] else "")


def _parameters(text):
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = tuple(part.partition("=")[0] for part in parts)
    return Parameters(names, frozenset(part for part in parts if "=" not in part))


@cache
def histories():
    """Full name, as in nki.isa.dma_copy, -> History; names that never changed are not there."""
    text = (Path(__file__).parent / "versions.txt").read_text().replace("\n    ", " ")
    found = {}
    for line in text.splitlines():
        if not line or line[0] == "#":
            continue
        version, _, rest = line.partition(" ")
        version = int(version[2:])
        if "(" in rest:
            name, _, inside = rest.partition("(")
            history = found.setdefault(f"nki.{name}", History(version, parameters={}))
            history.parameters[version] = _parameters(inside.replace("()", "").removesuffix(")"))
            continue
        words = rest.split()
        gone = words[0] == "gone"
        module, *names = words[gone:]
        for name in names:
            full = f"nki.{name}" if module == "nki" else f"nki.{module}.{name}"
            found[full] = History(gone=version) if gone else History(version)
    return found


def short(name):
    """ "nl.exp" for "nki.language.exp", as kernels write it."""
    for module, alias in (("nki.language.", "nl."), ("nki.isa.", "nisa.")):
        if name.startswith(module):
            return alias + name.removeprefix(module)
    return name.removeprefix("nki.") if name.startswith("nki.NkiTensor") else name


def gone(name, instead):
    """A remark that the newest version has no such name, where no version was chosen."""
    trace = _core.current_trace()
    if trace.nki == 0:
        since = name_of(histories()[name].gone)
        trace.note(f"{short(name)} is gone since NKI {since}: use {instead}")


def register_used(what):
    """A register as a Python value, which runs the kernel up to here: a construct of the parsed
    versions, refused since kernels are traced."""
    if not _core.has_trace():
        return
    trace = _core.current_trace()
    if trace.nki and not parses(trace.nki):
        _core.refuse_unless_relaxed(
            "E125",
            f"a register as {what}",
            "a register",
            "a value known at trace time",
            f"NKI {name_of(trace.nki)}",
            "Use nl.while_loop or nl.fori_loop.",
        )
    elif trace.nki == 0 and what == "if or while" and parses(NEWEST) is False:
        trace.note("a register in if or while is refused since NKI 0.7: use nl.while_loop")
