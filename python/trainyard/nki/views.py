"""What NkiTensor does beyond the views of the core: rearranging by name, assigning, and showing
values. These are methods of NkiTensor; importing this module puts them there."""

import numpy as np

from trainyard import _core
from trainyard.nki import isa
from trainyard.nki.arrays import to_numpy
from trainyard.nki.buffers import is_on_chip

NkiTensor = _core.NkiTensor


def rearrange(self, src_pattern, dst_pattern, fixed_sizes=None):
    """A view with dimensions split, reordered and merged by name, as in
    t.rearrange(("p", ("h", "w")), ("p", "w", "h"), {"h": 4}). A group in the source splits one
    dimension, of whose sizes one may be left open; a group in the destination merges
    neighbours. No data move."""
    sizes = dict(fixed_sizes or {})
    groups = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in src_pattern]
    targets = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in dst_pattern]
    names = [name for group in groups for name in group]
    wanted = [name for group in targets for name in group]
    if len(groups) != self.ndim:
        found, allowed = f"{len(groups)} entries", f"{self.ndim} dimensions"
        _core.refuse("E121", "rearrange: the source pattern", found, allowed, f"shape {self.shape}")
    if len(set(names)) != len(names) or sorted(names) != sorted(wanted):
        found, allowed = ", ".join(map(str, wanted)), ", ".join(map(str, names))
        _core.refuse("E121", "rearrange: the patterns name different dimensions", found, allowed)
    view = self
    for group in reversed(list(enumerate(groups))):
        view = _split(view, *group, sizes)
    order = [names.index(name) for name in wanted]
    if order != list(range(len(order))):
        view = view.permute(order)
    for at, group in enumerate(targets):
        if len(group) > 1:
            view = view.flatten_dims(at, at + len(group) - 1)
        elif not group:
            view = view.expand_dim(at)
    return view


def _split(view, dim, group, sizes):
    """Dimension `dim` as the group's dimensions; one size that is not known follows."""
    if len(group) == 1:
        if sizes.get(group[0], view.shape[dim]) not in (view.shape[dim], -1):
            found, allowed = str(sizes[group[0]]), str(view.shape[dim])
            _core.refuse("E121", f"rearrange: the size of {group[0]}", found, allowed)
        return view
    if not group:
        return view.squeeze_dim(dim)
    shape = [sizes.get(name, -1) for name in group]
    if shape.count(-1) > 1:
        fix = "Give all sizes of a group but one in fixed_sizes."
        _core.refuse("E121", f"rearrange: the sizes of {group} are open", fix=fix)
    return view.reshape_dim(dim, shape)


def assign(self, key, value):
    """t[key] = value copies: a number by memset, a tile on chip by tensor_copy, else by DMA."""
    target = self[key]
    if not isinstance(value, NkiTensor):
        isa.memset(target, value)
    elif is_on_chip(target.buffer) and is_on_chip(value.buffer):
        isa.tensor_copy(target, value)
    else:
        isa.dma_copy(target, value)


def array(self, dtype=None, copy=None):
    """The values, for numpy.asarray; the kernel runs up to here."""
    values = to_numpy(self)
    return values if dtype is None else values.astype(dtype)


def text(self):
    """What print shows: the tensor and its values. The kernel runs up to here."""
    if _core.has_trace() and not _core.current_trace().time_only:
        return f"{self!r}\n{np.array2string(to_numpy(self), threshold=64)}"
    return repr(self)


NkiTensor.rearrange = rearrange
NkiTensor.__setitem__ = assign
NkiTensor.numpy = to_numpy
NkiTensor.__array__ = array
NkiTensor.__str__ = text
