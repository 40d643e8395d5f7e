"""The memories that a tensor can live in."""

from enum import Enum

from trainyard import _core


class MemoryRegion(Enum):
    """Where a tensor lives. What is declared in `hbm` is in `private_hbm`, one core's device
    memory. `hbm` equals both kinds of device memory, since public kernels ask whether their
    arguments, which are shared, are in it."""

    sbuf = "sbuf"
    psum = "psum"
    private_hbm = "private_hbm"
    shared_hbm = "shared_hbm"
    hbm = "hbm"

    def __str__(self):
        return self.name

    def __eq__(self, other):
        if self is other or not isinstance(other, MemoryRegion):
            return self is other
        names = (self.name, other.name)
        return "hbm" in names and all(name.endswith("hbm") for name in names)

    def __hash__(self):
        return hash("hbm" if self.name.endswith("hbm") else self.name)


sbuf = MemoryRegion.sbuf
psum = MemoryRegion.psum
private_hbm = MemoryRegion.private_hbm
shared_hbm = MemoryRegion.shared_hbm
hbm = MemoryRegion.hbm

for _region in (sbuf, psum, private_hbm, shared_hbm):
    _core.register_buffer(_region.value, _region)


def region(buffer):
    """The MemoryRegion of a member, its name, or a tensor's buffer."""
    if isinstance(buffer, MemoryRegion):
        return buffer
    name = getattr(buffer, "name", buffer)
    if name in MemoryRegion.__members__:
        return MemoryRegion[name]
    known = ", ".join(f"nl.{name}" for name in MemoryRegion.__members__)
    _core.refuse("E107", f"buffer {buffer!r}", str(buffer), known, "nki.language")


def is_sbuf(buffer):
    """Whether the memory is SBUF."""
    return region(buffer) is sbuf


def is_psum(buffer):
    """Whether the memory is PSUM."""
    return region(buffer) is psum


def is_hbm(buffer):
    """Whether the memory is device memory, private or shared."""
    return region(buffer) in (private_hbm, shared_hbm)


def is_on_chip(buffer):
    """Whether the memory is SBUF or PSUM."""
    return region(buffer) in (sbuf, psum)
