"""Matmul rate by type and size."""

from trainyard.bringup.benchmark import Row, sheet, skipped
from trainyard.microbench.engines import interval, matmul, tile
from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

COLUMNS = (64, 128, 256, 512)
REPEATS = 512  # half of them last longer than the activity limiter takes to warm up
# type -> the chip's figure that it counts against, and the tile's type
TYPES = {
    "bf16": ("chip.peak_bf16_tflops", "bfloat16"),
    "fp16": ("chip.peak_bf16_tflops", "float16"),
    "fp32": ("chip.peak_fp32_tflops", "float32"),
    "fp8": ("chip.peak_bf16_tflops", "float8_e5m2"),
}
ALL_ENGINES = "the figure adds up all engines"
FIXED = "the fixed cost of a pass"


def matmul_rate(machine):
    """128 rows by 128 stationary columns, one product behind the other."""
    for kind, (key, name) in TYPES.items():
        for columns in COLUMNS:
            make = matmul(getattr(nl, name), columns)
            yield _row(
                machine, kind, columns, key, 128, interval(make, machine, "nc_matmul", REPEATS)
            )
    yield from _double_row(machine)
    yield from _microscaled(machine)


def _row(machine, kind, columns, key, rows, seconds):
    values = machine.values
    flops = 2 * rows * 128 * columns
    return Row(
        kind,
        columns,
        seconds.rate(flops * 1e-12),
        "TFLOP/s",
        sheet(machine, values[key] / values["chip.cores"], key) if key else None,
        reason=ALL_ENGINES if columns == COLUMNS[-1] else FIXED,
    )


def _double_row(machine):
    if machine.values["core.tensor.double_row_factor"] == 0:
        yield skipped("fp8 double row", "starts with NeuronCore-v3", "TFLOP/s")
        return
    # The figure of a chip with microscaling is of that.
    key = None if machine.values["core.tensor.mx_factor"] > 0 else "chip.peak_fp8_tflops"
    for columns in COLUMNS:
        make = matmul(nl.float8_e5m2, columns, double_row=True)
        seconds = interval(make, machine, "nc_matmul", REPEATS)
        yield _row(machine, "fp8 double row", columns, key, 256, seconds)


def _microscaled(machine):
    if machine.values["core.tensor.mx_factor"] == 0:
        yield skipped("mxfp8", "starts with NeuronCore-v4", "TFLOP/s")
        return

    def make(columns):
        def tiles():
            stationary = nl.ndarray((128, 128), nl.float8_e4m3fn_x4, buffer=nl.sbuf)
            moving = nl.ndarray((128, columns), nl.float8_e4m3fn_x4, buffer=nl.sbuf)
            scales = [tile((128, n), nl.uint8) for n in (128, columns)]
            bank = nl.ndarray((128, columns), nl.float32, buffer=nl.psum)
            return lambda: nisa.nc_matmul_mx(bank, stationary, moving, *scales)

        return tiles

    for columns in COLUMNS:
        seconds = interval(make(columns), machine, "nc_matmul_mx", REPEATS)
        yield _row(machine, "mxfp8", columns, "chip.peak_fp8_tflops", 512, seconds)
