"""neuronxcc.nki.compiler.sbuf: where tensors go in SBUF. The module itself stands for nl.sbuf."""

from trainyard import _core
from trainyard.nki_older import memories
from trainyard.nki_older.compiler.modulo import place
from trainyard.nki_older.memories import Allocation

name = "sbuf"


def alloc(func):
    """An allocation: func(idx, pdim_size, fdim_size), the block index, its partitions and
    its bytes per partition, gives (first partition,
    byte address) of a block."""

    def address_of(index, partitions, size):
        found = tuple(func(idx=index, pdim_size=partitions, fdim_size=size))
        if len(found) != 2:
            _core.refuse("E204", "sbuf.alloc", str(found), "(first partition, byte address)")
        return found

    return Allocation(memories.sbuf.name, address_of)


def mod_alloc(*, base_addr, base_partition=0, num_par_tiles=(), num_free_tiles=()):
    """An allocation where blocks take turns in num_par_tiles x num_free_tiles places."""

    def address_of(index, partitions, size):
        first = place(index, base_partition, num_par_tiles, partitions)
        return first, place(index, base_addr, num_free_tiles, size)

    return Allocation(memories.sbuf.name, address_of)


def auto_alloc():
    """nl.sbuf: Trainyard places the tensor."""
    return memories.sbuf
