"""The launch grid of the older API: as many dimensions as one likes, each point an independent
program. Programs run one after another on one NeuronCore; dimensions, or parts of them, that
nl.nc places on cores run on as many."""

import itertools
import math

from trainyard import _core
from trainyard.nki_older.state import state


class Dimension:
    """A dimension of the grid: `size` programs. `cores`: how many physical cores share them;
    `outer`: whether neighbouring programs share a core (the cores are the outer part)."""

    __slots__ = ("cores", "outer", "size")

    def __init__(self, size, cores=1, outer=True):
        self.size = size
        self.cores = cores
        self.outer = outer

    def core_of(self, index):
        """The core that runs a program."""
        per_core = self.size // self.cores
        return index // per_core if self.outer else index % self.cores

    def __mul__(self, other):
        return spmd_dim(self, other)

    def __rmul__(self, other):
        return spmd_dim(other, self)

    def __repr__(self):
        return f"spmd_dim({self.size}, {self.cores} cores)"


def nc(cores):
    """A grid dimension of `cores` programs, each on a physical core of its own."""
    if cores not in (1, 2):
        allowed = "1 or 2"
        _core.refuse("E007", "nl.nc", str(cores), allowed, "cores of a logical core")
    return Dimension(int(cores), int(cores))


def spmd_dim(first, second):
    """A grid dimension of first * second programs, the second counting fastest. One of the two
    can be nl.nc(n), which says how the programs are dealt to cores."""
    sizes = [_size(first), _size(second)]
    placed = [isinstance(part, Dimension) and part.cores > 1 for part in (first, second)]
    if all(placed):
        _core.refuse("E007", "nl.spmd_dim", "two nl.nc", "one at most", "a grid dimension")
    cores = first.cores if placed[0] else second.cores if placed[1] else 1
    return Dimension(sizes[0] * sizes[1], cores, outer=placed[0] or not placed[1])


def _size(part):
    return part.size if isinstance(part, Dimension) else int(part)


def dimensions(grid):
    """The Dimensions of what stands in kernel[…]."""
    parts = grid if isinstance(grid, tuple) else (grid,)
    found = [p if isinstance(p, Dimension) else Dimension(int(p)) for p in parts]
    if any(d.size < 1 for d in found) or sum(d.cores > 1 for d in found) > 1:
        allowed = "sizes from 1, nl.nc in one dimension at most"
        _core.refuse("E007", "the launch grid", str(grid), allowed, "kernel[grid]")
    return tuple(found)


class Programs:
    """The programs of a launch and which of them runs now. HBM that every program declares as
    shared is declared once: the n-th of each program is the n-th of the first."""

    def __init__(self, dims):
        self.dims = dims
        self.id = (0,) * len(dims)
        self.shared = []
        self.next_shared = 0

    @property
    def count(self):
        """Number of programs."""
        return math.prod(d.size for d in self.dims)

    def of_core(self, core):
        """Ids of the programs that a core runs, in order; core 0 runs what no dimension deals."""
        placed = [(d, axis) for axis, d in enumerate(self.dims) if d.cores > 1]
        if not placed and core:
            return
        for index in itertools.product(*(range(d.size) for d in self.dims)):
            if all(d.core_of(index[axis]) == core for d, axis in placed):
                yield index

    def start(self, index):
        """Begins a program."""
        self.id = index
        self.next_shared = 0

    def share(self, what, make):
        """The next tensor in shared HBM: that of the first program, or a new one. `what` is its
        shape and format, which all programs must agree on (E007)."""
        position, self.next_shared = self.next_shared, self.next_shared + 1
        if position == len(self.shared):
            self.shared.append((what, make()))
        first, tensor = self.shared[position]
        if what != first:
            text = "programs of the grid declare different tensors in shared HBM"
            _core.refuse("E007", text, str(what), str(first), "the first program")
        return tensor


_ONE = Programs(())


def current():
    """The programs of the launch that this thread traces."""
    return state.programs or _ONE


def is_single():
    """Whether the kernel runs once."""
    return current().count == 1


def program_id(axis):
    """Where this program is along a dimension of the launch grid."""
    return current().id[_axis("nl.program_id", axis)]


def num_programs(axes=None):
    """Programs along the given dimensions; of the whole grid if none is given."""
    if axes is None:
        return current().count
    listed = axes if isinstance(axes, (list, tuple)) else (axes,)
    return math.prod(current().dims[_axis("nl.num_programs", a)].size for a in listed)


def program_ndim():
    """Dimensions of the launch grid: 0 for a kernel that is called without one."""
    return len(current().dims)


def _axis(what, axis):
    ndim = len(current().dims)
    if not -ndim <= axis < ndim:
        fix = "Launch the kernel with a grid: kernel[4, 2](…)."
        found, allowed = str(axis), f"0 to {ndim - 1}" if ndim else "a launch grid"
        _core.refuse("E111", f"{what}: axis", found, allowed, "the launch grid", fix)
    return int(axis)
