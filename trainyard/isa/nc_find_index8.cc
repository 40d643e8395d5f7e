// nc_find_index8: where eight values are found in each partition.

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"
#include "trainyard/isa/search8.h"

namespace trainyard::isa {

namespace {

enum { dst, data, vals };

constexpr std::string_view kDoc = R"(
dst[p, k] = the index of the first element of data[p] that equals vals[p, k], all ones if there is
none. Equal values get successive places, in ascending order.

Memory types: SBUF or PSUM.
Data types: any; values compare in float32 (a NaN equals nothing). dst is uint16 or uint32.
Layout: data has up to three dimensions and 8 to 16384 elements per partition, vals up to three
  dimensions and 8 elements per partition; dst is [P, 8].
Cost: N cycles.
NumPy: dst[p, k] = flatnonzero(data[p] == vals[p, k])[count of vals[p, k] in vals[p, :k]]
Sources: nki.isa.nc_find_index8, nc_match_replace8 (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  check_searched(c, data);
  check_eight(c, vals, data);
  check_eight(c, dst, data);
  check_indices(c, dst);
  for (const auto& [param, most] : {std::pair{vals, 3}, std::pair{dst, 2}})
    if (c.operand(param).layout->ndim > most)
      throw base::Error(base::Code::E110, label(c, param) + " has too many dimensions")
          .limit(std::to_string(c.operand(param).layout->ndim), std::to_string(most),
                 "nc_find_index8")
          .note(c.operand(param).describe());
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(data), wanted = r.bytes(vals);
  const int64_t n = from.row_elements();
  for (int row = 0; row < to.rows(); ++row) {
    const float* values = read_rows(wanted, row, 1, Run::scratch(1, kFound));
    const float* searched = read_rows(from, row, 1, Run::scratch(0, n));
    write_indices(to, row, find_values(searched, n, values, false));
  }
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(data).free_elements()));
}

}  // namespace

INSTRUCTION(nc_find_index8) {
  static const Spec spec = {
      .name = "nc_find_index8",
      .summary = "Find where eight values are in each partition.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "[P, 8], uint16 or uint32"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "what is searched"},
                 {"vals", ParamKind::tensor, Access::read, "", {}, "eight values a partition"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
