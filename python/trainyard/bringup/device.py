"""The machine on the bench, as whoever brings it up sees it: cores that run kernels, links that
carry bytes, memory that keeps them. A planted fault changes its answers, nothing else."""

from dataclasses import dataclass
from math import prod

from trainyard.nki.launch import launch

NANO, GIGA = 1e-9, 1e9


class NoAnswerError(Exception):
    """A core whose semaphores do not come within the time that it was given."""


@dataclass(frozen=True)
class Core:
    chip: int
    number: int

    def __str__(self):
        return f"core {self.number} of chip {self.chip}"

    def place(self):
        """For JSON."""
        return {"chip": self.chip, "core": self.number}


@dataclass(frozen=True)
class Link:
    """From a chip to another, or (`to` None) to the switch; one direction."""

    kind: str
    chip: int
    to: int | None
    number: int = 0

    def __str__(self):
        where = f"chip {self.to}" if self.to is not None else f"the switch, port {self.number}"
        return f"link {self.kind} from chip {self.chip} to {where}"

    def place(self):
        """For JSON."""
        return {"link": self.kind, "chip": self.chip, "to": self.to, "port": self.number}


class Sound:
    """No fault."""

    def completes(self, core):
        return True

    def rate(self, link):
        """What is left of a link's rate."""
        return 1.0

    def stored(self, core, data):
        """What memory holds after `data` was written; an array that may be changed."""
        return data


class Device:
    """The chips of one server."""

    def __init__(self, machine, fault=None):
        self.machine, self._fault = machine, fault or Sound()
        values = machine.values
        self.chips = values.get("instance.chips", 1) // values.get("instance.servers", 1)
        self.cores = [Core(c, n) for c in range(self.chips) for n in range(values["chip.cores"])]
        self.links = sorted(_links(machine, self.chips), key=str)
        self._memory = {}

    def run(self, core, kernel, *arrays):
        """(outputs, simulated seconds) of a kernel on one core. Raises NoAnswerError."""
        if not self._fault.completes(core):
            raise NoAnswerError(str(core))
        done = launch(kernel, arrays, {}, machine=self.machine, checks=False)
        return done.outputs, done.summary.seconds

    def store(self, core, data):
        """Puts data into the window of the core's HBM that is tested."""
        self._memory[core] = self._fault.stored(core, data)

    def load(self, core):
        """What is there now."""
        return self._memory[core]

    def send(self, link, size):
        """Simulated seconds until so many bytes have come over a link."""
        at = f"chip.links.{link.kind}."
        rate = self.machine.values[at + "gb_s"] * GIGA * self._fault.rate(link)
        return self.machine.values[at + "latency_ns"] * NANO + size / rate


def _links(machine, chips):
    values = machine.values
    topology, kinds = values.get("instance.topology", "single"), values.get("instance.links", [])
    if chips == 1:
        return
    if topology.startswith("torus-"):
        yield from _torus(
            [int(n) for n in topology.removeprefix("torus-").split("x")], kinds, chips
        )
    elif topology in ("ring", "chain"):
        for chip in range(chips if topology == "ring" else chips - 1):
            yield from _both(kinds[0], chip, (chip + 1) % chips)
    else:
        for kind in kinds:
            for chip in range(chips):
                for number in range(values[f"chip.links.{kind}.count"]):
                    yield Link(kind, chip, None, number)


def _torus(sides, kinds, chips):
    """Chips in row-major order; the third axis, between servers, has links of its own kind."""
    while prod(sides) > chips:
        sides = sides[:-1]
    for chip in range(chips):
        step = chips
        for axis, side in enumerate(sides):
            step //= side
            at = chip // step % side
            if side > 1:
                yield from _both(kinds[0] if axis < 2 else kinds[-1], chip,
                                 chip + ((at + 1) % side - at) * step)  # fmt: skip


def _both(kind, a, b):
    return [Link(kind, a, b), Link(kind, b, a)]
