"""Instructions that reduce a tile."""

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki_older import number_formats, operands
from trainyard.nki_older.masks import Region
from trainyard.nki_older.operands import check_keywords, check_tile, column, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of


def reduced_last(what, x, axis, mask):
    """The tile with the dimensions to reduce as its last ones, and these. Other dimensions than
    the last change places in the access pattern; documented are the last ones only, but public
    kernels reduce dimensions in between."""
    listed = axis if isinstance(axis, (list, tuple)) else (axis,)
    axes = sorted({a + x.ndim if a < 0 else a for a in listed})
    kept = [d for d in range(x.ndim) if d not in axes]
    masked = (mask is not None and mask is not True) or x.limit is not None
    if masked or not axes or axes[0] < 1 or axes[-1] >= x.ndim or axes[0] > kept[-1]:
        return x, free_axes(what, x, axis)
    tile = x.copy_of_access(tuple(x.dims[d] for d in (*kept, *axes)), par=x.par)
    return tile, tuple(range(len(kept), x.ndim))


def free_axes(what, x, axis):
    """The axes as a sorted tuple of free axes that ends with the last (E111 otherwise)."""
    listed = axis if isinstance(axis, (list, tuple)) else (axis,)
    axes = tuple(sorted({a + x.ndim if a < 0 else a for a in listed}))
    first = x.ndim - len(axes)
    # Dimensions of size 1 behind the last axis do not count.
    if axes and axes[0] > 0 and all(x.shape[d] == 1 for d in range(axes[-1] + 1, x.ndim)):
        axes = tuple(range(axes[0], x.ndim)) if len(axes) == axes[-1] - axes[0] + 1 else axes
        first = x.ndim - len(axes)
    if not axes or first < 1 or axes != tuple(range(first, x.ndim)):
        allowed = f"the last axes, 1 to {x.ndim - 1}"
        _core.refuse("E111", f"{what}: axis", str(axis), allowed, f"shape {list(x.shape)}")
    return axes


def tensor_reduce(
    op, data, axis, *, mask=None, dtype=None, negate=False, keepdims=False, **keywords
):
    """The reduction of a tile over the free dimensions `axis`, the last ones."""
    what = "nisa.tensor_reduce"
    check_keywords(what, keywords)
    check_tile(what, data, "data")
    full, listed = data.shape, axis if isinstance(axis, (list, tuple)) else (axis,)
    data, axes = reduced_last(what, data, axis, mask)
    kept = data.shape[: axes[0]]
    shape = kept if len(kept) > 1 else (*kept, 1)
    if keepdims:
        gone = {a % len(full) for a in listed}
        shape = tuple(1 if d in gone else n for d, n in enumerate(full))
    found = operands.region(mask, data.shape, data)
    if found is not None and found.rest:
        _core.refuse("U001", f"{what}: a mask that is no box")
    source = part(data, found)
    out = found
    if found is not None and not found.is_empty:
        out = Region(shape, (*found.box[: axes[0]], *((0, 1),) * (len(shape) - axes[0])))

    def emit(target):
        isa.tensor_reduce(target.access(cut(out)), op, source, axes, negate)

    return Pending(shape, kind_of(dtype, data.kind), emit, (data,), out)


def tensor_partition_reduce(op, data, *, mask=None, dtype=None, **keywords):
    """The reduction of a tile over its partitions, on one partition."""
    what = "nisa.tensor_partition_reduce"
    found = operands.checked(what, keywords, mask, data=data)
    if found is not None and found.rest:
        _core.refuse("U001", f"{what}: a mask that is no box")
    source = operands.in_sbuf(data)
    view = part(source, found)
    shape = (1, *data.shape[1:])
    out = found
    if found is not None and not found.is_empty:
        out = Region(shape, ((0, 1), *found.box[1:]))

    def emit(target):
        isa.tensor_partition_reduce(target.access(cut(out)), op, view)

    kind = kind_of(dtype, data.kind)
    return Pending(shape, kind, emit, (source,), out, memories=("sbuf",))


def tensor_scalar_reduce(
    *,
    data,
    op0,
    operand0,
    reduce_op,
    reduce_res,
    reverse0=False,
    dtype=None,
    mask=None,
    **keywords,
):
    """data op0 operand0, and its reduction over free dimensions in reduce_res."""
    what = "nisa.tensor_scalar_reduce"
    found = operands.checked(what, keywords, mask, data=data)
    source = part(data, found)
    first = column(operand0, found, what, "operand0")
    result = column(reduce_res, found, what, "reduce_res")

    def emit(target):
        isa.tensor_scalar_reduce(
            target.access(cut(found)), source, op0, first, reduce_op, result, reverse0
        )

    return Pending(data.shape, kind_of(dtype, data.kind), emit, (data, operand0), found)


def bn_stats(data, *, mask=None, dtype=None, **keywords):
    """Count, mean and variance * count of even and of odd elements of each partition: [P, 6]."""
    return _statistics("nisa.bn_stats", isa.bn_stats, 6, data, mask, dtype, keywords)


def bn_aggr(data, *, mask=None, dtype=None, **keywords):
    """Mean and variance of what bn_stats gave: [P, 2]."""
    return _statistics("nisa.bn_aggr", isa.bn_aggr, 2, data, mask, dtype, keywords)


def _statistics(what, instruction, width, data, mask, dtype, keywords):
    found = operands.checked(what, keywords, mask, data=data)
    source = part(data, found)
    shape = (data.shape[0], width)
    out = operands.rows(found, shape)

    def emit(target):
        instruction(target.access(cut(out)), source)

    return Pending(shape, kind_of(dtype, data.kind), emit, (data,), out)


def kind_like(kind, dtype):
    """dtype= of an instruction that cannot convert: E105 if it says anything else."""
    if dtype is not None and number_formats.kind(dtype) is not kind:
        _core.refuse("E105", "dtype", str(dtype), kind.name)
    return kind
