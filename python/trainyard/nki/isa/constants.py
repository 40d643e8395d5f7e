"""The enumerations of nki.isa, with their documented values."""

from enum import Enum, IntEnum

from trainyard import _core


class engine(Enum):
    """Which engine runs an instruction."""

    unknown = 0
    tensor = 1
    scalar = 2
    gpsimd = 3
    dma = 4
    vector = 5
    sync = 6


class dge_mode(Enum):
    """Who makes the descriptors of a DMA."""

    unknown = 0
    swdge = 1
    hwdge = 2
    none = 3


class oob_mode(Enum):
    """What a dynamic index outside its tensor does."""

    error = 0
    skip = 1


class dma_engine(Enum):
    """Which DMA engine a sendrecv uses."""

    dma = 1
    gpsimd_dma = 2


class reduce_cmd(Enum):
    """What happens to an engine's accumulators."""

    idle = 0
    reset = 1
    reduce = 2
    reset_reduce = 3
    load_reduce = 4


class matmul_perf_mode(Enum):
    """Performance modes of the Tensor Engine."""

    none = "none"
    double_row = "double_row"


class nc_version(IntEnum):
    """Generations of the NeuronCore."""

    gen2 = 2
    gen3 = 3
    gen4 = 4


for _enum in (engine, dge_mode, oob_mode, dma_engine, reduce_cmd):
    for _member in _enum:
        _core.register_enum(_enum.__name__, _member, _member.value)
_core.register_enum("perf_mode", matmul_perf_mode.none, 0)
_core.register_enum("perf_mode", matmul_perf_mode.double_row, 1)
