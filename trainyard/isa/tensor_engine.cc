// The systolic array: its tiles, the bank it writes to, its cost.

#include "trainyard/isa/tensor_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "trainyard/isa/indirection.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

struct Axis {
  std::string_view what;
  int64_t start, extent, used;
  int min, full;
  std::initializer_list<int> operands;  // that lie on these rows, or columns, of the array
};

void check_axis(const Call& call, const TilingParams& p, const Axis& a) {
  if (!std::has_single_bit(static_cast<uint64_t>(std::max<int64_t>(0, a.extent))) ||
      a.extent < a.min || a.extent > a.full)
    throw base::Error(base::Code::E111,
                      fmt::format("{}: a {} tile of {}", call.spec().name, a.what, a.extent))
        .limit(std::to_string(a.extent), fmt::format("a power of two from {} to {}", a.min, a.full),
               whose(call, fmt::format("core.tensor.{}_tile_min", a.what)));
  if (a.start % a.extent != 0 || a.start < 0 || a.start >= a.full)
    refuse_argument(call, p.position,
                    fmt::format("a {} tile of {} at {}", a.what, a.extent, a.start),
                    fmt::format("a multiple of {} below {}", a.extent, a.full));
  if (a.used > a.extent)
    throw base::Error(base::Code::E104, fmt::format("{}: {} {}s in a tile of {}", call.spec().name,
                                                    a.used, a.what, a.extent))
        .limit(std::to_string(a.used), std::to_string(a.extent), std::string(call.spec().name));
  for (int operand : a.operands) {
    const int start = known_start(call, operand);
    if (start < 0 || start == a.start) continue;
    throw base::Error(base::Code::E108, fmt::format("{} starts at partition {}, its {} tile at {}",
                                                    label(call, operand), start, a.what, a.start))
        .limit(std::to_string(start), std::to_string(a.start),
               fmt::format("{}: {}s of the array are partitions", call.spec().name, a.what))
        .note(call.operand(operand).describe());
  }
}

}  // namespace

void check_tiling(const Call& call, const TilingParams& p, int64_t m) {
  const auto position = call.integers(p.position), size = call.integers(p.size);
  if (position.empty() && size.empty()) return;
  if (position.size() != 2 || size.size() != 2)
    refuse_argument(call, size.size() == 2 ? p.position : p.size,
                    fmt::format("{} and {} numbers", position.size(), size.size()),
                    "tile_position and tile_size together, 2 numbers each");
  const machine::TensorEngine& e = call.core().tensor;
  const int column_min = e.column_tile_min ? e.column_tile_min : e.columns;
  check_axis(call, p,
             {"row",
              position[0],
              size[0],
              call.operand(p.stationary).partitions(),
              e.row_tile_min,
              e.rows,
              {p.stationary, p.moving}});
  check_axis(call, p, {"column", position[1], size[1], m, column_min, e.columns, {p.dst}});
}

void check_indirect_tile(const Call& call, int position) {
  const auto at = call.integers(position);
  if (!any_indirect(call) || at.empty() || (at[0] == 0 && at[1] == 0)) return;
  refuse_argument(call, position, fmt::format("({}, {}) with an indirect operand", at[0], at[1]),
                  "(0, 0)");
}

void check_bank(const Call& call, int dst) {
  const OperandView v = call.operand(dst);
  if (call.core().version >= 4) return;
  const int64_t element = static_cast<int64_t>(base::size_of(v.dtype()));
  const int64_t bank = call.core().memory.psum_bank_bytes;
  int64_t first = v.offset % v.row_elements() * element, last = first + element;
  for (int d = 1; d < v.layout->ndim; ++d) {
    const int64_t reach = v.layout->dims[d].step * (v.layout->dims[d].count - 1) * element;
    (reach < 0 ? first : last) += reach;
  }
  if (v.tensor->has_address()) {
    first += v.tensor->address_bytes;
    last += v.tensor->address_bytes;
  }
  if (first / bank == (last - 1) / bank) return;
  refuse(call,
         base::Error(base::Code::E116, fmt::format("{} covers bytes {} to {} of a PSUM partition",
                                                   label(call, dst), first, last - 1))
             .limit(fmt::format("banks {} to {}", first / bank, (last - 1) / bank), "one bank",
                    whose(call, "core.memory.psum_bank_bytes"))
             .note(v.describe()));
}

void check_product(const Call& call, int dst, int64_t m, int64_t n) {
  const machine::TensorEngine& e = call.core().tensor;
  const auto at_most = [&](const char* operand, int64_t found, int max, std::string_view key) {
    if (found <= max) return;
    throw base::Error(base::Code::E104,
                      fmt::format("{}: {} has {} columns", call.spec().name, operand, found))
        .limit(std::to_string(found), std::to_string(max), whose(call, key));
  };
  const OperandView d = call.operand(dst);
  at_most("stationary", m, e.stationary_free_max, "core.tensor.stationary_free_max");
  if (d.dtype() == DType::bf16 && e.moving_free_max_bf16)
    at_most("moving", n, e.moving_free_max_bf16, "core.tensor.moving_free_max_bf16");
  else at_most("moving", n, e.moving_free_max, "core.tensor.moving_free_max");
  check_bank(call, dst);  // after the columns, whose excess would be the cause
  if (d.partitions() == m && d.free_elements() == n) return;
  throw base::Error(base::Code::E110,
                    fmt::format("{}: dst does not have the result's shape", call.spec().name))
      .limit(fmt::format("[{}, {}]", d.partitions(), d.free_elements()),
             fmt::format("[{}, {}] (columns of stationary, columns of moving)", m, n),
             std::string(call.spec().name))
      .note(d.describe());
}

