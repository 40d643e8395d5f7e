"""Instructions of the DMA engines."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.language import add
from trainyard.nki_older import assignment, number_formats, operands
from trainyard.nki_older.isa.constants import dge_mode as dge_modes
from trainyard.nki_older.isa.constants import oob_mode as oob_modes
from trainyard.nki_older.masks import Region
from trainyard.nki_older.operands import check_keywords, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.tile import is_tile


def dma_copy(
    *,
    dst,
    src,
    mask=None,
    dst_rmw_op=None,
    oob_mode=oob_modes.error,
    dge_mode=dge_modes.unknown,
    **keywords,
):
    """Copies src to dst, each in HBM or SBUF; dst_rmw_op=np.add adds it there."""
    what = "nisa.dma_copy"
    check_keywords(what, keywords)
    for tile, parameter in ((dst, "dst"), (src, "src")):
        if not is_tile(tile):
            found = type(tile).__name__
            _core.refuse("E111", f"{what}: {parameter}", found, "a tile or a tensor", what)
    found = operands.dma_region(mask, dst.shape, dst)
    if src.memory == "psum":
        src = operands.in_sbuf(src)
    sized = assignment.fitted(src, dst.shape)
    if sized is None and found is not None:
        _core.refuse("E110", what, str(list(src.shape)), str(list(dst.shape)), "a masked copy")
    for box in assignment.boxes_of(found):
        source = src.access() if sized is None else sized.access(box)
        _copy(dst.access(box), source, dst_rmw_op, oob_mode, dge_mode)


def _copy(target, source, operator, oob_mode, dge_mode):
    if operator is None:
        isa.dma_copy(target, source, oob_mode=oob_mode, dge_mode=dge_mode)
        return
    if getattr(operator, "__name__", "") != "add" or oob_mode is not oob_modes.error:
        found = f"{operator}, {oob_mode}"
        allowed = "np.add with oob_mode.error"
        _core.refuse("E111", "nisa.dma_copy: dst_rmw_op", found, allowed, "nisa.dma_copy")
    isa.dma_compute(target, [target, source], add)


def dma_transpose(src, *, axes=None, mask=None, dtype=None, dge_mode=dge_modes.unknown, **keywords):
    """A tile in SBUF with the first and the last dimension of src exchanged."""
    what = "nisa.dma_transpose"
    check_keywords(what, keywords)
    if not is_tile(src):
        _core.refuse("E111", f"{what}: src", type(src).__name__, "a tile or a tensor", what)
    found = operands.dma_region(mask, src.shape, src)
    if found is not None and found.rest:
        _core.refuse("U001", f"{what}: a mask that is no box")
    order = [src.ndim - 1, *range(1, src.ndim - 1), 0]
    if axes is not None and list(axes) != order:
        _core.refuse("E111", f"{what}: axes", str(axes), str(tuple(order)), what)
    shape = tuple(src.shape[a] for a in order)
    turned = found
    if found is not None and not found.is_empty:
        turned = Region(shape, tuple(found.box[a] for a in order))
    source = part(src, found)

    def emit(target):
        isa.dma_transpose(target.access(cut(turned)), source, order, dge_mode=dge_mode)

    result = Pending(
        shape, src.kind, emit, (src,), turned, memories=("sbuf",), converts=False, in_order=False
    )
    if dtype is None or number_formats.kind(dtype) is src.kind:
        return result
    return result.astype(dtype)
