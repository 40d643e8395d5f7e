"""The memories that a tensor can live in."""

from enum import Enum


class MemoryRegion(Enum):
    """Where a tensor lives. `hbm` is the core's private device memory."""

    sbuf = "sbuf"
    psum = "psum"
    private_hbm = "private_hbm"
    shared_hbm = "shared_hbm"
    hbm = "hbm"

    def __str__(self):
        return self.name


sbuf = MemoryRegion.sbuf
psum = MemoryRegion.psum
private_hbm = MemoryRegion.private_hbm
shared_hbm = MemoryRegion.shared_hbm
hbm = MemoryRegion.hbm
