// An operand in two lines: where it is, and what is in it.

#include "trainyard/core/operand_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "trainyard/core/operand_values.h"
#include "trainyard/program/boxes.h"

namespace trainyard::core {

namespace {

constexpr size_t kShown = 6;  // elements of an excerpt

std::string place_text(const isa::OperandView& v, int64_t address) {
  if (!v.on_chip()) return "";
  if (!v.tensor->has_address() && address < 0) return ", not placed yet";
  const program::Boxes boxes = program::boxes_of(v);
  const program::Box& first = boxes.list.front();
  const int64_t origin = v.tensor->has_address() ? 0 : address;
  return fmt::format(", partitions {} to {}, bytes {} to {}", first.row0, first.row1 - 1,
                     origin + first.byte0, origin + boxes.list.back().byte1 - 1);
}

std::string_view access_text(isa::Access access) {
  if (access == isa::Access::read) return "read";
  return access == isa::Access::write ? "written" : "updated";
}

}  // namespace

OperandState state_of(const Call& call, int slot, CoreMemory& memory) {
  std::vector<uint8_t> undefined;
  if (memory.undefined(call, slot)) undefined = memory.undefined_mask(call, slot);
  return state_of(call.view(slot), packed_values(call, slot, memory), std::move(undefined));
}

OperandState state_of(const isa::OperandView& view, const std::vector<std::byte>& packed,
                      std::vector<uint8_t> undefined) {
  OperandState s;
  s.values = float_values(view, packed);
  s.undefined = std::move(undefined);
  for (size_t k = 0; k < s.values.size(); ++k) {
    if (k < s.undefined.size() && s.undefined[k]) {
      ++s.missing;
      continue;
    }
    const float value = s.values[k];
    s.nan += std::isnan(value);
    s.infinite += std::isinf(value);
    if (!std::isfinite(value)) continue;
    s.low = s.any_finite ? std::min(s.low, value) : value;
    s.high = s.any_finite ? std::max(s.high, value) : value;
    s.any_finite = true;
  }
  return s;
}

std::string describe(const Call& call, int slot, isa::Access access, int64_t address,
                     const OperandState& state) {
  const isa::OperandView v = call.view(slot);
  std::string text =
      fmt::format("{}, {}: {}{} in {}{}", operand_name(call, slot), access_text(access),
                  base::name_of(v.dtype()), v.shape(), name_of(v.buffer()), place_text(v, address));
  if (state.values.empty()) return text;
  std::vector<std::string> shown;
  for (size_t k = 0; k < std::min(kShown, state.values.size()); ++k)
    shown.push_back(k < state.undefined.size() && state.undefined[k]
                        ? "?"
                        : fmt::format("{:.5g}", state.values[k]));
  text +=
      fmt::format("\n      {}{}", fmt::join(shown, " "), state.values.size() > kShown ? " …" : "");
  if (state.any_finite) text += fmt::format("; {:.6g} to {:.6g}", state.low, state.high);
  text += fmt::format("; {} NaN, {} infinite", state.nan, state.infinite);
  if (state.missing > 0) text += fmt::format(", {} that nobody wrote", state.missing);
  return text + fmt::format(" of {}", state.values.size());
}

}  // namespace trainyard::core
