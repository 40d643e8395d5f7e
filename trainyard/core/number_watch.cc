// A NaN or an infinity is born where it is written and no input that it is computed from was one.
// Most instructions write none, which one pass over what they wrote tells.

#include "trainyard/core/number_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "trainyard/core/definedness.h"
#include "trainyard/core/operand_values.h"
#include "trainyard/core/spread.h"
#include "trainyard/isa/integer_use.h"
#include "trainyard/isa/narrowing.h"

namespace trainyard::core {

using isa::Access;
using program::for_each_operand;
using program::kNone;

namespace {

// What the running instruction is about to overwrite, of those things it computes from.
std::vector<Operands>& kept() {
  thread_local std::vector<Operands> values;
  return values;
}

bool is_direct(const Call& call, int slot) {
  return call.layout(slot).indirect == isa::Indirect::none;
}

// Immediates that are no finite numbers, and operations on bits: nothing is born of arithmetic.
bool asks_for_it(const Call& call) {
  const auto& params = call.spec().params;
  for (size_t p = 0; p < params.size(); ++p) {
    const auto param = static_cast<int>(p);
    if (params[p].kind == isa::ParamKind::op && call.has(param) &&
        isa::info(call.op(param)).kind == isa::OperatorClass::bits)
      return true;
    if (call.value(param).kind == isa::Value::Kind::number && !std::isfinite(call.number(param)))
      return true;
  }
  return false;
}

std::vector<std::byte> input_values(const Call& call, int slot, CoreMemory& memory) {
  for (const Operands& k : kept())
    if (k.slot == slot) return k.values;
  return packed_values(call, slot, memory);
}

}  // namespace

void NumberWatch::before(InstructionId i, CoreMemory& memory) {
  isa::narrowing().watched = true;
  const Call call = program_.call(i);
  kept() = overwritten_inputs(call, memory);
  for_each_operand(call, [&](int slot, Access access) {
    // Sums that are updated are large and mostly finite: seldom worth a copy.
    if (access != Access::update || !is_direct(call, slot)) return;
    if (any_nonfinite(memory.resolve(call, slot)))
      kept().push_back({slot, packed_values(call, slot, memory)});
  });
}

void NumberWatch::after(InstructionId i, CoreMemory& memory) {
  const Call call = program_.call(i);
  note_losses(i, call);
  isa::narrowing().watched = false;
  for_each_operand(call, [&](int slot, Access access) {
    const isa::OperandView v = call.view(slot);
    if (access == Access::read || !has_nonfinite(v.dtype())) return;
    const bool found =
        is_direct(call, slot)
            ? any_nonfinite(memory.resolve(call, slot))
            : std::ranges::count(nonfinite_mask(v.dtype(), packed_values(call, slot, memory)), 1);
    if (found) look_for_birth(i, call, slot, memory);
  });
}

void NumberWatch::note(Kind kind, InstructionId i, int input, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  Event& event = events_[{kind, program_.instruction(i).site}];
  ++event.count;
  if (i >= event.first) return;
  event.first = i;
  event.text = text;
  event.input = input;
}

void NumberWatch::note_losses(InstructionId i, const Call& call) {
  const isa::Narrowing& lost = isa::narrowing();
  const bool rounds = isa::rounds_integers(call, isa::integer_use());
  if (lost.overflowed + lost.flushed + lost.saturated == 0 && !rounds) return;
  int input = -1;
  for_each_operand(call, [&](int slot, Access access) {
    if (access != Access::write && input < 0) input = slot;
  });
  const std::string_view name = call.spec().name, type = base::name_of(lost.dtype);
  const double most = base::max_finite(lost.dtype);
  if (rounds)
    note(Kind::rounding, i, input,
         fmt::format("{}: integers above 2^24 are rounded: the engine computes in float32", name));
  if (lost.overflowed > 0)
    note(Kind::overflow, i, input,
         fmt::format("{}: {} finite values become infinite or NaN as {}: up to {:.6g}, it holds "
                     "{:.6g}",
                     name, lost.overflowed, type, lost.largest, most));
  if (lost.flushed > 0)
    note(Kind::flush, i, input,
         fmt::format("{}: {} values that are not zero become zero as {}: down to {:.6g}", name,
                     lost.flushed, type, lost.smallest));
  if (lost.saturated > 0)
    note(Kind::saturation, i, input,
         fmt::format("{}: {} values are beyond {}: up to {:.9g} in magnitude, it holds {:.10g}",
                     name, lost.saturated, type, lost.largest, most));
}

void NumberWatch::look_for_birth(InstructionId i, const Call& call, int slot, CoreMemory& memory) {
  const isa::OperandView out = call.view(slot);
  const std::vector<std::byte> packed = packed_values(call, slot, memory);
  std::vector<uint8_t> born = nonfinite_mask(out.dtype(), packed);
  const auto remove = [&](const std::vector<uint8_t>& mask) {
    for (size_t k = 0; k < std::min(born.size(), mask.size()); ++k) born[k] &= !mask[k];
  };
  if (memory.undefined(call, slot)) remove(memory.undefined_mask(call, slot));
  if (std::ranges::count(born, 1) == 0) return;  // garbage that nobody wrote
  {
    const std::scoped_lock lock(mutex_);
    carriers_.push_back(i);
  }
  if (asks_for_it(call)) return;

  std::vector<Marked> inputs;
  std::vector<Operands> values;
  for_each_operand(call, [&](int s, Access access) {
    const isa::OperandView v = call.view(s);
    if (access == Access::write) return;
    std::vector<std::byte> bytes = input_values(call, s, memory);
    if (access == Access::update && s == slot) {  // what was there stays there
      for (const Operands& k : kept())
        if (k.slot == s) remove(nonfinite_mask(v.dtype(), k.values));
      return;
    }
    std::vector<uint8_t> mask = nonfinite_mask(v.dtype(), bytes);
    if (memory.undefined(call, s)) {
      const std::vector<uint8_t> garbage = memory.undefined_mask(call, s);
      for (size_t k = 0; k < std::min(mask.size(), garbage.size()); ++k) mask[k] |= garbage[k];
    }
    values.push_back({s, std::move(bytes)});
    if (std::ranges::count(mask, 1)) inputs.push_back({s, std::move(mask)});
  });
  if (!inputs.empty()) remove(dependent_elements(call, memory, slot, inputs));
  const auto first = std::ranges::find(born, 1);
  if (first == born.end() || isa::narrowing().overflowed > 0) return;

  const std::vector<float> numbers = float_values(out, packed);
  const auto k = static_cast<size_t>(first - born.begin());
  bool any_nan = false;
  for (size_t e = 0; e < born.size(); ++e) any_nan |= born[e] && std::isnan(numbers[e]);
  const std::string text =
      fmt::format("{}: {} of {} elements of {} are {} although no input is: {}", call.spec().name,
                  std::ranges::count(born, 1), born.size(), operand_name(call, slot),
                  any_nan ? "NaN" : "infinite", describe_birth(call, slot, k, numbers[k], values));
  note(any_nan ? Kind::nan : Kind::infinity, i, values.empty() ? -1 : values.front().slot, text);
}

profile::SanitizerFinding NumberWatch::told(Kind kind, const Event& event) const {
  static constexpr const char* kNames[] = {"nan",   "infinity",   "overflow",
                                           "flush", "saturation", "rounding"};
  const bool nonfinite = kind < Kind::flush;
  profile::SanitizerFinding f;
  f.kind = kNames[static_cast<int>(kind)];
  f.text = event.text;
  f.count = event.count;
  f.first = event.first;
  const auto source_of = [&](InstructionId i) {
    const base::Place p = program_.place(program_.instruction(i).site);
    return profile::Source{p.file, p.line};
  };
  const std::string name(program_.spec(event.first).name);
  f.made = f.hurts = source_of(event.first);
  if (nonfinite) {
    f.made_by = name;
    std::vector<InstructionId> carriers = carriers_;
    std::ranges::sort(carriers);
    const Reached reached = follow(program_, event.first, carriers);
    f.hurts = source_of(reached.instruction);
    f.hurts_by = fmt::format("{} {}", program_.spec(reached.instruction).name,
                             reached.leaves ? "takes it to HBM" : "has it last; it stays on chip");
    return f;
  }
  f.hurts_by = name;
  const InstructionId writer = last_writer(program_, event.first, event.input);
  if (writer == kNone) {
    f.made_by = "the values come from there too";
    return f;
  }
  f.made = source_of(writer);
  f.made_by = fmt::format("{} wrote the values", program_.spec(writer).name);
  return f;
}

std::vector<profile::SanitizerFinding> NumberWatch::findings() const {
  std::vector<profile::SanitizerFinding> all;
  for (const auto& [key, event] : events_) all.push_back(told(key.first, event));
  return all;
}

}  // namespace trainyard::core
