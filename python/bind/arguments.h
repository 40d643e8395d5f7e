// Python's arguments of an instruction on their way into a program.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "python/bind/trace.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::bind {

inline constexpr size_t kMaxParams = 24;

/// The arguments of one call.
struct Arguments {
  Trace& trace;
  const isa::Spec& spec;
  std::array<isa::Value, kMaxParams> values{};
  std::vector<program::Operand>& operands;

  std::string where(const isa::Param& p) const { return fmt::format("{}: {}", spec.name, p.name); }
};

/// The value of a Python object for a parameter, by its kind; E111 if it is none. Tensors are
/// appended to the operands.
isa::Value convert(Arguments& a, const isa::Param& p, PyObject* o);

/// register_operator and register_enum, by which Python says what operators and members are.
void bind_tokens(nb::module_& m);

}  // namespace trainyard::bind
