// An instruction of the NeuronCore, described in one place: everything else about it (Python
// function, text form, reference page, profiler label, fuzz target) is derived from its `Spec`.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/base/units.h"
#include "trainyard/isa/tables.h"
#include "trainyard/isa/value.h"
#include "trainyard/machine/machine.h"

namespace trainyard::isa {

class Run;

/// What kinds of argument a parameter takes.
enum class ParamKind : uint8_t {
  tensor,            ///< a tile or HBM view
  tensors,           ///< a list of them (dma_compute); its operands follow each other
  tensor_or_number,  ///< a [P, 1] tile or a Python number
  number,            ///< int or float
  integer,
  boolean,
  op,        ///< an operator token such as nl.add
  integers,  ///< a tuple or list of ints
  numbers,   ///< a tuple or list of numbers, kept as the bits of doubles
  pattern,   ///< [[step, count], …], flattened to integers
  engine,
  dge_mode,
  oob_mode,
  reduce_cmd,
  perf_mode,
  dma_engine,
  reg,  ///< a VirtualRegister
  reg_or_integer,
  name,  ///< the label of the instruction
};

/// The names of an enumeration's members, by their values; empty for other kinds.
std::span<const std::string_view> member_names(ParamKind kind);

enum class Access : uint8_t { none, read, write, update };  ///< update: reads, then writes

struct Param {
  std::string_view name;
  ParamKind kind;
  Access access = Access::none;
  /// Python text of the default, as the signature shows it; empty: required.
  std::string_view default_text = {};
  /// The default itself (kind none for `None` and for required parameters).
  Value default_value = {};
  std::string_view doc = {};
  bool none_allowed = false;  ///< `None` is an argument although there is no default
};

/// How well the values of an instruction are known.
enum class Evidence : uint8_t { exact, order_defined, approximate };

/// How undefined input bytes make output bytes undefined.
enum class Definedness : uint8_t {
  elementwise,  ///< output element i depends on element i of every input ([P, 1] inputs: on row)
  rows,         ///< an output row depends on the whole row of every input
  transposed,   ///< the output is the input with its first and last dimension exchanged
  everything,   ///< any undefined input makes the whole output undefined
};

class Call;
class Memory;

/// Per parameter, which elements of its tensor are undefined, row-major; empty: none is.
using UndefinedMasks = std::vector<std::vector<uint8_t>>;

/// What one instruction costs on its engine, before it waits for anything.
struct Cost {
  base::Picoseconds busy = 0;     ///< the engine cannot start its next instruction sooner
  base::Picoseconds latency = 0;  ///< start to result visible (>= busy not required)
  base::Picoseconds load = 0;     ///< Tensor Engine: added to both if no pass hides the weights
  // DMA only: what the DMA engines move after the issuing engine is done.
  bool dma = false;
  bool store = false;           ///< to device memory
  base::Picoseconds first = 0;  ///< issue start to first element
  base::Picoseconds tail = 0;   ///< last element to semaphore
  int64_t elements = 0;         ///< descriptors: contiguous runs
  int ring = 0;                 ///< of how many one engine's ring has room; 0: no limit
  double element_ps = 0;        ///< time of one element on one DMA engine
  int64_t hbm_bytes = 0;        ///< bytes read from or written to HBM
  double flops = 0;             ///< multiply-adds count two
  // For energy alone.
  double macs = 0;         ///< multiply-adds of the array, those of every pass
  bool macs_8bit = false;  ///< they are on 8 bits or fewer
  int64_t ring_bytes = 0;  ///< passed on to other ranks
  bool off_chip = false;   ///< on other chips
};

/// The description of one instruction.
struct Spec {
  std::string_view name;
  std::string_view summary;   ///< one sentence
  std::string_view doc;       ///< layout, data types, limits, cost, NumPy equivalent, sources
  std::vector<Param> params;  ///< in the order of the Python signature, `name` last
  Definedness definedness = Definedness::elementwise;
  Evidence evidence = Evidence::exact;
  /// Engines it may run on, default first; the `engine` argument chooses among them.
  std::vector<Engine> engines;
  int version = 2;  ///< first NeuronCore that has it
  /// Operands that may be NkiTensor.indirect views, from NeuronCore-v4.
  std::vector<int> indirect = {};
  /// Operands whose first partition is the instruction's own rule (scales of MX blocks).
  std::vector<int> own_start = {};

