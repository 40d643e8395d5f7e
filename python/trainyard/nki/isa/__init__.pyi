"""nki.isa: the instructions of the NeuronCore.

Made by `make reference` from the descriptions in trainyard/isa; do not edit it.
"""

from collections.abc import Sequence
from typing import Any

from trainyard._core import Error as NkiValidationError
from trainyard._core import NkiInstruction as NkiInstruction
from trainyard._core import NkiTensor as NkiTensor
from trainyard._core import VirtualRegister as VirtualRegister
from trainyard.nki.isa import constants as constants
from trainyard.nki.isa.constants import dge_mode as dge_mode
from trainyard.nki.isa.constants import dma_engine as dma_engine
from trainyard.nki.isa.constants import engine as engine
from trainyard.nki.isa.constants import matmul_perf_mode as matmul_perf_mode
from trainyard.nki.isa.constants import nc_version as nc_version
from trainyard.nki.isa.constants import oob_mode as oob_mode
from trainyard.nki.isa.constants import reduce_cmd as reduce_cmd

tensor_engine: engine
vector_engine: engine
scalar_engine: engine
gpsimd_engine: engine
unknown_engine: engine

def get_nc_version() -> nc_version:
    """The generation of the NeuronCore that the kernel is traced for."""

def get_nc_sub_version() -> int:
    """The silicon revision; 0 on every described machine."""

def register_alloc(x: int | NkiTensor | None = None) -> VirtualRegister:
    """A new register, optionally set to an integer or to the value of a one-element tensor."""

