// Limits that several instructions share. Each throws base::Error naming the operand, the value
// found, the limit and whose limit it is.
#pragma once

#include <initializer_list>
#include <string>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// Rules of every instruction, called by the front end before Spec::check: the core has the
/// instruction and the engine; on-chip operands have at most 128 partitions and start on a legal
/// partition; each operand is in a memory that the engine reaches (where cores meet, DMA engines do
/// the work, and the instruction has rules of its own).
void check_common(const Call& call);

/// The program runs on one of several cores, which can meet (E305).
void check_meets(const Call& call);

/// Throws the error, unless the run relaxes its rule (base::Strictness). Only where going on is
/// well defined.
inline void refuse(const Call& call, const base::Error& error) {
  call.tables().strictness.refuse(error);
}

/// The start partition that the engines can address: 0 for more than 64 partitions, 0 or 64 for
/// more than 32, else a multiple of 32 (E108).
void check_start_partition(const Call& call, int param, const OperandView& view, int partitions);
/// The first partition of an operand, or -1 while placement may still choose it.
int known_start(const Call& call, const OperandView& view);
int known_start(const Call& call, int param);
/// Equal partition counts (E102).
void same_partitions(const Call& call, std::initializer_list<int> params);
/// Equal partition counts (E102) and equal elements per partition (E103).
void same_elements(const Call& call, std::initializer_list<int> params);
/// Equal element types (E106).
void same_dtype(const Call& call, std::initializer_list<int> params);
/// The operand's type is one of these (E105).
void dtype_in(const Call& call, int param, std::initializer_list<DType> allowed);
void dtype_integer(const Call& call, int param);
/// No packed (x4) types, which only the matmul and copies of bits understand (E105).
void not_packed(const Call& call, std::initializer_list<int> params);
/// The operand is in one of these memories (E107).
void buffer_in(const Call& call, int param, std::initializer_list<Buffer> allowed);
/// Not both in PSUM (E107).
void not_both_psum(const Call& call, int a, int b);
/// If the argument is a tile, it is [P, 1] with P the partitions of `like` (E110), fp32 unless
/// `any_float` (E105).
void row_scalar(const Call& call, int param, int like, bool any_float = false);
/// The shape alone: [P, 1] (E110).
void column(const Call& call, int param, int like);
/// An argument has a value that the instruction does not take (E111).
[[noreturn]] void refuse_argument(const Call& call, int param, std::string found,
                                  std::string allowed);
/// The operator argument is of one of these classes or names (E109); says which are.
void op_in(const Call& call, int param, std::initializer_list<Operator> allowed);
void op_class(const Call& call, int param, std::initializer_list<OperatorClass> allowed);
/// The operator `param` runs on these engines, and the call on one of them (E112).
void engine_in(const Call& call, int param, std::initializer_list<Engine> allowed);
/// engine_in() for the operators that have an engine of their own: those on bits, power and rsqrt.
void operator_engine(const Call& call, int param);
/// Elements per partition at most `max` (E104); `key` is the machine's dotted key or the rule.
void free_at_most(const Call& call, int param, int64_t max, std::string_view key);
void free_exactly(const Call& call, int param, int64_t n);
/// The machine is at least this NeuronCore (E113).
void needs_version(const Call& call, int version, std::string_view feature);

/// "nc_matmul: moving" for messages.
std::string label(const Call& call, int param);
/// "trn2: core.tensor.moving_free_max" for Error::limit.
std::string whose(const Call& call, std::string_view key);

}  // namespace trainyard::isa
