"""Random numbers and dropout, on the generators of the engines."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki_older import number_formats, operands
from trainyard.nki_older.isa.engines import dropout as _dropout
from trainyard.nki_older.operands import check_keywords
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of
from trainyard.nki_older.tile import is_tile


def rand(shape, dtype="float32", **keywords):
    """A tile of random numbers from 0 to 1: 16 random bits, over 2^16 - 1."""
    check_keywords("nl.rand", keywords)
    shape = tuple(int(n) for n in shape)

    def emit(target):
        bits = _core.ndarray(shape, "uint16")
        isa.rng(bits)
        from trainyard.nki.language import multiply

        isa.tensor_scalar(target.access(), bits, multiply, 1.0 / 65535.0)

    return Pending(shape, number_formats.kind(dtype), emit)


def random_seed(seed, *, mask=None, **keywords):
    """Seeds the generator of the Vector Engine with a 32-bit number or a tile of one element."""
    check_keywords("nl.random_seed", keywords)
    if mask is False:
        return
    if is_tile(seed):
        isa.set_rng_seed(seed.access())
        return
    tile = _core.ndarray((1, 1), "uint32")
    isa.memset(tile, int(seed))
    isa.set_rng_seed(tile)


def dropout(x, rate, *, dtype=None, mask=None, **keywords):
    """x with elements replaced by 0, each with probability `rate`."""
    check_keywords("nl.dropout", keywords)
    return _dropout(x, rate, mask=mask, dtype=dtype)


def gather_flattened(data, indices, *, mask=None, dtype=None, **keywords):
    """Elements of each partition of data, free dimensions taken as one, by uint32 indices."""
    check_keywords("nl.gather_flattened", keywords)
    operands.check_tile("nl.gather_flattened", data, "data")
    operands.check_tile("nl.gather_flattened", indices, "indices")
    found = operands.region(mask, indices.shape, indices)
    source, picks = data.access(), operands.part(indices, found)

    def emit(target):
        isa.nc_n_gather(target.access(operands.cut(found)), source, picks)

    kind = kind_of(dtype, data.kind)
    sources = (data, indices)
    return Pending(
        indices.shape,
        kind,
        emit,
        sources,
        found,
        memories=("sbuf",),
        converts=False,
        in_order=False,
    )
