"""A march through memory (March C-): every bit is written and read as 0 and as 1, each twice and
after each other, so that a stuck bit, or one that changes by itself, is read wrong at least once.
The chip compares; the host only looks at what differed."""

from dataclasses import dataclass

import numpy as np

from trainyard.nki import isa as nisa
from trainyard.nki import language as nl

SHAPE = (128, 2048)
WINDOW = SHAPE[0] * SHAPE[1]  # bytes of each core's HBM that are tested
ZEROS, ONES = 0x00, 0xFF
# (what is read, what is then written), one pass over the window each.
PASSES = [(ZEROS, ONES), (ONES, ZEROS), (ZEROS, ONES), (ONES, ZEROS), (ZEROS, ZEROS)]


@dataclass(frozen=True)
class WrongBit:
    """A bit of HBM that was read otherwise than it was written, in some of the passes."""

    core: object
    address: int  # of the byte, in the chip's device memory
    bit: int
    as_zero: int  # passes that read 0 for a written 1
    as_one: int

    @property
    def behaviour(self):
        """What the passes say: each value is read at least twice."""
        if self.as_one > 1:
            return "stuck at 1"
        return "stuck at 0" if self.as_zero > 1 else "flipped once"

    def place(self):
        """For JSON."""
        return {**self.core.place(), "address": self.address, "bit": self.bit,
                "behaviour": self.behaviour}  # fmt: skip

    def __str__(self):
        return f"HBM address {self.address:#x}, bit {self.bit} ({self.core}): {self.behaviour}"


def _fill(value):
    """What memory is to hold; a new tensor of HBM."""
    tile = nl.ndarray(SHAPE, nl.uint8, buffer=nl.sbuf)
    nisa.memset(tile, value)
    out = nl.ndarray(SHAPE, nl.uint8, buffer=nl.shared_hbm)
    nisa.dma_copy(out, tile)
    return out


def _pass(read, written):
    """A kernel that gives the bits that differ from what is read, and what is then written."""

    def march_pass(window):
        tile = nl.ndarray(SHAPE, nl.uint8, buffer=nl.sbuf)
        nisa.dma_copy(tile, window)
        nisa.tensor_scalar(tile, tile, nl.bitwise_xor, read)
        difference = nl.ndarray(SHAPE, nl.uint8, buffer=nl.shared_hbm)
        nisa.dma_copy(difference, tile)
        return difference, _fill(written)

    return march_pass


def march(device, core):
    """The WrongBits in a core's window."""
    wrong = {}
    device.store(core, device.run(core, lambda: _fill(PASSES[0][0]))[0])
    for read, written in PASSES:
        (difference, new), _ = device.run(core, _pass(read, written), device.load(core))
        device.store(core, new)
        if not difference.any():
            continue
        for at in np.flatnonzero(np.unpackbits(difference.reshape(-1), bitorder="little")):
            as_zero, as_one = wrong.get(int(at), (0, 0))
            wrong[int(at)] = (as_zero + (read == ONES), as_one + (read == ZEROS))
    base = core.number * device.machine.values["core.memory.hbm_bytes"]
    return [WrongBit(core, base + at // 8, at % 8, *seen) for at, seen in sorted(wrong.items())]