  /// Chooses the engine where the call leaves it open; null: the first of `engines`.
  Engine (*choose_engine)(const Call&) = nullptr;
  /// Where the call leaves the engine to the compiler: another one that may run it if it is free
  /// sooner, or Engine::unknown. Results are the same.
  Engine (*other_engine)(const Call&) = nullptr;
  /// Throws base::Error for what this instruction forbids beyond the rules common to all.
  void (*check)(const Call&) = nullptr;
  void (*run)(Run&) = nullptr;
  Cost (*cost)(const Call&) = nullptr;
  /// Evidence of this call where it differs by argument (activation functions); null: `evidence`.
  Evidence (*evidence_of)(const Call&) = nullptr;
  /// What a call does to the accumulators of its engine (reduce_cmd); null: nothing.
  Access (*accumulators)(const Call&) = nullptr;
  /// Reads or sets the random generators of its engine: such calls keep their order.
  bool uses_generators = false;
  /// The undefined elements of output `param` (not empty), where no rule of `definedness` fits;
  /// called after the values are there.
  std::vector<uint8_t> (*undefined)(const Call&, Memory&, const UndefinedMasks&,
                                    int param) = nullptr;

  /// Set for an instruction in which cores meet: called once for all of them, in their order,
  /// instead of `run`; it also says what becomes defined. Throws where they do not go together.
  void (*meet)(std::span<Run* const> sides) = nullptr;
  /// What those that meet have in common, such as the pipe: only equal ones go together.
  int64_t (*meeting)(const Call&) = nullptr;
  /// The ranks that meet, in their order, each with its core of this number; null: the cores of
  /// one rank meet.
  std::vector<int64_t> (*ranks)(const Call&) = nullptr;
  std::string_view module = "nki.isa";  ///< where Python has it

  int find(std::string_view param) const;  ///< index, or -1

  // Derived from `params` by the table of instructions.
  std::vector<int> operand_params = {};   ///< those that may be tensors
  std::vector<int> register_params = {};  ///< those that may be registers
  int dge_mode_param = -1;                ///< who makes the descriptors, or -1
  int trigger_param = -1;                 ///< which engine starts a DMA, or -1
};

using Opcode = uint16_t;

/// Every instruction, in the order of instructions.list; an Opcode indexes it.
const std::vector<const Spec*>& instructions();
const Spec& spec(Opcode opcode);
/// The opcode of that name, or -1.
int find_instruction(std::string_view name);

/// One instruction with its arguments, read-only: what check, cost and run see. Parameters are
/// named by their index in Spec::params; instruction files give the indices names with an enum.
class Call {
 public:
  Call(const Spec& spec, const Value* values, const Operand* operands, const Tables& tables,
       const machine::Machine& machine, Engine engine)
      : spec_(spec),
        values_(values),
        operands_(operands),
        tables_(tables),
        machine_(machine),
        engine_(engine) {}

  const Spec& spec() const { return spec_; }
  const machine::Machine& machine() const { return machine_; }
  const machine::Core& core() const { return machine_.core; }
  Engine engine() const { return engine_; }

  const Value& value(int param) const { return values_[param]; }
  bool has(int param) const { return values_[param].present(); }
  bool is_tensor(int param) const { return values_[param].is_operand(); }
  bool flag(int param) const { return values_[param].truth(); }
  int64_t integer(int param) const { return values_[param].integer(); }
  double number(int param) const { return values_[param].number(); }
  Operator op(int param) const { return values_[param].op(); }
  template <class E>
  E choice(int param) const {
    return static_cast<E>(values_[param].bits);
  }
  std::span<const int64_t> integers(int param) const {
    return has(param) ? tables_.list(static_cast<uint32_t>(values_[param].bits))
                      : std::span<const int64_t>{};
  }

  /// The tensor argument of a parameter; for `tensors` parameters, its i-th.
  OperandView operand(int param, int i = 0) const { return view(slot(param, i)); }
  /// The index operand of an indirect tensor argument (Layout::has_index_operand).
  OperandView index_of(int param, int i = 0) const { return view(slot(param, i) + 1); }
  /// How many tensors a `tensors` parameter holds.
  int tensor_count(int param) const {
    if (!is_tensor(param)) return 0;
    const auto count = static_cast<int>(values_[param].bits >> kCountShift);
    return count > 1 ? count : 1;
  }
  /// Slot in the instruction's operand list.
  int slot(int param, int i = 0) const {
    int slot = static_cast<int>(values_[param].bits & ((int64_t{1} << kCountShift) - 1));
    for (; i > 0; --i) slot += layout(slot).has_index_operand() ? 2 : 1;
    return slot;
  }
  const Operand& raw(int slot) const { return operands_[slot]; }
  const Layout& layout(int slot) const { return tables_.layout(operands_[slot].layout); }
  OperandView view(int slot) const {
    const Operand& o = operands_[slot];
    return {&tables_.tensor(o.tensor), &tables_.layout(o.layout), o.offset, o.tensor};
  }
  const Tables& tables() const { return tables_; }

 private:
  // A `tensors` argument packs the first slot and the number of tensors into one value.
  static constexpr int kCountShift = 32;

  const Spec& spec_;
  const Value* values_;
  const Operand* operands_;
  const Tables& tables_;
  const machine::Machine& machine_;
  Engine engine_;
};

/// Defines the Spec of an instruction file and the function that instructions.list refers to.
#define INSTRUCTION(name) const Spec& spec_##name()

}  // namespace trainyard::isa
