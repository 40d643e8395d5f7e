// All but NaN are found before the values run, so that waiting for them costs nothing.

#include "trainyard/core/breakpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/operand_state.h"
#include "trainyard/core/operand_values.h"
#include "trainyard/core/spread.h"
#include "trainyard/program/boxes.h"

namespace trainyard::core {

using base::Code;
using base::Error;
using isa::Access;
using program::for_each_operand;
using program::kNone;

namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw Error(Code::E001, fmt::format("--break {}", text))
      .fix("Write nan, @LINE, @FILE:LINE, sbuf:ADDRESS, psum:ADDRESS or instr:N.");
}

// A whole number, or with 0x a hexadecimal one.
int64_t number_in(std::string_view digits, std::string_view text) {
  const int base = digits.starts_with("0x") ? 16 : 10;
  if (base == 16) digits.remove_prefix(2);
  int64_t value = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) refuse(text);
  return value;
}

// Of the instruction that this thread runs.
std::vector<Operands>& overwritten() {
  thread_local std::vector<Operands> inputs;
  return inputs;
}

bool writes_nan(const Call& call, CoreMemory& memory) {
  bool found = false;
  for_each_operand(call, [&](int slot, Access access) {
    const isa::OperandView v = call.view(slot);
    if (access == Access::read || !has_nonfinite(v.dtype())) return;
    if (v.layout->indirect == isa::Indirect::none && !any_nonfinite(memory.resolve(call, slot)))
      return;
    const OperandState state = state_of(call, slot, memory);
    found |= state.nan > 0;
  });
  return found;
}

}  // namespace

BreakAt parse_break(std::string_view text) {
  BreakAt at;
  if (text == "nan") return at;
  if (text.starts_with('@')) {
    at.kind = BreakAt::Kind::line;
    std::string_view line = text.substr(1);
    if (const size_t colon = line.rfind(':'); colon != line.npos) {
      at.file = line.substr(0, colon);
      line.remove_prefix(colon + 1);
    }
    at.number = number_in(line, text);
    return at;
  }
  const size_t colon = text.find(':');
  if (colon == text.npos) refuse(text);
  const std::string_view kind = text.substr(0, colon);
  at.number = number_in(text.substr(colon + 1), text);
  at.kind = kind == "instr" ? BreakAt::Kind::instruction : BreakAt::Kind::address;
  if (kind == "psum") at.buffer = isa::Buffer::psum;
  else if (kind != "sbuf" && kind != "instr") refuse(text);
  return at;
}

void Breakpoint::grow(InstructionId end) {
  if (at_.kind == BreakAt::Kind::instruction) stop_ = static_cast<InstructionId>(at_.number);
  if (at_.kind != BreakAt::Kind::line) return;
  for (; stop_ == kNone && searched_ < end; ++searched_) {
    const base::Place place = program_.place(program_.instruction(searched_).site);
    const bool file =
        at_.file.empty() || place.file == at_.file || place.file.ends_with("/" + at_.file);
    if (place.line == at_.number && file) stop_ = searched_;
  }
}

void Breakpoint::place(const program::Placement& placement, InstructionId done) {
  placement_ = placement;
  if (at_.kind != BreakAt::Kind::address) return;
  for (InstructionId i = done; i < program_.size() && stop_ == kNone; ++i) {
    const Call call = program_.call(i);
    for_each_operand(call, [&](int slot, Access access) {
      const isa::OperandView v = call.view(slot);
      if (access == Access::read || v.buffer() != at_.buffer) return;
      const int64_t origin = v.tensor->has_address() ? 0 : placement_.address[v.id];
      const bool hit = std::ranges::any_of(program::boxes_of(v).list, [&](const program::Box& b) {
        return origin + b.byte0 <= at_.number && at_.number < origin + b.byte1;
      });
      if (hit) stop_ = i;
    });
  }
}

void Breakpoint::before(InstructionId i, CoreMemory& memory) {
  if (i != stop_ && at_.kind != BreakAt::Kind::nan) return;
  overwritten() = overwritten_inputs(program_.call(i), memory);
}

void Breakpoint::after(InstructionId i, CoreMemory& memory) {
  const Call call = program_.call(i);
  if (i != stop_ && (at_.kind != BreakAt::Kind::nan || !writes_nan(call, memory))) return;
  const std::string_view label = program_.label(i);
  Error error(Code::E009,
              fmt::format("behind instruction {} of {}, {}{} on the {} engine", i, program_.name,
                          call.spec().name, label.empty() ? "" : fmt::format(" {}", label),
                          isa::name_of(call.engine())));
  for_each_operand(call, [&](int slot, Access access) {
    const auto kept = std::ranges::find(overwritten(), slot, &Operands::slot);
    const bool now = access != Access::read || kept == overwritten().end();
    const OperandState state =
        now ? state_of(call, slot, memory) : state_of(call.view(slot), kept->values);
    const TensorId id = call.raw(slot).tensor;
    const int64_t address = id < placement_.address.size() ? placement_.address[id] : -1;
    error.note(describe(call, slot, access, address, state));
  });
  throw error.fix("");
}

}  // namespace trainyard::core
