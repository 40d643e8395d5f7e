"""Calls as NKI 0.2 spelled them, in today's spelling. Taken where no version was chosen, with a
remark, and where 0.2 was."""

import inspect

from trainyard import _core
from trainyard.nki import language as nl
from trainyard.nki.isa import constants
from trainyard.nki.versions import histories, short


def _dma_copy(named):
    """dst_rmw_op, which is dma_compute now, and unique_indices."""
    operator = named.pop("dst_rmw_op", None)
    unique = named.pop("unique_indices", True)
    if operator is None:
        return "dma_copy", named
    named.pop("dge_mode", None)
    srcs = [named.pop("src"), named["dst"]]
    return "dma_compute", named | {"srcs": srcs, "reduce_op": operator, "unique_indices": unique}


def _register_move(named):
    """imm instead of src."""
    return "register_move", {"dst": named["dst"], "src": named["imm"]}


def _sendrecv(named):
    """use_gpsimd_dma instead of dma_engine."""
    engine = constants.dma_engine
    by_gpsimd = named.pop("use_gpsimd_dma", False)
    named["dma_engine"] = engine.gpsimd_dma if by_gpsimd else engine.dma
    return "sendrecv", named


def _tensor_reduce(named):
    """axis=1 meant the last dimension, whatever their number."""
    if named["axis"] in (1, (1,), [1]):
        named["axis"] = named["data"].ndim - 1
    return "tensor_reduce", named


def _range_select(named):
    """on_false_value and reduce_cmd were ignored."""
    named.pop("on_false_value", None)
    named.pop("reduce_cmd", None)
    return "range_select", named


_CONVERT = {
    "nki.isa.dma_copy": _dma_copy,
    "nki.isa.range_select": _range_select,
    "nki.isa.register_move": _register_move,
    "nki.isa.sendrecv": _sendrecv,
    "nki.isa.tensor_reduce": _tensor_reduce,
}
_KEYWORDS = {"dst_rmw_op", "imm", "unique_indices", "use_gpsimd_dma"}
_KEYWORDS_OF = {"nki.isa.dma_copy", "nki.isa.register_move", "nki.isa.sendrecv"}


def parameters(full):
    """The parameters of an instruction in NKI 0.2, in order."""
    history = histories().get(full)
    if history and history.at(2):
        return history.at(2).names
    return tuple(inspect.signature(_core.instructions[full.rpartition(".")[2]]).parameters)


def in_ours(full, args, kwargs):
    """(function, args, kwargs) of today for a call as 0.2 spelled it."""
    named = dict(zip(parameters(full), args, strict=False)) | kwargs
    convert = _CONVERT.get(full)
    name, named = convert(named) if convert else (full.rpartition(".")[2], named)
    return _core.instructions[name], (), named


def _is_operator(value):
    return callable(value) or isinstance(value, type(nl.bypass))


def _looks_older(full, args, kwargs):
    """Whether only 0.2 would spell a call so."""
    if full == "nki.isa.dma_compute":
        return len(args) > 3 and _is_operator(args[3]) and not _is_operator(args[2])
    if full == "nki.isa.affine_select":
        return len(args) > 4 and isinstance(args[4], _core.NkiTensor)
    return full in _KEYWORDS_OF and bool(_KEYWORDS & kwargs.keys())


def respelled(full, args, kwargs):
    """in_ours() with a remark, or None: no version was chosen, and the call does not fit the
    newest."""
    if not _looks_older(full, args, kwargs):
        return None
    text = f"{short(full)} is called as in NKI 0.2 (an error with --nki 0.3 and later)"
    _core.current_trace().note(text)
    return in_ours(full, args, kwargs)
