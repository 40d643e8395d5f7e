"""What a benchmark gives."""

from dataclasses import dataclass, field
from itertools import chain

from trainyard.microbench.timeline import Ranged


@dataclass(frozen=True)
class Sheet:
    """What is on paper: a figure that follows from keys of the machine, and their source."""

    value: float
    source: str


@dataclass(frozen=True)
class Row:
    """One figure. `x`: the size that a curve runs over. `better`: whether more or less is."""

    series: str
    x: float | None
    achieved: Ranged | None
    unit: str
    sheet: Sheet | None = None
    published: float | None = None  # measured on a real chip
    better: str = "more"
    reason: str = ""  # for a shortfall, or for having been skipped

    @property
    def share(self):
        """Of the data sheet."""
        if self.achieved is None or self.sheet is None:
            return None
        ratio = self.achieved.value / self.sheet.value
        return ratio if self.better == "more" else 1 / ratio


@dataclass(frozen=True)
class Group:
    """The rows of one benchmark; `x` says what their sizes are, if they have any."""

    name: str
    x: str
    rows: list = field(default_factory=list)


def skipped(series, why, unit=""):
    """A row that this machine has no figure for."""
    return Row(series, None, None, unit, reason=why)


def sheet(machine, value, *keys):
    """A Sheet that rests on these keys."""
    cited = [machine.sources[key][0].split(", ") for key in keys if key in machine.sources]
    return Sheet(value, ", ".join(dict.fromkeys(chain(*cited))))
