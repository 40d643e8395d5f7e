"""nki.isa: the instructions of the NeuronCore. Each function is a C++ object made from the
instruction's own description: help(nki.isa.nc_matmul) and `trainyard explain nc_matmul` show it."""

from trainyard import _core
from trainyard.nki.isa import constants
from trainyard.nki.isa.constants import (
    dge_mode,
    dma_engine,
    engine,
    matmul_perf_mode,
    nc_version,
    oob_mode,
    reduce_cmd,
)

NkiInstruction = _core.NkiInstruction
NkiValidationError = _core.Error
VirtualRegister = _core.VirtualRegister

tensor_engine = engine.tensor
vector_engine = engine.vector
scalar_engine = engine.scalar
gpsimd_engine = engine.gpsimd
unknown_engine = engine.unknown

_functions = dict(_core.instructions)
globals().update(_functions)


def register_alloc(x=None):
    """A new register, optionally set to an integer or to the value of a one-element tensor."""
    register = _core.current_trace().add_register()
    _core.instructions["register_alloc"](register, x)
    return register


def tensor_copy_dynamic_src(dst, src, engine=engine.unknown, name=None):
    """tensor_copy from a view with a dynamic address: the name of NKI 0.2 and 0.3."""
    return _dynamic_copy("tensor_copy_dynamic_src", dst, src, engine, name)


def tensor_copy_dynamic_dst(dst, src, engine=engine.unknown, name=None):
    """tensor_copy to a view with a dynamic address: the name of NKI 0.2 and 0.3."""
    return _dynamic_copy("tensor_copy_dynamic_dst", dst, src, engine, name)


def _dynamic_copy(what, dst, src, engine, name):
    from trainyard.nki import versions

    versions.gone(f"nki.isa.{what}", "tensor_copy")
    return _core.instructions["tensor_copy"](dst, src, engine, name)


def get_nc_version():
    """The generation of the NeuronCore that the kernel is traced for."""
    return nc_version(_core.current_trace().machine.version)


def get_nc_sub_version():
    """The silicon revision of that NeuronCore: 0, the first, on every described machine."""
    _core.current_trace()
    return 0


__all__ = [
    *_functions,
    "NkiInstruction",
    "NkiValidationError",
    "VirtualRegister",
    "constants",
    "dge_mode",
    "dma_engine",
    "engine",
    "get_nc_sub_version",
    "get_nc_version",
    "matmul_perf_mode",
    "nc_version",
    "oob_mode",
    "reduce_cmd",
    "register_alloc",
]
