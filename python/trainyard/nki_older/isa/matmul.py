"""Instructions of the Tensor Engine."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki_older import number_formats, operands
from trainyard.nki_older.isa.constants import engine as engines
from trainyard.nki_older.isa.constants import matmul_perf_mode
from trainyard.nki_older.masks import Region
from trainyard.nki_older.operands import check_keywords, check_tile, cut
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of

_FLOAT32 = dtypes.by_name["float32"]
_PERF_MODES = {
    None: matmul_perf_mode.none,
    "none": matmul_perf_mode.none,
    "double_row": matmul_perf_mode.double_row,
    "double_row_gen3": matmul_perf_mode.double_row,
}


def nc_matmul(
    stationary,
    moving,
    *,
    is_stationary_onezero=False,
    is_moving_onezero=False,
    is_transpose=False,
    tile_position=(),
    tile_size=(),
    mask=None,
    perf_mode=None,
    **keywords,
):
    """stationary.T @ moving, a tile in PSUM; `psum_tile += nc_matmul(…)` adds there."""
    what = "nisa.nc_matmul"
    check_keywords(what, keywords)
    check_tile(what, stationary, "stationary")
    check_tile(what, moving, "moving")
    # A result that has not been assigned lies in PSUM where it was made; inputs lie in SBUF.
    stationary, moving = operands.in_sbuf(stationary), operands.in_sbuf(moving)
    name = getattr(perf_mode, "value", perf_mode)
    if name not in _PERF_MODES:
        known = ", ".join(str(m) for m in _PERF_MODES if m)
        _core.refuse("E111", f"{what}: perf_mode", str(perf_mode), known, what)
    mode = _PERF_MODES[name]
    doubled = mode is matmul_perf_mode.double_row
    found, a, b = _masked(mask, stationary, moving)
    rows = stationary.size // stationary.shape[0] // (2 if doubled else 1)
    columns = moving.shape[2:] if doubled else moving.shape[1:]

    def matmul(target, accumulate):
        isa.nc_matmul(
            target,
            a,
            b,
            is_stationary_onezero=is_stationary_onezero,
            is_moving_onezero=is_moving_onezero,
            is_transpose=is_transpose,
            accumulate=accumulate,
            tile_position=tile_position,
            tile_size=tile_size,
            perf_mode=mode,
        )

    def emit(target):
        matmul(target.access(cut(found)), False)

    def accumulate(target):
        matmul(target.access(cut(found)), None)

    transposes = is_transpose and _core.current_trace().machine.version >= 3
    return Pending(
        (rows, *columns),
        stationary.kind if transposes else _FLOAT32,
        emit,
        (),
        found,
        memories=("psum",),
        converts=False,
        accumulate=accumulate,
    )


def _masked(mask, stationary, moving):
    """The region of the result, and the operands cut to their own masks. A mask of the whole
    instruction says which axis it is about by its dimensions: there are three, which no index
    expression of two tells apart, so that only masks that are known while tracing are taken."""
    whole = operands.region(mask if not hasattr(mask, "constraints") else None, stationary.shape)
    shape = (stationary.shape[-1], *moving.shape[1:])
    if hasattr(mask, "constraints"):
        fix = "Mask an operand: nisa.nc_matmul(x[i_x < n], y[i_y < m])."
        _core.refuse("U001", "nisa.nc_matmul: a mask of index expressions", fix=fix)
    if whole is not None:
        return Region(shape, None), None, None
    first = operands.region(None, stationary.shape, stationary)
    second = operands.region(None, moving.shape, moving)
    if first is None and second is None:
        return None, stationary.access(), moving.access()
    boxes = []
    for tile, found in ((stationary, first), (moving, second)):
        if found is not None and (found.is_empty or found.rest):
            _core.refuse("U001", "nisa.nc_matmul: an operand with a mask that is no box")
        boxes.append(found.box if found is not None else tuple((0, n) for n in tile.shape))
    partitions = tuple(max(a, b) for a, b in zip(boxes[0][0], boxes[1][0], strict=True))
    partitions = (partitions[0], min(boxes[0][0][1], boxes[1][0][1]))
    a = stationary.access((partitions, *boxes[0][1:]))
    b = moving.access((partitions, *boxes[1][1:]))
    return Region(shape, (boxes[0][-1], *boxes[1][1:])), a, b


def nc_transpose(data, *, mask=None, dtype=None, engine=engines.unknown, **keywords):
    """A tile with partitions and free dimensions exchanged: in PSUM by the Tensor Engine, in SBUF
    by the Vector Engine, which does up to 32 x 32."""
    what = "nisa.nc_transpose"
    found = operands.checked(what, keywords, mask, data=data)
    if engine is engines.tensor or data.size // data.shape[0] > 32 or data.shape[0] > 32:
        data = operands.in_sbuf(data)
    columns = data.size // data.shape[0]
    shape = (columns, data.shape[0])
    if found is not None and found.is_empty:
        return Pending(shape, kind_of(dtype, data.kind), None, (), Region(shape, None))
    if found is not None and (found.rest or len(found.shape) != 2):
        _core.refuse("U001", f"{what}: a mask that is no box of two dimensions")
    source = data.access(cut(found))
    turned = found and Region(shape, found.box[::-1])
    small = max(shape) <= 32 and engine is not engines.tensor
    memories = ("sbuf", "psum") if engine is engines.vector or small else ("psum",)
    if data.itemsize == 1 and "sbuf" not in memories:
        return _bytes_transposed(source, shape, data.kind, dtype, turned, engine)

    def emit(target):
        isa.nc_transpose(target.access(cut(turned)), source, engine)

    result = Pending(
        shape, data.kind, emit, (data,), turned, memories, converts=False, in_order=False
    )
    if dtype is None or number_formats.kind(dtype) is data.kind:
        return result
    return result.astype(dtype)


def _bytes_transposed(source, shape, kind, dtype, turned, engine):
    """8-bit elements leave the Tensor Engine as 16 bits; a copy packs them again."""
    if turned is not None:
        _core.refuse("U001", "nisa.nc_transpose of 8-bit elements with a mask")
    wide = _core.ndarray((*shape, 2), kind, "psum").select(2, 0)
    isa.nc_transpose(wide, source, engine)

    def emit(target):
        isa.tensor_copy(target.access(), wide)

    return Pending(shape, kind_of(dtype, kind), emit, ())