namespace {

// Adds the finished products onto the elements that were written before, and overwrites the rest.
void combine(const float* product, float* values, const std::vector<uint8_t>& written, bool add_all,
             size_t n) {
  for (size_t i = 0; i < n; ++i)
    values[i] = add_all || (!written.empty() && written[i]) ? values[i] + product[i] : product[i];
}

}  // namespace

void store_product(Run& r, int dst, int accumulate, size_t m, size_t n, const Product& product) {
  const Call& c = r.call;
  const Bytes d = r.bytes(dst);
  bool all = c.has(accumulate) && c.flag(accumulate);
  std::vector<uint8_t> written;
  if (!c.has(accumulate)) {
    written = r.memory.written(c, c.slot(dst), all);
  } else if (all) {
    bool everywhere = false;
    r.memory.written(c, c.slot(dst), everywhere);
    if (!everywhere)
      throw base::Error(
          base::Code::E213,
          fmt::format("{}: accumulates onto elements that nothing has written", c.spec().name))
          .limit("accumulate=True", "accumulate=False or None first", std::string(c.spec().name))
          .note(c.operand(dst).describe());
  }
  const bool in_place = d.dtype == DType::fp32 && d.row_packed() && (all || written.empty());
  if (in_place)
    return product(reinterpret_cast<float*>(d.data), d.dims[0].step / d.element,
                   all ? base::Store::add : base::Store::overwrite);
  float* to = Run::scratch(0, m * n);
  product(to, static_cast<ptrdiff_t>(n), base::Store::overwrite);
  float* values = Run::scratch(1, m * n);
  const float* old = read_rows(d, 0, d.rows(), values);
  if (old != values) std::copy_n(old, m * n, values);
  combine(to, values, written, all, m * n);
  write_rows(d, 0, d.rows(), values, r.rounding);
}

std::vector<uint8_t> undefined_product(int64_t m, int64_t n,
                                       std::initializer_list<std::vector<uint8_t>> stationary,
                                       std::initializer_list<std::vector<uint8_t>> moving) {
  std::vector<uint8_t> rows(m), columns(n), out(m * n);
  for (const auto& mask : stationary)
    for (size_t i = 0; i < mask.size(); ++i) rows[i % m] |= mask[i];
  for (const auto& mask : moving)
    for (size_t i = 0; i < mask.size(); ++i) columns[i % n] |= mask[i];
  for (int64_t i = 0; i < m * n; ++i) out[i] = rows[i / n] | columns[i % n];
  return out;
}

void check_transposed_dtype(const Call& call, int dst, int data) {
  const OperandView in = call.operand(data), out = call.operand(dst);
  if (base::size_of(in.dtype()) != 1 || call.core().version < 3)
    return same_dtype(call, {data, dst});
  if (base::size_of(out.dtype()) == 2) return;
  const isa::Dim& inner = out.layout->dims[out.layout->ndim - 1];
  if (out.dtype() == in.dtype() && (inner.step == 2 || inner.count == 1)) return;
  throw base::Error(base::Code::E106,
                    fmt::format("{} is packed {}: transposed 8-bit elements are 16 "
                                "bits wide",
                                label(call, dst), base::name_of(out.dtype())))
      .limit(out.describe(),
             fmt::format("a 16-bit type, or {} with a step of 2", base::name_of(in.dtype())),
             "the Tensor Engine (A3)");
}

Cost pass_cost(const Call& call, double n, double m, double passes, double loads,
               int instructions) {
  const machine::TensorEngine& e = call.core().tensor;
  const double stream = passes * std::max(n, std::min(e.issue_min_cycles, m));
  Cost cost;
  cost.busy = base::cycles_to_ps(stream + instructions * e.issue_overhead_cycles, e.clock_ghz);
  cost.latency = base::cycles_to_ps(
      stream + (instructions - 1) * e.issue_overhead_cycles + e.latency_cycles, e.clock_ghz);
  cost.load =
      base::cycles_to_ps(e.load_exposed_share * e.load_cycles * loads * m / e.columns, e.clock_ghz);
  return cost;
}

namespace {

// rows x columns of `In` -> columns x rows of `Out`, in squares that stay in the cache.
template <class In, class Out>
void transpose(const std::byte* from, std::byte* to, int64_t rows, int64_t columns) {
  constexpr int64_t kSquare = 16;
  for (int64_t r = 0; r < rows; r += kSquare)
    for (int64_t c = 0; c < columns; c += kSquare)
      for (int64_t i = r; i < std::min(r + kSquare, rows); ++i)
        for (int64_t k = c; k < std::min(c + kSquare, columns); ++k) {
          In in;
          std::memcpy(&in, from + (i * columns + k) * sizeof in, sizeof in);
          const Out out = in;
          std::memcpy(to + (k * rows + i) * sizeof out, &out, sizeof out);
        }
}

}  // namespace

void transpose_bits(const Bytes& to, const Bytes& from) {
  const int64_t rows = from.rows(), columns = from.row_elements();
  thread_local std::vector<std::byte> packed, turned;
  packed.resize(from.elements() * from.element);
  turned.resize(from.elements() * to.element);
  gather_bits(from, 0, from.rows(), packed.data());
  const auto turn = from.element == 4   ? transpose<uint32_t, uint32_t>
                    : from.element == 2 ? transpose<uint16_t, uint16_t>
                    : to.element == 2   ? transpose<uint8_t, uint16_t>
                                        : transpose<uint8_t, uint8_t>;
  turn(packed.data(), turned.data(), rows, columns);
  scatter_bits(to, 0, to.rows(), turned.data());
}

}  // namespace trainyard::isa
