// register_alloc: a new virtual register, with or without a value.

#include "trainyard/isa/registers.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, x };

constexpr std::string_view kDoc = R"(
A new register: without a value, with the integer x, or with the one element of the tensor x, as
register_load reads it. In Python it is register_alloc(x=None), which returns the register; the
instruction that it appends names that register as dst.

Registers are 32-bit signed integers and wrap around. The virtual ones are not counted: the chip's
compiler maps them onto 64 a sequencer.
Cost: that of register_move for an integer, of register_load for a tensor, else nothing.
Sources: nki.isa.register_alloc (SDK 2.32; a tensor as x: older releases).
)";

void check(const Call& c) {
  if (c.is_tensor(x)) return check_one_element(c, x);
  if (c.has(x) && c.value(x).kind == Value::Kind::number)
    throw base::Error(base::Code::E111, label(c, x) + " is not an integer")
        .limit(std::to_string(c.number(x)), "an integer or a tensor of one element",
               "register_alloc");
}

void run(Run& r) {
  if (r.call.is_tensor(x)) return write_register(r, dst, load_element(r, x));
  if (r.call.has(x)) return write_register(r, dst, r.call.integer(x));
  r.state.register_defined[r.call.value(dst).bits] = 0;
}

Cost cost(const Call& c) {
  const machine::Sequencer& s = c.core().sequencer;
  return sequencer_cost(c.is_tensor(x) ? s.register_load_ns : c.has(x) ? s.register_move_ns : 0);
}

}  // namespace

INSTRUCTION(register_alloc) {
  static const Spec spec = {
      .name = "register_alloc",
      .summary = "Make a register, and optionally give it a value.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::reg, Access::write, "", {}, "the new register"},
                 {"x", ParamKind::tensor_or_number, Access::read, "None", {}, "its first value"}},
      .engines = {Engine::sync},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
