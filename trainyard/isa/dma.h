// What the DMA instructions share: their rules for indices and priorities, and rows that move one
// by one because an index tile says where they are.
#pragma once

#include <vector>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// Whether the operand's rows are chosen by an index tile (`.ap(vector_offset=…)`).
inline bool is_indexed(const OperandView& v) { return v.layout->indirect == Indirect::vector; }
inline bool is_dynamic(const OperandView& v) { return v.layout->indirect != Indirect::none; }

/// A priority is 0 to 3 (E111) and exists from NeuronCore-v4 (E113).
void check_priority(const Call& call, int param);
/// An indexed operand is in HBM (E107).
void check_indexed(const Call& call, int param, int i = 0);
/// An indexed operand has one index a row, an index tile of [rows, 1] (E110).
void check_index_column(const Call& call, int param, int i = 0);

/// Calls move(indexed, plain, row) for each row of the indexed operand that is in bounds: one row
/// of either side, of equal length. The plain side may have another shape; it then passes through
/// packed memory and, if `writes_plain`, is written back as a whole. Rows whose index is out of
/// bounds are not visited, so what they would have written keeps its bits.
template <class Move>
void for_each_indexed_row(Run& run, int indexed_slot, int plain_slot, bool writes_plain, Move move);

/// One row of an access; `row` numbers it for rounding, its address is `data`.
Bytes one_row(const Bytes& a, std::byte* data);
/// Packed memory of `rows` equal rows with the type and number of elements of `a`.
Bytes packed_rows(const Bytes& a, int rows, std::vector<std::byte>& storage);

// --- implementation of the template ---

template <class Move>
void for_each_indexed_row(Run& run, int indexed_slot, int plain_slot, bool writes_plain,
                          Move move) {
  const Bytes indexed = run.memory.resolve(run.call, indexed_slot);
  const Bytes plain = run.memory.resolve(run.call, plain_slot);
  if (!indexed.data || !plain.data) return;  // a scalar offset out of bounds, skipped
  const std::vector<int64_t> offsets = run.memory.index_rows(run.call, indexed_slot);
  const bool reshaped =
      plain.rows() != indexed.rows() || plain.row_elements() != indexed.row_elements();
  std::vector<std::byte> storage;
  const Bytes rows = reshaped ? packed_rows(plain, indexed.rows(), storage) : plain;
  for (int i = 0; i < indexed.rows(); ++i) {
    if (offsets[i] < 0) continue;
    move(one_row(indexed, indexed.data + offsets[i]), one_row(rows, rows.row(i)), i);
  }
  if (reshaped && writes_plain) scatter_bits(plain, 0, plain.rows(), storage.data());
}

}  // namespace trainyard::isa
