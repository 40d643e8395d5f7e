// What an instruction sees while its values are computed.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "trainyard/isa/access.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// Registers, engine accumulators and random generators of one core, kept between instructions.
struct CoreState {
  std::vector<int64_t> registers;  ///< by register id
  std::vector<uint8_t> register_defined;
  struct Accumulators {  ///< one a lane
    std::array<float, 128> value{};
    std::array<bool, 128> defined{};
  };
  Accumulators scalar_accumulators;  ///< `reduce_regs` of the Scalar Engine
  Accumulators vector_accumulators;
  /// Random generators, their words lane by lane; empty: nothing has used them yet.
  std::vector<uint32_t> gpsimd_generators, vector_generators;
};

/// Memory as the executor offers it. Core implements it.
class Memory {
 public:
  virtual ~Memory() = default;
  /// Resolves operand `slot` of the call: looks up indices, checks bounds. A vector-indirect
  /// operand resolves to its base with dims[0] as written; see `index_rows`.
  virtual Bytes resolve(const Call& call, int slot) = 0;
  /// Byte offsets from resolve()'s base of each row of a vector-indirect operand, -1 where the
  /// index is outside the tensor and the instruction skips it.
  virtual std::vector<int64_t> index_rows(const Call& call, int slot) = 0;
  /// Whether any of the operand's elements has not been written yet.
  virtual bool undefined(const Call& call, int slot) = 0;
  /// Per element of the operand, row-major, 1 where it has not.
  virtual std::vector<uint8_t> undefined_mask(const Call& call, int slot) = 0;
  /// Marks the operand's elements as written (or, `defined` false, as never written).
  virtual void define(const Call& call, int slot, bool defined) = 0;
  /// Marks single elements, as undefined_mask tells them.
  virtual void define_mask(const Call& call, int slot, const std::vector<uint8_t>& undefined) = 0;
  /// For nc_matmul with accumulate=None: per element of the operand, row-major, 1 where it has been
  /// written since its tensor was declared. Empty: nowhere. `all` is set if everywhere.
  virtual std::vector<uint8_t> written(const Call& call, int slot, bool& all) = 0;
};

class Run {
 public:
  Run(const Call& call, Memory& memory, CoreState& state, const base::Rounding& rounding)
      : call(call), memory(memory), state(state), rounding(rounding) {}

  const Call& call;
  Memory& memory;
  CoreState& state;
  const base::Rounding rounding;  ///< stream is this core and instruction

  /// The resolved tensor argument of a parameter.
  Bytes bytes(int param, int i = 0) { return memory.resolve(call, call.slot(param, i)); }

  /// A scalar argument per row: the number, or the [P, 1] tile's values widened to fp32.
  /// `storage` holds the values; returns a pointer to `rows` floats.
  const float* row_scalars(int param, int rows, std::vector<float>& storage);

  /// Scratch of at least `n` floats, kept by the thread; `which` is 0..5.
  static float* scratch(int which, size_t n);
};

/// Rows computed at once: as many as fit in about 8192 elements, at least one.
int block_rows(int rows, int64_t row_elements);

// The two ways of computing on rows: as fp32 values and as 32-bit patterns.
inline const float* read_block(const Bytes& a, int first, int rows, float* scratch) {
  return read_rows(a, first, rows, scratch);
}
inline const uint32_t* read_block(const Bytes& a, int first, int rows, uint32_t* scratch) {
  return read_words(a, first, rows, scratch);
}
inline float* block_for_writing(const Bytes& a, int first, int rows, float* scratch) {
  return rows_for_writing(a, first, rows, scratch);
}
inline uint32_t* block_for_writing(const Bytes& a, int first, int rows, uint32_t* scratch) {
  return words_for_writing(a, first, rows, scratch);
}
inline void write_block(const Bytes& a, int first, int rows, const float* values,
                        const base::Rounding& rounding) {
  write_rows(a, first, rows, values, rounding);
}
inline void write_block(const Bytes& a, int first, int rows, const uint32_t* values,
                        const base::Rounding&) {
  write_words(a, first, rows, values);
}

/// Computes `dst` from `inputs` (parameters) block by block:
///   compute(in, out, first_row, rows, row_elements)
/// where in[i] is input i and out the output, as packed rows of T: fp32 values, or uint32_t for bit
/// patterns. Every access has its own number of elements a row, `row_elements` is that of in[0];
/// out may be in[i], and never overlaps it otherwise.
template <class T = float, class Compute>
void for_each_block(Run& run, int dst, std::initializer_list<int> inputs, Compute compute) {
  const Bytes out = run.bytes(dst);
  Bytes in[4];
  std::vector<std::byte> copies[4];
  int n = 0;
  for (int param : inputs) {
    in[n] = run.bytes(param);
    if (overlaps_elsewhere(out, in[n])) in[n] = detached(in[n], copies[n]);
    ++n;
  }
  const int64_t out_elements = out.row_elements();
  const int64_t row_elements = n ? in[0].row_elements() : out_elements;
  const auto scratch = [](int which, int64_t count) {
    return reinterpret_cast<T*>(Run::scratch(which, count));
  };
  const int rows = out.rows();
  const int step = block_rows(rows, std::max(row_elements, out_elements));
  for (int first = 0; first < rows; first += step) {
    const int count = std::min(step, rows - first);
    const T* values[4];
    for (int i = 0; i < n; ++i)
      values[i] = read_block(in[i], first, count, scratch(1 + i, count * in[i].row_elements()));
    T* result = block_for_writing(out, first, count, scratch(0, count * out_elements));
    compute(values, result, first, count, row_elements);
    write_block(out, first, count, result, run.rounding);
  }
}

}  // namespace trainyard::isa