def dma_copy(
    dst: NkiTensor,
    src: NkiTensor,
    priority: int | None = None,
    oob_mode: oob_mode = oob_mode.error,
    dge_mode: dge_mode = dge_mode.unknown,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Move data between HBM and SBUF, with casts, gathers and scatters."""

def tensor_tensor(
    dst: NkiTensor,
    data1: NkiTensor,
    data2: NkiTensor,
    op: Any,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Combine two tiles element by element."""

def tensor_scalar(
    dst: NkiTensor,
    data: NkiTensor,
    op0: Any,
    operand0: NkiTensor | float | None,
    reverse0: bool = False,
    op1: Any = None,
    operand1: NkiTensor | float | None = None,
    reverse1: bool = False,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Combine a tile with one or two scalars or columns."""

def scalar_tensor_tensor(
    dst: NkiTensor,
    data: NkiTensor,
    op0: Any,
    operand0: NkiTensor | float | None,
    op1: Any,
    operand1: NkiTensor,
    reverse0: bool = False,
    reverse1: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Combine a tile with a scalar or column, then with another tile."""

def tensor_tensor_scan(
    dst: NkiTensor,
    data0: NkiTensor,
    data1: NkiTensor,
    initial: NkiTensor | float,
    op0: Any,
    op1: Any,
    reverse0: bool = False,
    reverse1: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Carry a recurrence along each partition."""

def reciprocal(
    dst: NkiTensor,
    data: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Compute 1 / x on the Vector Engine."""

def activation(
    dst: NkiTensor,
    op: Any,
    data: NkiTensor,
    bias: NkiTensor | float | None = None,
    scale: NkiTensor | float = 1.0,
    reduce_op: Any = None,
    reduce_res: NkiTensor | None = None,
    reduce_cmd: reduce_cmd = reduce_cmd.idle,
    name: str | None = None,
) -> NkiInstruction:
    """Apply a function to a tile, after a scale and a bias."""

def activation_reduce(
    dst: NkiTensor,
    op: Any,
    data: NkiTensor,
    reduce_op: Any,
    reduce_res: NkiTensor | None,
    bias: NkiTensor | float | None = None,
    scale: NkiTensor | float = 1.0,
    name: str | None = None,
) -> NkiInstruction:
    """Apply a function to a tile and sum the results."""

def tensor_reduce(
    dst: NkiTensor,
    op: Any,
    data: NkiTensor,
    axis: Sequence[int],
    negate: bool = False,
    keepdims: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Reduce a tile over its last free dimensions."""

def tensor_scalar_reduce(
    dst: NkiTensor,
    data: NkiTensor,
    op0: Any,
    operand0: NkiTensor | float | None,
    reduce_op: Any,
    reduce_res: NkiTensor | None = None,
    reverse0: bool = False,
    reduce_cmd: reduce_cmd = reduce_cmd.reset_reduce,
    reduce_init: NkiTensor | float | None = None,
    reduce_res_negate: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Combine a tile with a scalar or column, and reduce the results."""

def tensor_partition_reduce(
    dst: NkiTensor,
    op: Any,
    data: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Reduce a tile across its partitions."""

def select_reduce(
    dst: NkiTensor,
    predicate: NkiTensor,
    on_true: NkiTensor,
    on_false: NkiTensor | float,
    reduce_res: NkiTensor | None = None,
    reduce_cmd: reduce_cmd = reduce_cmd.idle,
    reduce_op: Any = ...,
    reverse_pred: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Select between a tile and a scalar by a predicate, and find the largest."""

def range_select(
    dst: NkiTensor,
    on_true_tile: NkiTensor,
    comp_op0: Any,
    comp_op1: Any,
    bound0: NkiTensor,
    bound1: NkiTensor,
    reduce_cmd: reduce_cmd = reduce_cmd.reset_reduce,
    reduce_res: NkiTensor | None = None,
    reduce_op: Any = ...,
    range_start: int = 0,
    on_false_value: float = ...,
    name: str | None = None,
) -> NkiInstruction:
    """Select elements by the range of their index, and find the largest."""

def bn_stats(
    dst: NkiTensor,
    data: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Compute counts, means and variances of each partition."""

def bn_aggr(
    dst: NkiTensor,
    data: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Merge the results of bn_stats into a mean and a variance."""

def tensor_copy(
    dst: NkiTensor,
    src: NkiTensor,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Copy or cast a tile within SBUF and PSUM."""

def tensor_copy_predicated(
    dst: NkiTensor,
    src: NkiTensor | float,
    predicate: NkiTensor,
    reverse_pred: bool = False,
    name: str | None = None,
) -> NkiInstruction:
    """Copy the elements that a predicate selects."""

def memset(
    dst: NkiTensor,
    value: float,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Fill a tile with a constant."""

def nc_matmul(
    dst: NkiTensor,
    stationary: NkiTensor,
    moving: NkiTensor,
    is_stationary_onezero: bool = False,
    is_moving_onezero: bool = False,
    is_transpose: bool = False,
    accumulate: bool | None = None,
    tile_position: Sequence[int] = (),
    tile_size: Sequence[int] = (),
    perf_mode: matmul_perf_mode = matmul_perf_mode.none,
    name: str | None = None,
) -> NkiInstruction:
    """Multiply a stationary by a moving tile on the Tensor Engine."""

def nc_matmul_mx(
    dst: NkiTensor,
    stationary: NkiTensor,
    moving: NkiTensor,
    stationary_scale: NkiTensor,
    moving_scale: NkiTensor,
    tile_position: Sequence[int] | None = None,
    tile_size: Sequence[int] | None = None,
    accumulate: bool | None = None,
    name: str | None = None,
) -> NkiInstruction:
    """Multiply MXFP8 and MXFP4 tiles with their scales on the Tensor Engine."""

def quantize_mx(
    dst: NkiTensor,
    src: NkiTensor,
    dst_scale: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Quantize a tile to MXFP8: 8-bit floats and the scales of their blocks."""

def nc_transpose(
    dst: NkiTensor,
    data: NkiTensor,
    engine: engine = engine.unknown,
    name: str | None = None,
) -> NkiInstruction:
    """Transpose a tile: partitions become the free dimension."""

def nc_stream_shuffle(
    dst: NkiTensor,
    src: NkiTensor,
    shuffle_mask: Sequence[int],
    name: str | None = None,
) -> NkiInstruction:
    """Exchange partitions within quadrants of 32."""

def dma_transpose(
    dst: NkiTensor,
    src: NkiTensor,
    axes: Sequence[int] | None = None,
    priority: int | None = None,
    dge_mode: dge_mode = dge_mode.unknown,
    oob_mode: oob_mode = oob_mode.error,
    name: str | None = None,
) -> NkiInstruction:
    """Transpose a tile on its way into SBUF."""

def dma_compute(
    dst: NkiTensor,
    srcs: Sequence[NkiTensor],
    reduce_op: Any,
    scales: Sequence[float] | None = None,
    unique_indices: bool = True,
    oob_mode: oob_mode = oob_mode.error,
    name: str | None = None,
) -> NkiInstruction:
    """Add up tensors inside the DMA engines."""

def iota(
    dst: NkiTensor,
    pattern: Sequence[Sequence[int]],
    offset: int = 0,
    channel_multiplier: int = 0,
    name: str | None = None,
) -> NkiInstruction:
    """Write an affine pattern of integers to a tile."""

def affine_select(
    dst: NkiTensor,
    pattern: Sequence[Sequence[int]],
    channel_multiplier: int,
    on_true_tile: NkiTensor,
    on_false_value: float,
    cmp_op: Any = ...,
    offset: int = 0,
    name: str | None = None,
) -> NkiInstruction:
    """Choose between a tile and a number by an affine pattern."""

def max8(
    dst: NkiTensor,
    src: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Find the eight largest values of each partition."""

def nc_find_index8(
    dst: NkiTensor,
    data: NkiTensor,
    vals: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Find where eight values are in each partition."""

def nc_match_replace8(
    dst: NkiTensor,
    data: NkiTensor,
    vals: NkiTensor,
    imm: float,
    dst_idx: NkiTensor | None = None,
    name: str | None = None,
) -> NkiInstruction:
    """Overwrite the first place of each of eight values in each partition."""

def tensor_scalar_cumulative(
    dst: NkiTensor,
    src: NkiTensor,
    op0: Any,
    op1: Any,
    imm0: NkiTensor | float,
    imm1: NkiTensor | float | None = None,
    reduce_cmd: reduce_cmd = reduce_cmd.reset_reduce,
    name: str | None = None,
) -> NkiInstruction:
    """Combine a tile with a scalar or column, and reduce the results as they run."""

def nonzero_with_count(
    dst: NkiTensor,
    src: NkiTensor,
    index_offset: int = 0,
    padding_val: int = -1,
    name: str | None = None,
) -> NkiInstruction:
    """List where elements are not zero, in every 16th partition, and count them."""

def nc_n_gather(
    dst: NkiTensor,
    data: NkiTensor,
    indices: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Pick elements of each partition by their index."""

def local_gather(
    dst: NkiTensor,
    src_buffer: NkiTensor,
    index: NkiTensor,
    num_elem_per_idx: int = 1,
    num_valid_indices: int | None = None,
    name: str | None = None,
) -> NkiInstruction:
    """Pick elements of 16 partitions at a time by indices that they share."""

def topk(
    val_dst: NkiTensor,
    idx_dst: NkiTensor,
    src: NkiTensor,
    n: int,
    name: str | None = None,
) -> NkiInstruction:
    """Find the largest values of 16 partitions at a time, and their places."""

def sequence_bounds(
    dst: NkiTensor,
    segment_ids: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Find where the segment of each element begins and ends."""

def exponential(
    dst: NkiTensor,
    src: NkiTensor,
    max_value: NkiTensor | float = 0.0,
    reduce_res: NkiTensor | None = None,
    reduce_cmd: reduce_cmd = reduce_cmd.idle,
    reduce_init: NkiTensor | float = 0.0,
    name: str | None = None,
) -> NkiInstruction:
    """Compute exp(x - max) on the Vector Engine, and its sum."""

def activate2(
    dst: NkiTensor,
    op: Any,
    data: NkiTensor,
    imm0: NkiTensor | float | None,
    imm1: NkiTensor | float | None,
    op0: Any,
    op1: Any,
    relu_param: NkiTensor | float = 0.0,
    reverse0: bool = False,
    reverse1: bool = False,
    reduce_op: Any = None,
    reduce_res: NkiTensor | None = None,
    reduce_cmd: reduce_cmd = reduce_cmd.idle,
    name: str | None = None,
) -> NkiInstruction:
    """Apply a function to a tile after two operators, and reduce the results."""

def dropout(
    dst: NkiTensor,
    data: NkiTensor,
    prob: NkiTensor | float,
    name: str | None = None,
) -> NkiInstruction:
    """Replace elements with zeros at random."""

def rng(
    dst: NkiTensor,
    engine: engine = engine.vector,
    name: str | None = None,
) -> NkiInstruction:
    """Fill a tile with random bits."""

def rand2(
    dst: NkiTensor,
    min: NkiTensor | float,
    max: NkiTensor | float,
    name: str | None = None,
) -> NkiInstruction:
    """Fill a tile with random numbers of a range."""

def rand_get_state(
    dst: NkiTensor,
    engine: engine = engine.gpsimd,
    name: str | None = None,
) -> NkiInstruction:
    """Store the states of an engine's random generators."""

def rand_set_state(
    src_seeds: NkiTensor,
    engine: engine = engine.gpsimd,
    name: str | None = None,
) -> NkiInstruction:
    """Set the states of an engine's random generators."""

def set_rng_seed(
    src_seeds: NkiTensor,
    name: str | None = None,
) -> NkiInstruction:
    """Seed the random generators of the Vector Engine."""

def register_move(
    dst: VirtualRegister,
    src: VirtualRegister | int,
) -> NkiInstruction:
    """Move an integer or a register into a register."""

def register_load(
    dst: VirtualRegister,
    src: NkiTensor,
) -> NkiInstruction:
    """Load an element of HBM or SBUF into a register."""

def register_store(
    dst: NkiTensor,
    src: VirtualRegister,
) -> NkiInstruction:
    """Store a register to an element of HBM or SBUF."""

def sendrecv(
    src: NkiTensor,
    dst: NkiTensor,
    send_to_rank: int,
    recv_from_rank: int,
    pipe_id: int,
    dma_engine: dma_engine = dma_engine.dma,
    name: str | None = None,
) -> NkiInstruction:
    """Exchange tiles between the two cores of a logical core."""

def core_barrier(
    data: NkiTensor,
    cores: Sequence[int],
    engine: engine = engine.gpsimd,
    name: str | None = None,
) -> NkiInstruction:
    """Make the two cores of a logical core wait for each other."""
