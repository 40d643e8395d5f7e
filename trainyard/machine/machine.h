// A described machine: one NeuronCore with its chip and links, read from machines/*.toml.
//
// Every number that a run uses is a field here and nowhere else. Fields are plain doubles and ints
// so that the timing loop reads them directly; where each came from (source, range, conflicts) is
// kept beside them in `provenance`, under the same dotted key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::machine {

/// How well a number is known.
enum class Evidence { document, measured, derived, press, estimate, chosen };  // chosen: --set

/// Where one number came from.
struct Provenance {
  Evidence evidence = Evidence::document;
  std::string source;               ///< key of the source, e.g. "A3" or "TRACE"; listed in the file
  std::optional<double> low, high;  ///< range; always present on estimates
  std::string conflict;             ///< another public figure that disagrees, in words, or empty
  std::string note;                 ///< how the number follows from its source, or empty
  std::string file;
  int line = 0;
};

/// The systolic array.
struct TensorEngine {
  double clock_ghz = 0;
  int rows = 0, columns = 0;
  int stationary_free_max = 0;       ///< columns of a stationary tile
  int moving_free_max = 0;           ///< columns of a moving tile for an fp32 result
  int moving_free_max_bf16 = 0;      ///< the same for a bf16 result; 0 where there is none
  int row_tile_min = 0;              ///< smallest row tile: 64 on v2, 32 from v3
  int column_tile_min = 0;           ///< 0 where column tiling does not exist
  double issue_min_cycles = 0;       ///< a pass never takes less
  double issue_overhead_cycles = 0;  ///< added to each pass
  double latency_cycles = 0;         ///< first column in to last column out, beyond the columns
  double cold_latency_cycles = 0;    ///< what the limiter adds to that while cold
  double load_cycles = 0;          ///< LoadStationary of a full tile, hidden under the pass before
  double load_latency_cycles = 0;  ///< its start to its end, beyond that
  double fp32_load_passes = 0;     ///< an fp32 tile takes this many times as long
  double fp32_transpose_load_passes = 0;
  double load_exposed_share = 0;  ///< of a load: how long a pass waits that nothing hides it under
  double fp32_passes = 0;         ///< a fp32 matmul costs this many times a bf16 one
  double fp32_transpose_passes = 0;
  double double_row_factor = 0;  ///< cost per column in double_row mode; 0 where it does not exist
  double mx_factor = 0;          ///< cost per column of a microscaling matmul; 0: none
  int sparse_ratio_max = 0;      ///< speed of a 4:16 stationary over a dense one; 0: none
  int index_group = 0;           ///< partitions over which a list of column offsets lies; 0: none
  double window_cycles = 0;      ///< activity limiter window in NeuronCore cycles; 0: no limiter
  double window_start_cycles = 0;  ///< when the first one ends, if not with its whole length
  double window_threshold = 0;     ///< share of a full-rate window that warms the next one
  double cold_rate = 0;            ///< share of full rate while cold
  double branch_taken_ns = 0, branch_not_taken_ns = 0;
};

/// Vector, Scalar and GpSimd: cost = max(issue_min, N / rate) + fixed, in own cycles.
struct LaneEngine {
  double clock_ghz = 0;
  double issue_min_cycles = 0;            ///< floor of the streaming part
  double issue_overhead_cycles = 0;       ///< start-to-start beyond the streaming part
  double latency_cycles = 0;              ///< start-to-end beyond the streaming part
  double pointer_scalar_cycles = 0;       ///< added when a scalar operand is a [P,1] tile
  double fast4_rate = 1, fast2_rate = 1;  ///< elements per cycle in the 16-bit modes
  double fp32_fast_rate = 1;              ///< tensor_scalar on fp32, SBUF to SBUF
  double function_overhead_cycles = 0;    ///< Scalar: a function rather than a copy
  double table_load_ns = 0;               ///< Scalar: switching the activation tables
  double accumulator_read_cycles = 0;
  double reciprocal_cycles_per_element = 1;
  double exponential_rate = 0;        ///< Vector: elements a cycle of `exponential`; 0: none
  double gather_index_cycles = 0;     ///< GpSimd: an index of local_gather, beyond its elements
  int bn_stats_free_max = 0;          ///< Vector: elements per partition of a bn_stats tile
  int transpose_max = 0;              ///< Vector: partitions and columns of a transposed tile
  int mx_scale_headroom = 0;          ///< Vector: powers of two above the OCP sample's scale
  double dynamic_address_cycles = 0;  ///< floor when an address comes from a register
  double branch_taken_ns = 0, branch_not_taken_ns = 0;
};

/// The DMA engines of one core, their queues and descriptor generators.
struct Dma {
  int engines = 0;
  int queues_per_engine = 0;
  double engine_gb_s = 0;        ///< streaming rate of one engine
  double element_ns = 0;         ///< per element (descriptor) on one engine
  double small_write_bytes = 0;  ///< HBM writes below this cost `small_write_factor`
  double small_write_factor = 1;
  double element_bytes_max = 0;  ///< a longer contiguous run is split
  double hwdge_issue_ns = 0;     ///< of the issuing sequencer, per DMA; 0: no hardware generator
  int hwdge_ring_elements = 0;   ///< that one engine's ring holds; the sequencer waits for room
  int swdge_wake_ns = 0;         ///< what GpSimd waits for to its DMA's issue
  double swdge_issue_ns = 0;
  double swdge_generate_ns = 0;  ///< GpSimd's own work on a DMA before it takes the next
  double static_issue_ns = 0;
  double hwdge_load_first_ns = 0, hwdge_store_first_ns = 0;  ///< issue start to first element
  double swdge_load_first_ns = 0, swdge_store_first_ns = 0;
  double tail_ns = 0;                                      ///< last element to semaphore
  double load_fan_out_ns = 0, store_fan_out_ns = 0;        ///< first engine's start to the last's
  double transpose_rate_hbm = 0, transpose_rate_sbuf = 0;  ///< share of the copy rate
  double compute_rate = 0;  ///< share of the copy rate for dma_compute
};

