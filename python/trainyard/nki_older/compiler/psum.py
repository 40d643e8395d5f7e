"""neuronxcc.nki.compiler.psum: where tensors go in PSUM. The module itself stands for nl.psum."""

from trainyard import _core
from trainyard.nki.machines import current_machine
from trainyard.nki_older import memories
from trainyard.nki_older.compiler.modulo import place
from trainyard.nki_older.memories import Allocation

name = "psum"


def alloc(func):
    """An allocation: func(idx, pdim_size, fdim_size), the block index, its partitions and
    its bytes per partition, gives (bank, first
    partition, byte address in the bank) of a block."""

    def address_of(index, partitions, size):
        found = tuple(func(idx=index, pdim_size=partitions, fdim_size=size))
        if len(found) != 3:
            allowed = "(bank, first partition, byte address in the bank)"
            _core.refuse("E204", "psum.alloc", str(found), allowed)
        return _address(*found, size)

    return Allocation(memories.psum.name, address_of)


def mod_alloc(
    *,
    base_bank,
    base_addr=0,
    base_partition=0,
    num_bank_tiles=(),
    num_par_tiles=(),
    num_free_tiles=(),
):
    """An allocation where blocks take turns in banks, partitions and places of a bank."""

    def address_of(index, partitions, size):
        bank = place(index, base_bank, num_bank_tiles, 1)
        first = place(index, base_partition, num_par_tiles, partitions)
        return _address(bank, first, place(index, base_addr, num_free_tiles, size), size)

    return Allocation(memories.psum.name, address_of)


def _address(bank, partition, offset, size):
    bank_bytes = current_machine().psum_bank_bytes
    if offset + size > bank_bytes:
        found, allowed = f"bytes {offset} to {offset + size}", f"one bank of {bank_bytes} bytes"
        _core.refuse("E204", "a block in PSUM", found, allowed, "nki.compiler.psum")
    return partition, bank * bank_bytes + offset


def auto_alloc():
    """nl.psum: Trainyard places the tensor."""
    return memories.psum
