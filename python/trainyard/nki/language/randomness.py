"""Random tiles, and gathers within partitions."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.buffers import is_on_chip, psum, sbuf
from trainyard.nki.language import tiles
from trainyard.nki.language.creation import ndarray
from trainyard.nki.language.elementwise import multiply, right_shift


def rand(shape, dtype, buffer=sbuf, name=""):
    """A new tile of random numbers from 0 to 1, by nisa.rand2. Before NeuronCore-v4: the upper 24
    of 32 random bits of the Vector Engine, as a number below 1."""
    if not is_on_chip(buffer):
        _core.refuse("U001", f"rand: buffer is {buffer}", fix="Make a tile, then nl.store it.")
    tensor = ndarray(shape, dtype, buffer, name)
    if isa.get_nc_version() >= isa.nc_version.gen4:
        isa.rand2(tensor, 0.0, 1.0)
        return tensor
    bits = ndarray(shape, "uint32")
    isa.rng(bits, engine=isa.engine.vector)
    isa.tensor_scalar(bits, bits, right_shift, 8)
    isa.tensor_scalar(tensor, bits, multiply, 2.0**-24, engine=isa.engine.vector)
    return tensor


def random_seed(seed):
    """Seeds what `rand` and `dropout` draw from: a [1, 1] tile of 32 bits."""
    tiles.check_tile("random_seed", seed, "seed")
    isa.set_rng_seed(seed)


def dropout(x, rate, dtype=None):
    """A new SBUF tile of `x` with each element 0 with probability `rate` (a number or a [P, 1]
    tile). Those that stay are not scaled."""
    tiles.check_tile("dropout", x)
    out = tiles.result_like(x)
    isa.dropout(out, x, rate)
    return tiles.cast(out, dtype)


def gather_flattened(data, indices, axis=0, dtype=None):
    """A new SBUF tile in the shape of `indices`: each index picks from the free elements of `data`
    in its own partition, counted as one dimension. What `axis` other than 0 is to mean is not
    documented."""
    tiles.check_tile("gather_flattened", data, "data")
    tiles.check_tile("gather_flattened", indices, "indices")
    if axis != 0:
        _core.refuse("E111", f"gather_flattened: axis is {axis}", str(axis), "0")
    data, indices = (tiles.copy_of(t) if t.buffer is psum else t for t in (data, indices))
    out = tiles.result_like(data, shape=indices.shape)
    isa.nc_n_gather(out, data, tiles.cast(indices, "uint32"))
    return tiles.cast(out, dtype)
