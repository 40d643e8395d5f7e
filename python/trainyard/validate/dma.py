"""Measurements of data movement, from programs of a few transfers."""

from trainyard.microbench.timeline import WARM_UP, latency, timeline
from trainyard.microbench.transfers import rate
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl
from trainyard.validate.prediction import Prediction, predicts

REFERENCE_BYTES = 32768  # a partition, in the published curve


@predicts(r"DMA of \[128, (?P<bytes>\d+) B\] HBM->SBUF, throughput", "relative_throughput")
def relative_throughput(row, match, programs):
    """The published curve has no unit: both are relative to 32 KiB a partition. It does not say who
    makes the descriptors; hardware that does starts a DMA sooner than the curve shows."""
    found, most = (
        rate(row.machine, size, mode=nisa.dge_mode.none).value
        for size in (int(match["bytes"]), REFERENCE_BYTES)
    )
    return Prediction.exact(found / most)


@predicts(r"(?P<mode>HW-DGE|SW ring) load .*\((?P<p>\d+)x(?P<n>\d+) (?P<unit>B|KiB)\)", "latency")
def load_latency(row, match, programs):
    mode = nisa.dge_mode.hwdge if match["mode"] == "HW-DGE" else nisa.dge_mode.swdge
    bytes_each = int(match["n"]) * (1024 if match["unit"] == "KiB" else 1)

    def body():  # each waits for the one before it, so that none is in the way of another
        rows = nl.ndarray((int(match["p"]), bytes_each), nl.uint8, buffer=nl.private_hbm)
        tile = nl.ndarray(rows.shape, nl.uint8, buffer=nl.sbuf)
        for _ in range(WARM_UP + 1):
            nisa.dma_copy(tile, rows, dge_mode=mode)

    return latency(body, row.machine, "dma_copy")


@predicts(r"A\[(?P<p>\d+),(?P<n>\d+)\] bf16 load\+activation\+store", "profile_window")
def load_activate_store(row, match, programs):
    shape = int(match["p"]), int(match["n"])

    def body():
        given = nl.ndarray(shape, nl.bfloat16, buffer=nl.private_hbm)
        taken = nl.ndarray(shape, nl.bfloat16, buffer=nl.private_hbm)
        tile = nl.ndarray(shape, nl.bfloat16, buffer=nl.sbuf)
        nisa.dma_copy(tile, given)
        nisa.activation(tile, nl.exp, tile)
        nisa.dma_copy(taken, tile)

    _, done = timeline(body, row.machine)
    low, high = done.summary.seconds_range
    return Prediction(done.summary.seconds, low, high)
