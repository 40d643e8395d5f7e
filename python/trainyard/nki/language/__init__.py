"""nki.language: tensors, number formats, loops, and functions that double as operator tokens."""

from trainyard import _core
from trainyard.nki import dtypes as _dtypes
from trainyard.nki.buffers import (
    MemoryRegion,
    hbm,
    is_hbm,
    is_on_chip,
    is_psum,
    is_sbuf,
    private_hbm,
    psum,
    sbuf,
    shared_hbm,
)
from trainyard.nki.language.absent import (
    all_reduce,
    arange,
    atomic_rmw,
    gemm_grid,
    loop_reduce,
    mgrid,
    nc,
    par_dim,
    spmd_dim,
    static_cast,
)
from trainyard.nki.language.creation import (
    empty_like,
    full,
    ndarray,
    ones,
    shared_constant,
    shared_identity_matrix,
    zeros,
    zeros_like,
)
from trainyard.nki.language.elementwise import (
    abs,
    abs_max,
    abs_min,
    add,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    divide,
    equal,
    erf,
    erf_dx,
    exp,
    fmod,
    gelu,
    gelu_apprx_sigmoid,
    gelu_apprx_sigmoid_dx,
    gelu_apprx_tanh,
    gelu_dx,
    greater,
    greater_equal,
    invert,
    left_shift,
    less,
    less_equal,
    log,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mish,
    mod,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    relu,
    right_shift,
    rsqrt,
    sigmoid,
    sign,
    silu,
    silu_dx,
    softplus,
    sqrt,
    square,
    subtract,
    tanh,
)
from trainyard.nki.language.functions import arctan, ceil, cos, floor, sin, tan, trunc, where
from trainyard.nki.language.loops import (
    affine_range,
    ds,
    dynamic_range,
    fori_loop,
    sequential_range,
    static_range,
    while_loop,
)
from trainyard.nki.language.machine_size import tile_size
from trainyard.nki.language.movement import (
    broadcast_to,
    copy,
    expand_dims,
    load,
    load_transpose2d,
    matmul,
    store,
    transpose,
)
from trainyard.nki.language.program import (
    NKIObject,
    device_print,
    no_reorder,
    num_programs,
    program_id,
    program_ndim,
)
from trainyard.nki.language.randomness import dropout, gather_flattened, rand, random_seed
from trainyard.nki.language.reductions import (
    all,
    max,
    mean,
    min,
    prod,
    rms_norm,
    softmax,
    sum,
    var,
)
from trainyard.nki.language.tokens import average, bypass, prelu

NkiTensor = _core.NkiTensor
DType = dtype = _core.DType
tensor = NkiTensor
range = static_range

globals().update(_dtypes.by_name)
globals().update({_alias: _dtypes.by_name[_name] for _alias, _name in _dtypes.aliases.items()})

__all__ = sorted(_name for _name in globals() if not _name.startswith("_"))
