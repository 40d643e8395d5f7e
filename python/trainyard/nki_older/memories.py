"""The memories of the older API, and the allocations that a kernel can ask for in them."""

from trainyard import _core
from trainyard.nki import buffers
from trainyard.nki_older import grid


class Memory:
    """A place for tensors: nl.sbuf, nl.psum, nl.hbm and so on."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"nl.{self.name}"

    def __eq__(self, other):
        return getattr(other, "name", other) == self.name

    def __hash__(self):
        return hash(self.name)


class Allocation:
    """SBUF or PSUM with a function that gives the address of each block; see compiler."""

    __slots__ = ("address_of", "memory")

    def __init__(self, memory, address_of):
        self.memory = memory
        self.address_of = address_of

    name = property(lambda self: self.memory)


sbuf = Memory("sbuf")
psum = Memory("psum")
hbm = Memory("hbm")
private_hbm = Memory("private_hbm")
shared_hbm = Memory("shared_hbm")
by_name = {m.name: m for m in (sbuf, psum, hbm, private_hbm, shared_hbm)}


def name_of(buffer):
    """The name of a memory, an allocation, or a memory of the newer API; E107 otherwise."""
    if buffer is None:
        return "sbuf"
    name = getattr(buffer, "name", buffer)
    if name in by_name:
        return name
    known = ", ".join(map(repr, by_name.values()))
    return _core.refuse("E107", f"buffer {buffer!r}", str(buffer), known, "nki.language")


def region_of(name):
    """The memory of the core. Private HBM of a kernel that runs once is shared HBM, so that the
    kernel can return it, as older kernels do."""
    if name in ("hbm", "private_hbm") and grid.is_single():
        return buffers.shared_hbm
    return buffers.MemoryRegion[name]