/// Semaphores, branches and registers of the sequencers.
struct Sequencer {
  int registers = 0;
  double semaphore_signal_ns = 0;                       ///< producer's end to counter visible
  double semaphore_wait_ns = 0;                         ///< counter visible to consumer's start
  double branch_taken_ns = 0, branch_not_taken_ns = 0;  ///< Sync's; the engines have their own
  double register_load_ns = 0, register_store_ns = 0, register_move_ns = 0;
  double runtime_ns = 0;  ///< the runtime's prologue and epilogue around a kernel, in its profile
  double sync_clock_ghz = 0;
};

struct Memory {
  int64_t sbuf_partition_bytes = 0;
  int64_t sbuf_reserved_bytes = 0;  ///< per partition, not for kernels
  int64_t psum_partition_bytes = 0;
  int64_t psum_bank_bytes = 0;
  int64_t hbm_bytes = 0;        ///< one core's share of the device memory
  double hbm_gb_s = 0;          ///< of the stack that the core uses
  int hbm_sharers = 1;          ///< cores on that stack
  int hbm_mixed_percent = 100;  ///< of the DMA rate, where loads and stores run at once
};

/// What one of a thing costs, in picojoules; dynamic energy is these times how many there were.
struct Energy {
  double mac_pj = 0;       ///< a multiply-add of the array on 16 bits; fp32 takes several
  double mac_8bit_pj = 0;  ///< the same on 8 bits or fewer
  double vector_element_pj = 0, scalar_element_pj = 0, gpsimd_element_pj = 0;
  double sbuf_byte_pj = 0, psum_byte_pj = 0;  ///< read or written
  double hbm_byte_pj = 0;
  double dma_byte_pj = 0;    ///< moved by a DMA engine, memories apart
  double descriptor_pj = 0;  ///< one element of a DMA
  double link_byte_pj = 0;   ///< sent to another chip, memories apart
  double instruction_pj = 0;
  double idle_w = 0;  ///< a core that does nothing, with its share of the chip
};

/// One NeuronCore.
struct Core {
  std::string name;          ///< "NeuronCore-v3"
  int version = 0;           ///< 2, 3, 4; 1 is for planning only
  bool runs_kernels = true;  ///< false: running a kernel is refused as not-public
  int partitions = 0;
  int index_group = 0;    ///< partitions over which a list of column offsets lies; 0: none
  std::string placement;  ///< "ring" or "first-fit"
  TensorEngine tensor;
  LaneEngine vector, scalar, gpsimd;
  Dma dma;
  Sequencer sequencer;
  Memory memory;
  Energy energy;
};

/// A link between chips, per chip.
struct Link {
  std::string name;
  double gb_s = 0;  ///< per direction
  double latency_ns = 0;
  int count = 0;
};

/// One chip (device) and the instance it sits in.
struct Chip {
  std::string name;
  int cores = 0;
  int logical_core_default = 1;  ///< physical cores in a logical core
  double hbm_gb = 0;
  double hbm_tb_s = 0;
  double peak_bf16_tflops = 0, peak_fp8_tflops = 0, peak_fp32_tflops = 0;  ///< as published
  double peak_sparse_tflops = 0;    ///< 0: no structured sparsity
  double peak_int8_tops = 0;        ///< 0: not advertised
  double dma_tb_s = 0;              ///< as advertised; 0: no figure
  int hbm_stacks = 0;               ///< 0: no figure
  double collective_launch_ns = 0;  ///< call of a collective to its first step
  int collective_cores = 0;         ///< CC-cores that programs can use
  double power_w = 0;               ///< 0: no figure
  std::vector<Link> links;
};

struct Instance {
  std::string name;
  int chips = 0;
  std::string topology;            ///< "single", "ring", "chain", "torus-4x4", "switched"
  std::vector<std::string> links;  ///< which of the chip's links are wired up here
  int servers = 1;
  int vcpus = 0;              ///< 0: no figure
  double host_memory_gb = 0;  ///< GiB; 0: no figure
  double efa_gbps = 0;
  double usd_per_hour = 0;  ///< 0: no list price
};

struct Machine {
  std::string name;   ///< file stem: "trn2"
  std::string title;  ///< "Trainium2"
  std::vector<std::string> aliases;
  Core core;
  Chip chip;
  Instance instance;
  std::map<std::string, std::string> sources;    ///< source key -> what it is
  std::map<std::string, Provenance> provenance;  ///< dotted key -> where the number is from

  /// Dotted keys whose numbers are estimates, in file order.
  std::vector<std::string> estimates() const;
};

/// Loads a machine by name, alias or path of a .toml file, follows `base`, validates everything,
/// then applies `--set key=value` overrides ("core.tensor.clock_ghz=3.0").
/// Throws E002 (unknown, with a suggestion), E003, E004, E005 with file and line.
Machine load_machine(std::string_view name_or_path, const std::vector<std::string>& overrides = {});

/// The same for the text of a machine file; `file` is named in messages and gives the name.
Machine parse_machine(std::string_view text, const std::string& file,
                      const std::vector<std::string>& overrides = {});

/// Every built-in machine's name, in order of generation.
std::vector<std::string> machine_names();

/// Where the built-in machines are: TRAINYARD_MACHINES, else beside the library.
std::string machines_folder();

}  // namespace trainyard::machine
