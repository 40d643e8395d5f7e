"""Instructions of the Vector, Scalar and GpSimd Engines that work element by element. Each returns
a tile; parameters are those of nki.isa, with mask= and dtype=."""

from trainyard import _core
from trainyard.nki import dtypes, isa
from trainyard.nki_older import assignment, number_formats, operands, promotion
from trainyard.nki_older.affine import broadcast as broadcast_shape
from trainyard.nki_older.isa.constants import engine as engines
from trainyard.nki_older.isa.constants import reduce_cmd as commands
from trainyard.nki_older.masks import Mask
from trainyard.nki_older.operands import check_keywords, check_tile, column, cut, part
from trainyard.nki_older.pending import Pending
from trainyard.nki_older.results import kind_of
from trainyard.nki_older.tile import is_tile


def tensor_tensor(data1, data2, op, *, dtype=None, mask=None, engine=engines.unknown, **keywords):
    """data1 op data2, for tiles of equally many elements. Free dimensions of size 1 are repeated:
    the documentation has no such thing, but public kernels that compile do it."""
    check_keywords("nisa.tensor_tensor", keywords)
    check_tile("nisa.tensor_tensor", data1, "data1")
    check_tile("nisa.tensor_tensor", data2, "data2")
    shape = data1.shape
    if data1.size != data2.size:
        shape = broadcast_shape(data1.shape, data2.shape)
        data1, data2 = (assignment.broadcast(d, shape) for d in (data1, data2))
    found = operands.region(mask, shape, data1, data2)
    if data1.memory == "psum" == data2.memory:
        data2 = operands.in_sbuf(data2)
    a, b = part(data1, found), part(data2, found)

    def emit(target):
        isa.tensor_tensor(target.access(cut(found)), a, b, op, engine)

    kind = kind_of(dtype, promotion.promoted(data1.kind, data2.kind))
    return Pending(shape, kind, emit, (data1, data2), found)


def tensor_scalar(
    data,
    op0,
    operand0,
    reverse0=False,
    op1=None,
    operand1=None,
    reverse1=False,
    *,
    dtype=None,
    mask=None,
    engine=engines.unknown,
    **keywords,
):
    """(data op0 operand0) op1 operand1; operands are numbers or [P, 1] tiles."""
    what = "nisa.tensor_scalar"
    found = operands.checked(what, keywords, mask, data=data)
    source = part(data, found)
    first = column(operand0, found, what, "operand0")
    second = None if operand1 is None else column(operand1, found, what, "operand1")

    def emit(target):
        isa.tensor_scalar(
            target.access(cut(found)), source, op0, first, reverse0, op1, second, reverse1, engine
        )

    return Pending(data.shape, kind_of(dtype, data.kind), emit, (data, operand0, operand1), found)


def scalar_tensor_tensor(
    *,
    data,
    op0,
    operand0,
    op1,
    operand1,
    reverse0=False,
    reverse1=False,
    dtype=None,
    mask=None,
    **keywords,
):
    """(data op0 operand0) op1 operand1; operand0 a number or a [P, 1] tile, operand1 a tile."""
    what = "nisa.scalar_tensor_tensor"
    found = operands.checked(what, keywords, mask, data=data)
    first = column(operand0, found, what, "operand0")
    second = part(operand1, found) if is_tile(operand1) else operand1
    source = part(data, found)

    def emit(target):
        isa.scalar_tensor_tensor(
            target.access(cut(found)), source, op0, first, op1, second, reverse0, reverse1
        )

    kind = kind_of(dtype, data.kind)
    return Pending(data.shape, kind, emit, (data, operand0, operand1), found)


def activation(
    op,
    data,
    *,
    bias=None,
    scale=1.0,
    reduce_op=None,
    reduce_res=None,
    reduce_cmd=commands.idle,
    mask=None,
    dtype=None,
    **keywords,
):
    """op(data * scale + bias) by the Scalar Engine; reduced over free dimensions by the way."""
    what = "nisa.activation"
    found = operands.checked(what, keywords, mask, data=data)
    source = part(data, found)
    offset = None if bias is None else column(bias, found, what, "bias")
    factor = column(scale, found, what, "scale")
    result = None if reduce_res is None else column(reduce_res, found, what, "reduce_res")

    def emit(target):
        isa.activation(
            target.access(cut(found)), op, source, offset, factor, reduce_op, result, reduce_cmd
        )

    sources = (data, bias, scale)
    return Pending(data.shape, kind_of(dtype, data.kind), emit, sources, found)


