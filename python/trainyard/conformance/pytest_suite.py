"""What a public suite that pytest runs looks like: a few lines of data (`pytest_suites.py`)."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """Cases that a documented limit of the chip refuses: `ids` is a regular expression that their
    node ids match, `code` is ours, `rule` says the limit."""

    ids: str
    code: str
    rule: str


@dataclass(frozen=True)
class Defect:
    """Cases that no implementation can pass: `ids` and `why` are regular expressions that their
    node ids and their messages match, `what` says what is wrong with the suite."""

    ids: str
    why: str
    what: str


@dataclass(frozen=True)
class Part:
    """One run of pytest: in `folder` of the checkout, over the test files that `tests` matches
    there, with the folders of `path` importable."""

    tests: tuple[str, ...]
    folder: str = "."
    path: tuple[str, ...] = (".",)
    options: tuple[str, ...] = ()  # {machine}, and {scratch}, a folder of the run's own
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PytestSuite:
    """A suite of parts. `comparators` are its own functions of (result, golden), beside those of
    NumPy and torch, as module:name; `large` is a word of the reason for which it skips cases that
    are too large; `marks` are those that the report counts apart."""

    TITLE: str
    REPOSITORY: str
    NOTE: str
    parts: tuple[Part, ...]
    machine: str = "trn2"
    comparators: tuple[str, ...] = ()
    large: str = ""
    marks: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    defects: tuple[Defect, ...] = ()
