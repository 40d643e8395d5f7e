// nc_n_gather: elements of each partition picked by index, on the GpSimd Engine.

#include "trainyard/isa/gather.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data, indices };

constexpr std::string_view kDoc = R"(
dst[p, i] = data[p, indices[p, i]], where an index counts the elements of a partition of data in
order, whatever its free shape.

Memory types: SBUF.
Data types: any; dst has data's type, and bits are copied. indices is uint32.
Layout: equal partitions; dst has as many elements per partition as indices.
Limits: an index outside data is refused while values are computed. One that nobody has written
  gives an undefined element.
Cost: not published; an estimate from the GpSimd Engine's law: 150 + N cycles, N of dst.
NumPy: dst[...] = np.take_along_axis(data.reshape(P, -1), indices.reshape(P, -1), axis=1)
Sources: nki.isa.nc_n_gather (SDK 2.32).
)";

void check(const Call& c) {
  same_partitions(c, {data, indices, dst});
  same_elements(c, {indices, dst});
  same_dtype(c, {data, dst});
  dtype_in(c, indices, {DType::u32});
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(data);
  const Indices index(r.call, r.memory, indices);
  const int64_t n = to.row_elements(), end = from.row_elements();
  std::vector<std::byte> row_in(end * from.element), row_out(n * from.element), copy;
  const Bytes source = overlaps_elsewhere(to, from) ? detached(from, copy) : from;
  for (int row = 0; row < to.rows(); ++row) {
    gather_bits(source, row, 1, row_in.data());
    for (int64_t i = 0; i < n; ++i)
      copy_elements(&row_out[i * from.element], row_in.data(), index.checked(row, i, 1, end), 1,
                    from.element);
    scatter_bits(to, row, 1, row_out.data());
  }
}

std::vector<uint8_t> undefined(const Call& c, Memory& memory, const UndefinedMasks& masks, int) {
  const Indices index(c, memory, indices);
  const int64_t n = c.operand(dst).free_elements(), end = c.operand(data).free_elements();
  const bool overwritten = c.operand(dst).id == c.operand(indices).id;  // what was picked is lost
  std::vector<uint8_t> out(c.operand(dst).elements());
  for (int row = 0; row < c.operand(dst).partitions(); ++row)
    for (int64_t i = 0; i < n; ++i) {
      const bool lost = index.undefined(row, i) || overwritten || index(row, i) >= end;
      out[row * n + i] = lost || (!masks[data].empty() && masks[data][row * end + index(row, i)]);
    }
  return out;
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()));
}

}  // namespace

INSTRUCTION(nc_n_gather) {
  static const Spec spec = {
      .name = "nc_n_gather",
      .summary = "Pick elements of each partition by their index.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the elements go"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "where they come from"},
                 {"indices", ParamKind::tensor, Access::read, "", {}, "which ones, uint32"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
