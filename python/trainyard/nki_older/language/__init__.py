"""nl of the older API: tiles returned, masks, index expressions, grids."""

from trainyard.nki.absence import absent as _absent
from trainyard.nki.language import average, bypass, dynamic_range, prelu, tile_size
from trainyard.nki_older import operators as _operators
from trainyard.nki_older.affine import arange, mgrid
from trainyard.nki_older.grid import nc, num_programs, program_id, program_ndim, spmd_dim
from trainyard.nki_older.language.creation import (
    empty_like,
    full,
    ndarray,
    ones,
    par_dim,
    shared_constant,
    shared_identity_matrix,
    zeros,
    zeros_like,
)
from trainyard.nki_older.language.elementwise import (
    abs,
    add,
    arctan,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    ceil,
    cos,
    divide,
    equal,
    erf,
    erf_dx,
    exp,
    floor,
    fmod,
    gelu,
    gelu_apprx_sigmoid,
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
    sin,
    softplus,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
    where,
)
from trainyard.nki_older.language.loops import (
    affine_range,
    ds,
    loop_reduce,
    sequential_range,
    static_range,
)
from trainyard.nki_older.language.movement import (
    broadcast_to,
    copy,
    expand_dims,
    load,
    load_transpose2d,
    matmul,
    static_cast,
    store,
    transpose,
)
from trainyard.nki_older.language.program import all_reduce, atomic_rmw, device_print
from trainyard.nki_older.language.random import dropout, gather_flattened, rand, random_seed
from trainyard.nki_older.language.reductions import (
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
from trainyard.nki_older.memories import hbm, private_hbm, psum, sbuf, shared_hbm
from trainyard.nki_older.number_formats import (
    bfloat16,
    bfp16,
    bool_,
    finfo,
    float8_e4m3,
    float8_e5m2,
    float16,
    float32,
    fp32,
    int8,
    int16,
    int32,
    tfloat32,
    uint8,
    uint16,
    uint32,
)

_GRID = "Use nl.mgrid with nl.tile_size."

dslice = ds
gemm_grid = _absent("nl.gemm_grid", "its form is not documented", _GRID)
gemm_stationary_grid = _absent("nl.gemm_stationary_grid", "its form is not documented", _GRID)

__all__ = sorted(name for name in globals() if not name.startswith("_"))
