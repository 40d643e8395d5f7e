"""Transfers by DMA, between any two memories."""

from trainyard.microbench.timeline import WARM_UP, Ranged, timeline
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

STREAM = 64  # transfers one behind the other, for a rate
TILES = 4  # that they take in turn


def _tensor(memory, partitions, bytes_each):
    """Rows that do not follow each other in HBM, so that each is a descriptor on either side."""
    if memory == "SBUF":
        return nl.ndarray((partitions, bytes_each), nl.uint8, buffer=nl.sbuf)
    return nl.ndarray((partitions, 2 * bytes_each), nl.uint8, buffer=nl.private_hbm)[:, :bytes_each]


def move(partitions, bytes_each, repeats, mode=nisa.dge_mode.unknown, source="HBM", to="SBUF"):
    """Copies of [partitions, bytes], each to a tensor of its own as far as there is room."""

    def body():
        given = _tensor(source, partitions, bytes_each)
        if source == "SBUF":
            nisa.memset(given, 0)
        taken = [_tensor(to, partitions, bytes_each) for _ in range(TILES)]
        for i in range(repeats):
            nisa.dma_copy(taken[i % TILES], given, dge_mode=mode)

    return body


def rate(machine, bytes_each, source="HBM", to="SBUF", mode=nisa.dge_mode.unknown, **options):
    """Bytes a second of copies by all partitions that follow each other, on one core."""
    body = move(128, bytes_each, STREAM, mode, source, to)
    intervals, done = timeline(body, machine, **options)
    lane = [i for i in intervals if i.name.split()[0] == "dma_copy"]
    first = lane[0].lane  # of several cores, the first one's
    ends = sorted(i.end for i in lane if i.lane == first)[WARM_UP:]
    found = 128 * bytes_each * (len(ends) - 1) / (ends[-1] - ends[0])
    low, high = done.summary.seconds_range
    return Ranged(found, found * done.summary.seconds / high, found * done.summary.seconds / low)