def activation_reduce(
    op,
    data,
    *,
    reduce_op,
    reduce_res,
    bias=None,
    scale=1.0,
    mask=None,
    dtype=None,
    **keywords,
):
    """activation, with the reduction over free dimensions in reduce_res."""
    what = "nisa.activation_reduce"
    found = operands.checked(what, keywords, mask, data=data)
    source = part(data, found)
    offset = None if bias is None else column(bias, found, what, "bias")
    factor = column(scale, found, what, "scale")
    result = column(reduce_res, found, what, "reduce_res")

    def emit(target):
        isa.activation_reduce(
            target.access(cut(found)), op, source, reduce_op, result, offset, factor
        )

    sources = (data, bias, scale)
    return Pending(data.shape, kind_of(dtype, data.kind), emit, sources, found)


def reciprocal(data, *, dtype=None, mask=None, **keywords):
    """1 / data, on the Vector Engine."""
    from trainyard.nki_older.language import elementwise

    check_keywords("nisa.reciprocal", keywords)
    return elementwise.reciprocal(data, dtype=dtype, mask=mask)


def tensor_copy(src, *, mask=None, dtype=None, engine=engines.unknown, **keywords):
    """A copy of a tile on chip."""
    found = operands.checked("nisa.tensor_copy", keywords, mask, src=src)
    source = part(src, found)

    def emit(target):
        isa.tensor_copy(target.access(cut(found)), source, engine)

    kind = kind_of(dtype, src.kind)
    converts = kind.name == "float32" or kind is src.kind
    return Pending(src.shape, kind, emit, (src,), found, converts=converts)


def tensor_copy_dynamic_src(src, *, mask=None, dtype=None, engine=engines.unknown, **keywords):
    """A copy of a tile on chip whose place in its partitions a tile says."""
    return tensor_copy(src, mask=mask, dtype=dtype, engine=engine, **keywords)


def tensor_copy_dynamic_dst(*, dst, src, mask=None, dtype=None, engine=engines.unknown, **keywords):
    """Copies to a tile on chip whose place in its partitions a tile says."""
    what = "nisa.tensor_copy_dynamic_dst"
    check_keywords(what, keywords)
    check_tile(what, dst, "dst")
    check_tile(what, src, "src")
    if dtype is not None and number_formats.kind(dtype) is not dst.kind:
        _core.refuse("E105", f"{what}: dtype", str(dtype), dst.kind.name, "dst")
    found = operands.region(mask, dst.shape, dst)
    if found is None or not found.is_empty:
        isa.tensor_copy(dst.access(cut(found)), part(src, found), engine)


def tensor_copy_predicated(
    *, src, dst, predicate, reverse_pred=False, mask=None, dtype=None, **keywords
):
    """Copies to dst where the predicate is not 0 (is 0, if reverse_pred)."""
    what = "nisa.tensor_copy_predicated"
    check_keywords(what, keywords)
    check_tile(what, dst, "dst")
    check_tile(what, predicate, "predicate")
    if dtype is not None and number_formats.kind(dtype) is not dst.kind:
        _core.refuse("E105", f"{what}: dtype", str(dtype), dst.kind.name, "dst")
    found = operands.region(mask, dst.shape, dst)
    if found is not None and found.is_empty:
        return
    source = part(src, found) if is_tile(src) else src
    chosen = operands.predicate(predicate, found)
    isa.tensor_copy_predicated(dst.access(cut(found)), source, chosen, reverse_pred)


def memset(shape, value, dtype, *, mask=None, engine=engines.unknown, **keywords):
    """A tile whose elements are all `value`."""
    check_keywords("nisa.memset", keywords)
    shape = tuple(int(n) for n in shape)
    kind = number_formats.kind(dtype)
    number = int(value) if dtypes.is_integer(kind) and value == int(value) else float(value)
    found = operands.region(mask, shape)

    def emit(target):
        isa.memset(target.access(cut(found)), number, engine)

    return Pending(shape, kind, emit, (), found)


