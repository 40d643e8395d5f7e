// Operations and bytes at rates measured on one core of an AVX-512 server (make bench shows what a
// computer does); good enough to tell a second from a minute.

#include "trainyard/core/host_estimate.h"

#include <algorithm>

namespace trainyard::core {

using isa::Access;

namespace {

constexpr double kInstruction = 1.5e-6;     // seconds to start one
constexpr double kFlops = 1.1e11;           // of a product, a second
constexpr double kCopied = 1.2e10;          // bytes a second, moved
constexpr double kElements = 1e9;           // a second, through an engine
constexpr double kSecondThread = 0.8;       // what each thread beyond the first adds
constexpr double kSanitized = 1.4;          // times as long
constexpr int64_t kInstructionBytes = 150;  // with its operands and dependencies

double seconds_of(const isa::Call& call) {
  double elements = 0, bytes = 0;
  program::for_each_operand(call, [&](int slot, Access) {
    const isa::OperandView v = call.view(slot);
    elements = std::max(elements, static_cast<double>(v.elements()));
    bytes += static_cast<double>(v.bytes());
  });
  const isa::Spec& spec = call.spec();
  const isa::Cost cost = spec.cost ? spec.cost(call) : isa::Cost{};
  double seconds = kInstruction + bytes / kCopied;
  if (cost.flops > 0) seconds += cost.flops / kFlops;
  else if (!cost.dma) seconds += elements / kElements;
  return seconds;
}

}  // namespace

HostEstimate estimate_host(const program::Program& program, program::InstructionId first,
                           int threads, bool sanitized) {
  HostEstimate e;
  for (program::InstructionId i = first; i < program.size(); ++i)
    e.seconds += seconds_of(program.call(i));
  e.seconds /= 1 + kSecondThread * (std::max(1, threads) - 1);
  if (sanitized) e.seconds *= kSanitized;
  e.bytes = static_cast<int64_t>(program.size()) * kInstructionBytes;
  for (program::TensorId id = 0; id < program.tensor_count(); ++id) {
    const isa::Tensor& t = program.tensor(id);
    // Of arrays that came in, those that are written are copied; tiles come and go.
    if (!isa::is_on_chip(t.buffer) && (!t.input || t.written)) e.bytes += t.bytes();
  }
  const machine::Core& core = program.machine().core;
  return {e.seconds, e.bytes + core.partitions * core.memory.sbuf_partition_bytes};
}

}  // namespace trainyard::core
