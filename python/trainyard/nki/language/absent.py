"""Names of the older API: each refuses by name when it is used."""

from trainyard import _core


class Older:
    """A name of the older API (neuronxcc.nki): using it in any way is refused by name. A module
    `__getattr__` would do, but slows down every access to nl."""

    def __init__(self, name, fix):
        self._name = name
        self._fix = fix

    def __repr__(self):
        return f"nl.{self._name} (older API)"

    def _refuse(self, *_, **__):
        text = f"nl.{self._name} belongs to the older API: import neuronxcc.nki.language"
        _core.refuse("U001", text, fix=self._fix)

    __call__ = __getitem__ = __iter__ = __index__ = _refuse


_ONE_BY_ONE = "Index with slices, or with tensor.ap(pattern)."

all_reduce = Older("all_reduce", "Use nki.collectives.all_reduce.")
arange = Older("arange", _ONE_BY_ONE)
atomic_rmw = Older("atomic_rmw", "Use nisa.dma_compute.")
gemm_grid = Older("gemm_grid", "Loop over tiles.")
loop_reduce = Older("loop_reduce", "Accumulate with nisa.tensor_tensor.")
mgrid = Older("mgrid", _ONE_BY_ONE)
nc = Older("nc", "Launch with kernel[2].")
par_dim = Older("par_dim", "The first dimension of a tile is its partition dimension.")
spmd_dim = Older("spmd_dim", "Launch with kernel[2].")
static_cast = Older("static_cast", "Pass dtype=, or copy with nl.copy(x, dtype).")