def iota(expr, dtype, *, mask=None, **keywords):
    """A tile with the values of an index expression."""
    check_keywords("nisa.iota", keywords)
    if not hasattr(expr, "steps") or is_tile(expr):
        found_, allowed = type(expr).__name__, "an expression of nl.arange"
        _core.refuse("E111", "nisa.iota: expr", found_, allowed, "nisa.iota")
    if len(expr.shape) < 2:
        fix = "Place the expression in a dimension: nl.arange(128)[:, None]."
        _core.refuse("E120", "nisa.iota: an expression of one dimension", str(expr.shape), fix=fix)
    found = operands.region(mask, expr.shape)
    box = cut(found) or [(0, n) for n in expr.shape]
    start = expr.constant + sum(s * a for s, (a, _) in zip(expr.steps, box, strict=True))
    pattern = [[s, b - a] for s, (a, b) in zip(expr.steps[1:], box[1:], strict=True)]

    def emit(target):
        isa.iota(target.access(cut(found)), pattern, start, expr.steps[0])

    kind = number_formats.kind(dtype)
    return Pending(expr.shape, kind, emit, (), found, memories=("sbuf",), converts=False)


def affine_select(pred, on_true_tile, on_false_value, *, mask=None, dtype=None, **keywords):
    """on_true_tile where the comparison `pred` of index expressions holds, else a number."""
    found = operands.checked("nisa.affine_select", keywords, mask, on_true_tile=on_true_tile)
    source = operands.in_sbuf(on_true_tile)
    data = part(source, found)
    pattern, multiplier, offset, compare = _condition(pred, on_true_tile.shape, cut(found))
    number = float(on_false_value)

    def emit(target):
        isa.affine_select(
            target.access(cut(found)), pattern, multiplier, data, number, compare, offset
        )

    kind = kind_of(dtype, on_true_tile.kind)
    return Pending(on_true_tile.shape, kind, emit, (source,), found, memories=("sbuf",))


def _condition(pred, shape, box):
    """pattern, channel_multiplier, offset and cmp_op of one comparison; of a box of the tile."""
    from trainyard.nki.language import equal, greater_equal
    from trainyard.nki_older.masks import steps_in

    if not isinstance(pred, Mask) or pred.constraints is None or len(pred.constraints) != 1:
        fix = "Select twice, or use nl.where."
        found = type(pred).__name__ if not isinstance(pred, Mask) else repr(pred)
        _core.refuse("E111", "nisa.affine_select: pred", found, "one comparison", fix=fix)
    ((expression, exact),) = pred.constraints
    steps = steps_in(expression, shape)
    box = box or [(0, n) for n in shape]
    offset = expression.constant + sum(s * a for s, (a, _) in zip(steps, box, strict=True))
    pattern = [[s, b - a] for s, (a, b) in zip(steps[1:], box[1:], strict=True)]
    return pattern, steps[0], offset, equal if exact else greater_equal


def tensor_tensor_scan(
    data0,
    data1,
    initial,
    op0,
    op1,
    reverse0=False,
    reverse1=False,
    *,
    dtype=None,
    mask=None,
    **keywords,
):
    """result[i] = (data0[i] op0 result[i - 1]) op1 data1[i], from `initial`."""
    what = "nisa.tensor_tensor_scan"
    found = operands.checked(what, keywords, mask, data0=data0, data1=data1)
    a, b = part(data0, found), part(data1, found)
    start = column(initial, found, what, "initial")

    def emit(target):
        isa.tensor_tensor_scan(target.access(cut(found)), a, b, start, op0, op1, reverse0, reverse1)

    kind = kind_of(dtype, promotion.promoted(data0.kind, data1.kind))
    return Pending(data0.shape, kind, emit, (data0, data1, initial), found, converts=False)


def dropout(data, prob, *, mask=None, dtype=None, **keywords):
    """data with elements replaced by 0, each with probability `prob`, a number or [P, 1]."""
    found = operands.checked("nisa.dropout", keywords, mask, data=data)
    source = part(data, found)
    chance = column(prob, found, "nisa.dropout", "prob")

    def emit(target):
        isa.dropout(target.access(cut(found)), source, chance)

    return Pending(data.shape, kind_of(dtype, data.kind), emit, (data,), found)
