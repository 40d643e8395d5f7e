// Rules and row-wise moves of the DMA instructions.

#include "trainyard/isa/dma.h"

#include <fmt/format.h>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

using base::Code;
using base::Error;

void check_priority(const Call& c, int param) {
  if (!c.has(param)) return;
  needs_version(c, 4, "priority");
  if (c.integer(param) < 0 || c.integer(param) > 3)
    throw Error(Code::E111, label(c, param))
        .limit(std::to_string(c.integer(param)), "0 to 3", std::string(c.spec().name));
}

void check_indexed(const Call& c, int param, int i) {
  const OperandView v = c.operand(param, i);
  if (is_indexed(v) && v.on_chip())
    throw Error(Code::E107, label(c, param) + " is indexed by vector_offset but not in HBM")
        .limit(std::string(name_of(v.buffer())), "HBM", std::string(c.spec().name))
        .note(v.describe());
}

void check_index_column(const Call& c, int param, int i) {
  if (!is_indexed(c.operand(param, i))) return;
  const OperandView index = c.index_of(param, i);
  const int rows = c.operand(param, i).partitions();
  if (index.free_elements() != 1 || index.partitions() != rows)
    throw Error(Code::E110, label(c, param) + " needs one index a row")
        .limit(fmt::format("[{}, {}]", index.partitions(), index.free_elements()),
               fmt::format("[{}, 1]", rows), std::string(c.spec().name))
        .note(index.describe());
}

Bytes one_row(const Bytes& a, std::byte* data) {
  Bytes row = a;
  row.data = data;
  row.dims[0].count = 1;
  row.dims[0].step = 0;  // so that row(i) is this row for any i
  return row;
}

Bytes packed_rows(const Bytes& a, int rows, std::vector<std::byte>& storage) {
  storage.resize(a.elements() * a.element);
  gather_bits(a, 0, a.rows(), storage.data());
  const int64_t n = a.elements() / rows;
  Bytes packed;
  packed.data = storage.data();
  packed.dtype = a.dtype;
  packed.element = a.element;
  packed.ndim = 2;
  packed.dims[0] = {rows, static_cast<ptrdiff_t>(n * a.element)};
  packed.dims[1] = {n, a.element};
  return packed;
}

}  // namespace trainyard::isa
