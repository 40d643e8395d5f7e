// register_load: one element of memory read into a register.

#include "trainyard/isa/registers.h"

namespace trainyard::isa {

namespace {

enum { dst, src };

constexpr std::string_view kDoc = R"(
dst = the one element of src.

Memory types: HBM or SBUF.
Data types: integers by value (uint32 by its bits), others as their bits, zero-extended.
Limits: one element of at most 32 bits, which must have been written: registers are addresses and
  conditions.
Cost: the round trip that a load from HBM takes.
Sources: nki.isa.register_load (SDK 2.32); cost TRACE.
)";

void check(const Call& c) { check_one_element(c, src); }

void run(Run& r) { write_register(r, dst, load_element(r, src)); }

Cost cost(const Call& c) { return sequencer_cost(c.core().sequencer.register_load_ns); }

}  // namespace

INSTRUCTION(register_load) {
  static const Spec spec = {
      .name = "register_load",
      .summary = "Load an element of HBM or SBUF into a register.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::reg, Access::write, "", {}, "the register that changes"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "one element"}},
      .engines = {Engine::sync},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
