// Looks back through the program only once something is refused, so it may take its time.

#include "trainyard/core/blame.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/operand_values.h"

namespace trainyard::core {

using base::Code;
using base::Error;
using base::Place;
using isa::Access;
using program::for_each_operand;
using program::kNone;

namespace {

constexpr int kHops = 16;          // instructions between garbage and the output, at most named
constexpr size_t kWritersMax = 3;  // places of partial writers, at most named

std::string text_of(const Place& p) { return fmt::format("{}:{}", p.file, p.line); }

// "acc: float32[128, 4] in sbuf"
std::string describe(const isa::Tensor& t) {
  return fmt::format("{}{}{} in {}", t.name.empty() ? "" : t.name + ": ", base::name_of(t.dtype),
                     t.shape, name_of(t.buffer));
}

// Lines of the instructions before `end` that write to a tensor, each once.
std::vector<std::string> writers(const Program& program, TensorId id, InstructionId end) {
  std::vector<std::string> places;
  for (InstructionId i = 0; i < end; ++i) {
    for_each_operand(program.call(i), [&](int slot, Access access) {
      if (access == Access::read || program.operands(i)[slot].tensor != id) return;
      const Place p = program.place(program.instruction(i).site);
      if (std::ranges::find(places, text_of(p)) == places.end()) places.push_back(text_of(p));
    });
  }
  return places;
}

// Who should have written a tensor before instruction `reader` reads it.
std::string blame(const Program& program, TensorId id, InstructionId reader) {
  std::vector<std::string> before = writers(program, id, reader);
  if (!before.empty()) {
    const size_t more = before.size() - std::min(before.size(), kWritersMax);
    before.resize(before.size() - more);
    return fmt::format("only other elements are written before that, at {}{}",
                       fmt::join(before, ", "), more ? fmt::format(" and {} more", more) : "");
  }
  const auto all = writers(program, id, static_cast<InstructionId>(program.size()));
  if (all.empty()) return "no instruction writes to it";
  return fmt::format("it is first written after that, at {}", all.front());
}

// Notes where the undefined data of a tensor comes from that instruction `reader` reads.
void trace_back(Error& error, const Program& program, const CoreMemory& memory, TensorId source,
                InstructionId reader) {
  for (int hops = 0; hops < kHops; ++hops) {
    const UndefinedOrigin next = memory.origin(source);
    if (next.from == kNone) break;
    error.note(fmt::format("{} got them from {} at {}", describe(program.tensor(source)),
                           describe(program.tensor(next.from)),
                           text_of(program.place(program.instruction(next.instruction).site))));
    source = next.from;
    reader = next.instruction;
  }
  const isa::Tensor& root = program.tensor(source);
  error.note(fmt::format("they start in {}, declared at {} and read at {}: {}", describe(root),
                         text_of(program.place(root.site)),
                         text_of(program.place(program.instruction(reader).site)),
                         blame(program, source, reader)));
}

}  // namespace

void refuse_undefined_output(const Program& program, CoreMemory& memory, TensorId output) {
  Storage& s = *memory.storage(output);
  const isa::Tensor& t = program.tensor(output);
  const size_t element = base::size_of(t.dtype);
  size_t first = 0, count = 0;
  for (size_t at = 0; at < s.bytes(); at += element) {
    if (s.defined(at, element)) continue;
    if (count++ == 0) first = at / element;
  }
  if (count == 0) return;

  const UndefinedOrigin origin = memory.origin(output);
  const bool stored = origin.from != kNone;
  Error error(Code::E210, fmt::format("{} of {} elements of the output {} {}, from {} on", count,
                                      t.elements(), describe(t),
                                      stored ? "hold data that nobody wrote" : "were never written",
                                      index_text(first, t.shape)));
  if (stored) {
    error.at(program.place(program.instruction(origin.instruction).site));
    trace_back(error, program, memory, origin.from, origin.instruction);
    return program.strictness.refuse(error);
  }
  const auto others = writers(program, output, static_cast<InstructionId>(program.size()));
  error.note(others.empty() ? "no instruction stores to it"
                            : fmt::format("no instruction stores to them; others are stored at {}",
                                          fmt::join(others, ", ")));
  error.fix("Store to every element of what the kernel returns.");
  program.strictness.refuse(error.at(program.place(t.site)));
}

void blame_undefined_operands(Error& error, const Program& program, CoreMemory& memory,
                              InstructionId i) {
  const Call call = program.call(i);
  for_each_operand(call, [&](int slot, Access access) {
    const isa::OperandView v = call.view(slot);
    // What lies behind a dynamic address cannot be looked at: the address is what is undefined.
    if (access != Access::read || v.layout->indirect != isa::Indirect::none) return;
    if (!memory.undefined(call, slot)) return;
    const std::vector<uint8_t> mask = memory.undefined_mask(call, slot);
    const auto first = std::ranges::find(mask, uint8_t{1}) - mask.begin();
    error.note(fmt::format("{} of {} elements hold data that nobody wrote, from {} on",
                           std::ranges::count(mask, uint8_t{1}), mask.size(),
                           index_text(static_cast<size_t>(first), v.shape())));
    trace_back(error, program, memory, v.id, i);
  });
}

}  // namespace trainyard::core
