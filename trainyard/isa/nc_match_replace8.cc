// nc_match_replace8: the first place of each of eight values overwritten with a number.

#include <algorithm>
#include <cstring>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"
#include "trainyard/isa/search8.h"

namespace trainyard::isa {

namespace {

enum { dst, data, vals, imm, dst_idx };

constexpr std::string_view kDoc = R"(
dst = data, with imm in the first place of each of vals[p]. Equal values take successive places, the
highest slot the first one; dst_idx[p, k], if given, is the place of vals[p, k] in data[p].

Memory types: SBUF or PSUM. dst may be data.
Data types: any; values compare in float32 (a NaN equals nothing). Elements that stay are copied bit
  by bit if dst has data's type, else converted through float32. dst_idx is uint16 or uint32; all
  ones where a value is not found, as in nc_find_index8 (the stub does not say).
Layout: data has up to three dimensions and 8 to 16384 elements per partition, dst as many; vals and
  dst_idx have 8.
Cost: max(64, N) cycles (printed as min, most likely a slip).
NumPy: dst[p] = data[p]; dst[p, dst_idx[p]] = imm
Sources: nki.isa.nc_match_replace8 (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  check_searched(c, data);
  same_elements(c, {data, dst});
  not_packed(c, {dst});
  check_eight(c, vals, data);
  if (!c.has(dst_idx)) return;
  check_eight(c, dst_idx, data);
  check_indices(c, dst_idx);
}

// Writes one partition of dst: `elements` holds data's, in dst's type or in float32.
template <class T>
void replace(std::byte* elements, const Positions& found, const std::byte* number) {
  for (int64_t at : found)
    if (at >= 0) std::memcpy(elements + at * sizeof(T), number, sizeof(T));
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes to = r.bytes(dst), from = r.bytes(data), wanted = r.bytes(vals);
  const bool has_indices = c.has(dst_idx);
  const Bytes indices = has_indices ? r.bytes(dst_idx) : Bytes{};
  const int64_t n = from.row_elements();
  const auto number = static_cast<float>(c.number(imm));
  const bool bits = to.dtype == from.dtype;
  std::byte narrow[4] = {};
  if (bits) base::from_fp32(to.dtype, number, narrow);
  else std::memcpy(narrow, &number, sizeof number);
  const int element = bits ? to.element : 4;
  const auto put = element == 1   ? replace<uint8_t>
                   : element == 2 ? replace<uint16_t>
                                  : replace<uint32_t>;
  auto* out = reinterpret_cast<std::byte*>(Run::scratch(1, n));
  for (int row = 0; row < to.rows(); ++row) {
    const float* values = read_rows(wanted, row, 1, Run::scratch(2, kFound));
    const float* searched = read_rows(from, row, 1, Run::scratch(0, n));
    const Positions found = find_values(searched, n, values, true);
    if (bits) gather_bits(from, row, 1, out);
    else std::memcpy(out, searched, n * sizeof(float));
    put(out, found, narrow);
    if (bits) scatter_bits(to, row, 1, out);
    else write_rows(to, row, 1, reinterpret_cast<const float*>(out), r.rounding);
    if (has_indices) write_indices(indices, row, found);
  }
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(data).free_elements()));
}

}  // namespace

INSTRUCTION(nc_match_replace8) {
  static const Spec spec = {
      .name = "nc_match_replace8",
      .summary = "Overwrite the first place of each of eight values in each partition.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "what is searched"},
                 {"vals", ParamKind::tensor, Access::read, "", {}, "eight values a partition"},
                 {"imm", ParamKind::number, Access::none, "", {}, "what they are replaced with"},
                 {"dst_idx", ParamKind::tensor, Access::write, "None", {}, "[P, 8], their places"},
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
