"""Collectives between the cores of a chip, and of a server, each a rank."""

from trainyard.bringup.benchmark import Row, sheet, skipped
from trainyard.microbench.timeline import Ranged, timeline
from trainyard.nki import collectives as ncc
from trainyard.nki import language as nl

KIB = (4, 64, 1024, 16384)  # of a rank's tensor
GIGA = 1e-9
FLOAT = 4  # bytes


def _tensor(kib, parts, ranks):
    """`parts` rows of the `ranks` that a tensor of so many KiB has."""
    columns = kib * 1024 // FLOAT // ranks
    return nl.ndarray((parts, columns), nl.float32, buffer=nl.shared_hbm)


def _all_reduce(kib, group, ranks):
    given, taken = _tensor(kib, ranks, ranks), _tensor(kib, ranks, ranks)
    ncc.all_reduce([given], [taken], group, nl.add)


def _all_gather(kib, group, ranks):
    ncc.all_gather([_tensor(kib, 1, ranks)], [_tensor(kib, ranks, ranks)], group, 0)


def _reduce_scatter(kib, group, ranks):
    given, taken = _tensor(kib, ranks, ranks), _tensor(kib, 1, ranks)
    ncc.reduce_scatter([given], [taken], group, 0, nl.add)


# name -> (call, how many times a rank sends its part of the tensor)
OPERATIONS = {
    "all-reduce": (_all_reduce, 2),
    "all-gather": (_all_gather, 1),
    "reduce-scatter": (_reduce_scatter, 1),
}


def places(machine):
    """(name, chips): the chip, and the server that it sits in."""
    values = machine.values
    chips = values.get("instance.chips", 1) // values.get("instance.servers", 1)
    return [("chip", 1)] + [("instance", chips)] * (chips > 1)


def collectives(machine):
    """Bus bandwidth of a rank: bytes that it must send, over the time."""
    values = machine.values
    on_chip = values["chip.cores"]
    for place, chips in places(machine):
        ranks = chips * on_chip
        for name, (call, times) in OPERATIONS.items():
            for kib in KIB:
                yield _row(machine, f"{name}, {place}", call, times, kib, ranks, on_chip)
    if len(places(machine)) == 1:
        yield skipped("instance", "it has one chip", "GB/s")


def _row(machine, series, call, times, kib, ranks, on_chip):
    group = ncc.ReplicaGroup([list(range(ranks))])
    _, done = timeline(lambda: call(kib, group, ranks), machine, ranks=ranks)
    low, high = done.summary.seconds_range
    seconds = Ranged(done.summary.seconds, low, high)
    sent = times * (ranks - 1) * (kib * 1024 // ranks)
    within = ranks == on_chip
    paper = _dma(machine) if within else _links(machine, on_chip)
    reason = "launch and hops" if within or kib < KIB[-1] else "half of a chip's links"
    return Row(series, kib, seconds.rate(sent * GIGA), "GB/s", paper, reason=reason)


def _dma(machine):
    values = machine.values
    each = 1000 * values["chip.dma_tb_s"] / values["chip.cores"]
    return sheet(machine, each, "chip.dma_tb_s")


def _links(machine, on_chip):
    wired = machine.values.get("instance.links") or [_link_names(machine)[0]]
    keys = [f"chip.links.{wired[0]}.gb_s", f"chip.links.{wired[0]}.count"]
    return sheet(machine, machine.values[keys[0]] * machine.values[keys[1]] / on_chip, *keys)


def _link_names(machine):
    paths = [path for path in machine.values if path.startswith("chip.links.")]
    return list(dict.fromkeys(path.split(".")[2] for path in paths))
