// register_move: an integer or another register's value moved into a register.

#include "trainyard/isa/registers.h"

namespace trainyard::isa {

namespace {

enum { dst, src };

constexpr std::string_view kDoc = R"(
dst = src; an integer's low 32 bits.

Cost: one instruction of the sequencer.
Sources: nki.isa.register_move (SDK 2.32); cost TRACE.
)";

void run(Run& r) { write_register(r, dst, read_register(r, src)); }

Cost cost(const Call& c) { return sequencer_cost(c.core().sequencer.register_move_ns); }

}  // namespace

INSTRUCTION(register_move) {
  static const Spec spec = {
      .name = "register_move",
      .summary = "Move an integer or a register into a register.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::reg, Access::write, "", {}, "the register that changes"},
                 {"src", ParamKind::reg_or_integer, Access::read, "", {}, "its new value"}},
      .engines = {Engine::sync},
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
