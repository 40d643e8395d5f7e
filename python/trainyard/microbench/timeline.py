"""Programs of a few instructions, timed: how long one of a kind takes, and how often one starts."""

from dataclasses import dataclass

from trainyard.nki.launch import launch

WARM_UP = 8  # instructions of a run that are not looked at: the first fill pipelines and tables


@dataclass(frozen=True)
class Ranged:
    """A figure, and between which values the truth may lie as far as the machine's estimates go."""

    value: float
    low: float
    high: float
    remark: str = ""  # what must be known to read it

    @classmethod
    def exact(cls, value):
        return cls(value, value, value)

    def plus(self, other):
        remark = self.remark or other.remark
        return Ranged(
            self.value + other.value, self.low + other.low, self.high + other.high, remark
        )

    def times(self, factor):
        return Ranged(self.value * factor, self.low * factor, self.high * factor, self.remark)

    def rate(self, amount):
        """`amount` in so many seconds."""
        return Ranged(amount / self.value, amount / self.high, amount / self.low, self.remark)


@dataclass(frozen=True)
class Interval:
    """One instruction of a timeline; times in seconds."""

    lane: str
    name: str
    start: float
    freed: float
    end: float


def timeline(body, machine, **options):
    """The intervals of a kernel without arguments, in program order, and its launch."""

    def kernel():
        body()

    done = launch(
        kernel,
        (),
        {},
        machine=machine,
        time_only=True,
        checks=False,
        schedule="program",
        intervals=True,
        **options,
    )
    rows = done.summary.intervals
    return [Interval(lane, name, *(t * 1e-12 for t in ps)) for lane, name, _, _, *ps in rows], done


def latency(body, machine, name, calls=slice(WARM_UP, None)):
    """From the start to the end of the first of these instructions of that name."""
    intervals, done = timeline(body, machine)
    found = _of(intervals, name)[calls][0]
    return _with_range(found.end - found.start, done)


def issue_interval(body, machine, name, calls=slice(WARM_UP, None)):
    """Between the starts of these instructions of that name, which follow each other."""
    intervals, done = timeline(body, machine)
    starts = [i.start for i in _of(intervals, name)[calls]]
    return _with_range((starts[-1] - starts[0]) / (len(starts) - 1), done)


def _of(intervals, name):
    return [i for i in intervals if i.name.split()[0] == name]


def _with_range(value, done):
    """The program's own relative range, for a part of it."""
    low, high = done.summary.seconds_range
    whole = done.summary.seconds
    return Ranged(value, value * low / whole, value * high / whole)
