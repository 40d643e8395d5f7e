// Virtual registers, and the single elements that move between them and memory.

#include "trainyard/isa/registers.h"

#include <fmt/format.h>

#include <cstring>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

using base::Code;
using base::Error;

void check_one_element(const Call& c, int param) {
  const OperandView v = c.operand(param);
  if (v.elements() != 1)
    throw Error(Code::E110, label(c, param) + " has more than one element")
        .limit(fmt::format("{}", v.elements()), "1", std::string(c.spec().name))
        .note(v.describe());
  if (base::size_of(v.dtype()) > 4)
    throw Error(Code::E105, label(c, param) + " is wider than a register")
        .limit(std::string(base::name_of(v.dtype())), "at most 32 bits",
               std::string(c.spec().name));
}

int64_t read_register(Run& r, int param) {
  const Value& v = r.call.value(param);
  if (v.kind != Value::Kind::reg) return static_cast<int32_t>(v.integer());
  if (!r.state.register_defined[v.bits])
    throw Error(Code::E303, label(r.call, param) + " has no value");
  return r.state.registers[v.bits];
}

void write_register(Run& r, int param, int64_t value) {
  const auto id = static_cast<size_t>(r.call.value(param).bits);
  r.state.registers[id] = static_cast<int32_t>(value);
  r.state.register_defined[id] = 1;
}

int64_t load_element(Run& r, int param) {
  if (r.memory.undefined(r.call, r.call.slot(param)))
    throw Error(Code::E211, label(r.call, param) + " is undefined");
  const Bytes from = r.bytes(param);
  if (base::is_integer(from.dtype)) {
    uint32_t word;
    load_words(from, 0, &word);
    return static_cast<int32_t>(word);
  }
  uint32_t bits = 0;
  std::memcpy(&bits, from.data, from.element);
  return static_cast<int32_t>(bits);
}

Cost sequencer_cost(double ns) {
  Cost cost;
  cost.busy = cost.latency = base::ns_to_ps(ns);
  return cost;
}

}  // namespace trainyard::isa
