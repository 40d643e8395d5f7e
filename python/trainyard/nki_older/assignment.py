"""tile[…] = value, and tile[…] += value."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki_older import masks, results
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.tile import Tile, is_tile


def assign(target, value):
    """Makes `target` hold the value: the result of an instruction goes there directly, other
    tiles and numbers are copied."""
    if not is_tile(value):
        _assign_number(target, value)
        return
    if _same_access(target, value):
        return  # what x[i] += y leaves to be done
    if results.take(value):
        region = value.region
        if region is not None and region.is_empty:
            return
        place = fitted(target, value.shape)
        if place is not None and value.fits(place):
            _overwritten(place, region)
            value.emit(place)
            return
        value.settle()
    copy(target, value, value.region if isinstance(value, Pending) else None)


def accumulate(target, value):
    """target += value; a matmul adds in PSUM."""
    from trainyard.nki_older.language import elementwise

    if isinstance(value, Pending) and value.accumulate is not None and target.memory == "psum":
        place = fitted(target, value.shape)
        if place is not None and place.kind is value.kind and results.take(value):
            if value.region is None or not value.region.is_empty:
                _overwritten(place, value.region)
                value.accumulate(place)
            return target
    region = value.region if isinstance(value, Pending) else None
    assign(target, elementwise.add(target, value, mask=_mask_of(region)))
    return target


def _mask_of(region):
    """A mask for what is computed from a masked result; only nothing at all matters."""
    return False if region is not None and region.is_empty else None


def _overwritten(target, region):
    """A tensor that is written as a whole needs not be filled before."""
    storage = target.storage
    if storage.fill is not None and region is None and target.size == storage.tensor.size:
        storage.fill = None


def _same_access(target, value):
    return (
        value.storage is target.storage
        and value.storage is not None
        and value.offset == target.offset
        and value.dims == target.dims
        and value.kind is target.kind
    )


def fitted(target, shape):
    """The same access with `shape`, which differs by dimensions of size 1 at most; else None."""
    if target.shape == shape:
        return target
    if target.loose or target.gather is not None or not shape or not target.dims:
        return None
    if target.shape[0] != shape[0]:
        return None
    inner = [dim for dim in target.dims[1:] if dim[1] != 1]
    if [n for _, n in inner] != [n for n in shape[1:] if n != 1]:
        return None
    steps = iter(inner)
    dims = (target.dims[0], *(next(steps) if n != 1 else (1, 1) for n in shape[1:]))
    return target.copy_of_access(dims, par=target.par)


def _assign_number(target, value):
    if hasattr(value, "shape") and getattr(value, "shape", ()) != ():
        found = type(value).__name__
        _core.refuse("E111", "a value assigned to a tile", found, "a tile or a number")
    fill(target, value)


def fill(target, number, region=None):
    """Makes all elements the number: with memset, or by DMA where that does not reach, which is
    HBM, and partitions that engines cannot start at."""
    if dtypes.is_integer(target.kind):
        number = int(number) if number == int(number) else number
    else:
        number = float(number)
    _overwritten(target, region)
    if target.on_chip and _engines_reach(target, region):
        engine = isa.engine.vector if target.memory == "psum" else isa.engine.unknown
        isa.memset(target.access(region and region.box), number, engine=engine)
        return
    tile = _core.ndarray(target.shape if len(target.shape) > 1 else (1, *target.shape), target.kind)
    isa.memset(tile, number)
    for box in boxes_of(region):
        isa.dma_copy(target.access(box), tile if box is None else _part(tile, box))


def _engines_reach(target, region):
    start, stop = (0, target.shape[0]) if region is None else region.box[0]
    first = target.offset // target.row_elements + start
    return target.memory == "psum" or masks.engines_reach(first, stop - start)


def boxes_of(region):
    """The boxes of a region, [None] for all of a tile."""
    return [None] if region is None else region.boxes()


def _part(tensor, box):
    return tensor[tuple(slice(*bounds) for bounds in box)]


def copy(target, value, region=None):
    """Copies a tile that is written already, as far as the region goes."""
    source = fitted(value, target.shape)
    if source is None:
        source = broadcast(value, target.shape)
    if region is not None and region.shape != target.shape:
        region = region_in(region, target.shape)
    if not target.on_chip or not value.on_chip:
        for box in boxes_of(region):
            isa.dma_copy(target.access(box), source.access(box))
    elif region is not None and region.rest:
        from trainyard.nki_older import predicates

        chosen = predicates.predicate(region)
        isa.tensor_copy_predicated(target.access(), source.access(), chosen)
    else:
        box = region and region.box
        _overwritten(target, region)
        isa.tensor_copy(target.access(box), source.access(box))


def region_in(region, shape):
    """The region of a shape that differs by dimensions of size 1; U001 if it is no box."""
    if region.rest:
        _core.refuse("U001", "a mask that is no box, on tiles of different rank")
    inner = iter([b for b, n in zip(region.box, region.shape, strict=True) if n != 1])
    box = tuple((0, 1) if n == 1 else next(inner) for n in shape)
    return type(region)(shape, box)


def broadcast(value, shape):
    """The tile repeated to `shape` along free dimensions, as NumPy does; nothing moves."""
    missing = len(shape) - len(value.shape)
    dims = ((0, 1),) * missing + value.dims if missing > 0 else value.dims
    sizes = [n for _, n in dims]
    fits = len(sizes) == len(shape) and all(a in (1, b) for a, b in zip(sizes, shape, strict=True))
    if not fits or missing > 0 or sizes[0] != shape[0]:
        found, allowed = str(list(value.shape)), str(list(shape))
        _core.refuse("E110", "the shapes do not fit together", found, allowed)
    spread = [(s, n) if n == m else (0, m) for (s, n), m in zip(dims, shape, strict=True)]
    return value.copy_of_access(tuple(spread), par=value.par)


__all__ = ["Tile", "accumulate", "assign", "boxes_of", "broadcast", "copy", "fill", "fitted"]
