// Tiles of indices.

#include "trainyard/isa/gather.h"

#include <fmt/format.h>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

Indices::Indices(const Call& call, Memory& memory, int param) : call_(call), param_(param) {
  const int slot = call.slot(param);
  const Bytes tile = memory.resolve(call, slot);
  columns_ = tile.row_elements();
  words_.resize(tile.elements());
  for (int row = 0; row < tile.rows(); ++row) load_words(tile, row, &words_[row * columns_]);
  if (memory.undefined(call, slot)) undefined_ = memory.undefined_mask(call, slot);
}

int64_t Indices::checked(int row, int64_t i, int64_t run, int64_t end) const {
  if (undefined(row, i)) return 0;
  const int64_t index = (*this)(row, i);
  if (index + run <= end) return index;
  throw base::Error(base::Code::E120,
                    fmt::format("{}: partition {} holds index {}{}", label(call_, param_), row,
                                index, run > 1 ? fmt::format(", the first of {}", run) : ""))
      .limit(std::to_string(index), fmt::format("0 to {}", end - run),
             std::string(call_.spec().name))
      .note(call_.operand(param_).describe());
}

}  // namespace trainyard::isa
