"""nisa of the older API: instructions that return tiles, over those of trainyard.nki.isa."""

from trainyard.nki import isa as _newer
from trainyard.nki.absence import absent as _absent
from trainyard.nki_older.isa import constants
from trainyard.nki_older.isa.constants import (
    dge_mode,
    dma_engine,
    engine,
    matmul_perf_mode,
    nc_version,
    oob_mode,
    reduce_cmd,
)
from trainyard.nki_older.isa.dma import dma_copy, dma_transpose
from trainyard.nki_older.isa.engines import (
    activation,
    activation_reduce,
    affine_select,
    dropout,
    iota,
    memset,
    reciprocal,
    scalar_tensor_tensor,
    tensor_copy,
    tensor_copy_dynamic_dst,
    tensor_copy_dynamic_src,
    tensor_copy_predicated,
    tensor_scalar,
    tensor_tensor,
    tensor_tensor_scan,
)
from trainyard.nki_older.isa.matmul import nc_matmul, nc_transpose
from trainyard.nki_older.isa.reductions import (
    bn_aggr,
    bn_stats,
    tensor_partition_reduce,
    tensor_reduce,
    tensor_scalar_reduce,
)
from trainyard.nki_older.isa.search import (
    local_gather,
    max8,
    nc_find_index8,
    nc_match_replace8,
    nc_stream_shuffle,
    range_select,
    select_reduce,
    sequence_bounds,
    tensor_scalar_cumulative,
)
from trainyard.nki_older.number_formats import fp32

get_nc_version = _newer.get_nc_version
get_nc_sub_version = _newer.get_nc_sub_version

tensor_engine = engine.tensor
vector_engine = engine.vector
scalar_engine = engine.scalar
gpsimd_engine = engine.gpsimd
unknown_engine = engine.unknown

builtin_custom_op = _absent("nisa.builtin_custom_op", "code for the GpSimd cores cannot be run")

__all__ = sorted(name for name in globals() if not name.startswith("_"))
