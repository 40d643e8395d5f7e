// Where the scales of microscaling blocks lie.

#include "trainyard/isa/mx.h"

#include <fmt/format.h>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

constexpr int kOffsetStep = 4;   // scales of several tiles share a quadrant at these distances,
constexpr int kOffsetLast = 12;  // up to here

void check_scale_start(const Call& call, int scale, int data) {
  const OperandView v = call.operand(scale);
  const int start = v.start_partition(), offset = start % kQuadrant;
  const std::string whose = fmt::format("{}: the layout of scales", call.spec().name);
  if (offset % kOffsetStep != 0 || offset > kOffsetLast)
    throw base::Error(base::Code::E108,
                      fmt::format("{} starts at partition {}", label(call, scale), start))
        .limit(std::to_string(offset), "0, 4, 8 or 12 of a quadrant", whose)
        .note(v.describe());
  const int known = known_start(call, scale), of_data = known_start(call, data);
  if (known < 0 || of_data < 0 || known / kQuadrant == of_data / kQuadrant) return;
  throw base::Error(base::Code::E108, fmt::format("{} starts at partition {}, its data at {}",
                                                  label(call, scale), known, of_data))
      .limit(fmt::format("quadrant {}", known / kQuadrant),
             fmt::format("quadrant {}", of_data / kQuadrant), whose)
      .note(v.describe());
}

}  // namespace

void check_mx_data(const Call& call, int param) {
  buffer_in(call, param, {Buffer::sbuf});
  const OperandView v = call.operand(param);
  if (v.partitions() % kQuadrant == 0) return;
  throw base::Error(base::Code::E110,
                    fmt::format("{} has {} partitions", label(call, param), v.partitions()))
      .limit(std::to_string(v.partitions()), fmt::format("a multiple of {}", kQuadrant),
             std::string(call.spec().name))
      .note(v.describe());
}

void check_mx_scales(const Call& call, int scale, int data) {
  dtype_in(call, scale, {DType::fp8_e8m0, DType::u8});
  buffer_in(call, scale, {Buffer::sbuf});
  const OperandView s = call.operand(scale), d = call.operand(data);
  if (s.free_elements() != d.free_elements())
    throw base::Error(
        base::Code::E103,
        fmt::format("{} has {} scales a partition, {} has {} packs", label(call, scale),
                    s.free_elements(), call.spec().params[data].name, d.free_elements()))
        .limit(std::to_string(s.free_elements()), std::to_string(d.free_elements()),
               std::string(call.spec().name))
        .note(s.describe())
        .note(d.describe());
  const int rows = scale_rows(d.partitions());
  if (s.partitions() < rows)
    throw base::Error(base::Code::E110,
                      fmt::format("{} has {} partitions for data of {}", label(call, scale),
                                  s.partitions(), d.partitions()))
        .limit(std::to_string(s.partitions()),
               fmt::format("{} or more: 4 in each quadrant of the data", rows),
               std::string(call.spec().name))
        .note(s.describe());
  check_scale_start(call, scale, data);
}

void load_scale_codes(const Bytes& scale, int p, uint8_t* codes) {
  gather_bits(scale, scale_row(p), 1, reinterpret_cast<std::byte*>(codes));
}

std::vector<uint8_t> undefined_scales(const Call& call, int data, int scale,
                                      const std::vector<uint8_t>& mask) {
  const OperandView d = call.operand(data), s = call.operand(scale);
  const int64_t n = d.free_elements();
  std::vector<uint8_t> out(d.elements());
  if (mask.empty()) return out;
  for (int p = 0; p < d.partitions(); ++p)
    std::copy_n(mask.begin() + scale_row(p) * s.free_elements(), n, out.begin() + p * n);
  return out;
}

}  // namespace trainyard::isa
