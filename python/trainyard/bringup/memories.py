"""DMA bandwidth by size and direction, and HBM shared by cores."""

from trainyard.bringup.benchmark import Row, sheet, skipped
from trainyard.bringup.published import published
from trainyard.microbench.transfers import rate
from trainyard.nki import isa as nisa

BYTES = tuple(64 << i for i in range(9))  # a partition
DIRECTIONS = [("HBM", "SBUF"), ("SBUF", "HBM"), ("SBUF", "SBUF"), ("HBM", "HBM")]
REFERENCE_BYTES = 32768  # at which the published curve is 1
GIGA = 1e-9
STATIC = nisa.dge_mode.none
OTHER_DESCRIPTORS = {
    nisa.dge_mode.hwdge: "hardware descriptors",
    nisa.dge_mode.swdge: "software descriptors",
}


def dma_bandwidth(machine):
    """Copies of 128 partitions by one core, one behind the other. Descriptors that are made before
    the run, in all directions; then the other two kinds, where there are such."""
    values = machine.values
    paper = None
    if "chip.dma_tb_s" in values:
        each = 1000 * values["chip.dma_tb_s"] / values["chip.cores"]
        paper = sheet(machine, each, "chip.dma_tb_s")
    curve = published(machine, "DMA HBM to SBUF")
    at_most = rate(machine, REFERENCE_BYTES, mode=STATIC).value * GIGA if curve else 0
    for source, to in DIRECTIONS:
        for size in BYTES:
            found = rate(machine, size, source, to, STATIC).times(GIGA)
            known = curve.get(size) if (source, to) == DIRECTIONS[0] else None
            there = known * at_most if known else None
            why = _why(size, source, to)
            yield Row(f"{source} to {to}", size, found, "GB/s", paper, there, reason=why)
    for mode, name in OTHER_DESCRIPTORS.items():
        series = "HBM to SBUF, " + name
        if mode == nisa.dge_mode.hwdge and values["core.dma.hwdge_issue_ns"] == 0:
            yield skipped(series, "starts with NeuronCore-v3", "GB/s")
            continue
        for size in BYTES:
            found = rate(machine, size, mode=mode).times(GIGA)
            yield Row(series, size, found, "GB/s", paper, reason=_why(size, "HBM", "SBUF"))


def _why(size, source, to):
    if size < 2048:
        return "issuing DMAs takes longer than moving them"
    return "HBM is read and written" if source == to == "HBM" else "one core's DMA engines"


def hbm_sharing(machine):
    """Loads of 16 KiB a partition by one core, and by both that share a stack."""
    values = machine.values
    sharers = values["core.memory.hbm_sharers"]
    stacks = values.get("chip.hbm_stacks", 0)
    if not stacks:
        yield skipped("a stack", "no figure of its stacks", "GB/s")
        return
    paper = sheet(machine, 1000 * values["chip.hbm_tb_s"] / stacks, "chip.hbm_tb_s")
    for cores in range(1, min(2, sharers) + 1):
        found = rate(machine, BYTES[-1], lnc=cores).times(GIGA * cores)
        yield Row("a stack", cores, found, "GB/s", paper, reason="one core's DMA engines")
    if sharers == 1:
        yield skipped("two cores", "each core has a stack of its own", "GB/s")
