"""Instructions that search, select, gather and shuffle."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki.language import maximum
from trainyard.nki_older import number_formats, operands
from trainyard.nki_older.isa.constants import reduce_cmd as commands
from trainyard.nki_older.number_formats import fp32
from trainyard.nki_older.operands import check_keywords, check_tile, column, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of

_UINT32 = dtypes.by_name["uint32"]


def max8(*, src, mask=None, dtype=None, **keywords):
    """The eight largest values of each partition, in descending order."""
    found = operands.checked("nisa.max8", keywords, mask, src=src)
    source = part(src, found)
    shape = (src.shape[0], 8)
    out = operands.rows(found, shape)

    def emit(target):
        isa.max8(target.access(cut(out)), source)

    return Pending(shape, kind_of(dtype, src.kind), emit, (src,), out)


def nc_find_index8(*, data, vals, mask=None, dtype=None, **keywords):
    """Where in each partition of data the eight values of vals are first found."""
    what = "nisa.nc_find_index8"
    check_keywords(what, keywords)
    check_tile(what, data, "data")
    check_tile(what, vals, "vals")
    found = operands.region(mask, data.shape, data)
    source = part(data, found)
    out = operands.rows(found, vals.shape)
    values = vals.access(cut(out))

    def emit(target):
        isa.nc_find_index8(target.access(cut(out)), source, values)

    kind = kind_of(dtype, _UINT32)
    return Pending(vals.shape, kind, emit, (data, vals), out, converts=False, in_order=False)


def nc_match_replace8(*, data, vals, imm, dst_idx=None, mask=None, dtype=None, **keywords):
    """data with the first of each of eight values replaced by `imm`; where they were, in
    dst_idx."""
    what = "nisa.nc_match_replace8"
    check_keywords(what, keywords)
    check_tile(what, data, "data")
    check_tile(what, vals, "vals")
    found = operands.region(mask, data.shape, data)
    source = part(data, found)
    rows = operands.rows(found, vals.shape)
    values = vals.access(cut(rows))
    indices = None
    if dst_idx is not None:
        check_tile(what, dst_idx, "dst_idx")
        indices = dst_idx.access(cut(operands.rows(found, dst_idx.shape)))
    number = float(imm)

    def emit(target):
        isa.nc_match_replace8(target.access(cut(found)), source, values, number, indices)

    kind = kind_of(dtype, data.kind)
    return Pending(data.shape, kind, emit, (data, vals), found, converts=False)


def nc_stream_shuffle(src, dst, shuffle_mask, *, dtype=None, mask=None, **keywords):
    """Partition i of each 32 of dst becomes partition shuffle_mask[i] of src; 255 leaves it."""
    what = "nisa.nc_stream_shuffle"
    check_keywords(what, keywords)
    check_tile(what, src, "src")
    check_tile(what, dst, "dst")
    if dtype is not None and number_formats.kind(dtype) is not dst.kind:
        _core.refuse("E105", f"{what}: dtype", str(dtype), dst.kind.name, "dst")
    found = operands.region(mask, dst.shape, dst)
    if found is None:
        isa.nc_stream_shuffle(dst.access(), src.access(), list(shuffle_mask))
    elif not found.is_empty:
        isa.nc_stream_shuffle(dst.access(cut(found)), part(src, found), list(shuffle_mask))


def range_select(
    *,
    on_true_tile,
    comp_op0,
    comp_op1,
    bound0,
    bound1,
    reduce_cmd=commands.idle,
    reduce_res=None,
    reduce_op=maximum,
    range_start=0,
    on_false_value=fp32.min,
    mask=None,
    dtype=None,
    **keywords,
):
    """on_true_tile where the index of the element is within two bounds, else a number."""
    what = "nisa.range_select"
    found = operands.checked(what, keywords, mask, on_true_tile=on_true_tile)
    source = part(on_true_tile, found)
    first, second = column(bound0, found, what, "bound0"), column(bound1, found, what, "bound1")
    result, narrow = _float32_result(reduce_res, found, what)
    start = range_start
    if found is not None and not found.is_empty and found.box[-1][0]:
        _core.refuse("U001", f"{what}: a mask that does not start at the first element")

    def emit(target):
        isa.range_select(
            target.access(cut(found)),
            source,
            comp_op0,
            comp_op1,
            first,
            second,
            reduce_cmd,
            result,
            reduce_op,
            start,
            on_false_value,
        )
        narrow()

    kind = kind_of(dtype, on_true_tile.kind)
    return Pending(on_true_tile.shape, kind, emit, (on_true_tile,), found)


def _float32_result(reduce_res, found, what):
    """A float32 column for a reduction, and what copies it to a result of another format."""
    if reduce_res is None:
        return None, lambda: None
    view = column(reduce_res, found, what, "reduce_res")
    if reduce_res.kind.name == "float32":
        return view, lambda: None
    wide = _core.ndarray(view.shape, "float32")
    return wide, lambda: isa.tensor_copy(view, wide)


def select_reduce(
    *,
    dst,
    predicate,
    on_true,
    on_false,
    reduce_res=None,
    reduce_cmd=commands.idle,
    reduce_op=maximum,
    reverse_pred=False,
    mask=None,
    dtype=None,
    **keywords,
):
    """dst = on_true where the predicate is not 0, else on_false; the maximum in reduce_res."""
    what = "nisa.select_reduce"
    check_keywords(what, keywords)
    check_tile(what, dst, "dst")
    check_tile(what, predicate, "predicate")
    check_tile(what, on_true, "on_true")
    if dtype is not None and number_formats.kind(dtype) is not dst.kind:
        _core.refuse("E105", f"{what}: dtype", str(dtype), dst.kind.name, "dst")
    found = operands.region(mask, dst.shape, dst)
    if found is not None and found.is_empty:
        return
    other = column(on_false, found, what, "on_false")
    result = None if reduce_res is None else column(reduce_res, found, what, "reduce_res")
    isa.select_reduce(
        dst.access(cut(found)),
        operands.predicate(predicate, found),
        part(on_true, found),
        other,
        result,
        reduce_cmd,
        reduce_op,
        reverse_pred,
    )


def tensor_scalar_cumulative(
    *,
    src,
    dst,
    op0,
    op1,
    imm0,
    imm1=None,
    reduce_cmd=commands.reset_reduce,
    mask=None,
    **keywords,
):
    """dst[i] = (src[i] op0 imm0) op1 dst[i - 1]."""
    what = "nisa.tensor_scalar_cumulative"
    check_keywords(what, keywords)
    check_tile(what, src, "src")
    check_tile(what, dst, "dst")
    found = operands.region(mask, dst.shape, dst)
    if found is not None and found.is_empty:
        return
    first = column(imm0, found, what, "imm0")
    second = None if imm1 is None else column(imm1, found, what, "imm1")
    isa.tensor_scalar_cumulative(
        dst.access(cut(found)), part(src, found), op0, op1, first, second, reduce_cmd
    )


def local_gather(
    src_buffer, index, num_elem_per_idx=1, num_valid_indices=None, *, mask=None, **keywords
):
    """Gathers within groups of 16 partitions; see nki.isa.local_gather."""
    what = "nisa.local_gather"
    check_keywords(what, keywords)
    check_tile(what, src_buffer, "src_buffer")
    check_tile(what, index, "index")
    if mask is not None and mask is not True:
        _core.refuse("U001", f"{what} with a mask")
    count = num_valid_indices or index.size // max(1, index.shape[0] // 16)
    source, picks = src_buffer.access(), index.access()
    shape = (src_buffer.shape[0], count * num_elem_per_idx)
    if num_elem_per_idx > 1:
        shape = (src_buffer.shape[0], count, num_elem_per_idx)

    def emit(target):
        isa.local_gather(target.access(), source, picks, num_elem_per_idx, num_valid_indices)

    sources = (src_buffer, index)
    return Pending(
        shape, src_buffer.kind, emit, sources, memories=("sbuf",), converts=False, in_order=False
    )


def sequence_bounds(*, segment_ids, dtype=None, **keywords):
    """For each element the start and the end of its segment: [1, 2, N]."""
    what = "nisa.sequence_bounds"
    check_keywords(what, keywords)
    check_tile(what, segment_ids, "segment_ids")
    source = segment_ids.access()
    shape = (segment_ids.shape[0], 2, *segment_ids.shape[1:])
    kind = kind_of(dtype, segment_ids.kind)

    def emit(target):
        isa.sequence_bounds(target.access(), source)

    return Pending(
        shape, kind, emit, (segment_ids,), memories=("sbuf",), converts=False, in_order=False
    )
