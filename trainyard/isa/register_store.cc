// register_store: a register written to one element of memory.

#include <cstring>

#include "trainyard/isa/registers.h"

namespace trainyard::isa {

namespace {

enum { dst, src };

constexpr std::string_view kDoc = R"(
The one element of dst = the low bits of src, as many as it has.

Memory types: HBM or SBUF.
Data types: any of at most 32 bits. Nothing is converted: into a float tile go the integer's bits.
Cost: one write to memory.
Sources: nki.isa.register_store (SDK 2.32); cost TRACE.
)";

void check(const Call& c) { check_one_element(c, dst); }

void run(Run& r) {
  const auto bits = static_cast<uint32_t>(read_register(r, src));
  const Bytes to = r.bytes(dst);
  std::memcpy(to.data, &bits, to.element);
}

Cost cost(const Call& c) { return sequencer_cost(c.core().sequencer.register_store_ns); }

}  // namespace

INSTRUCTION(register_store) {
  static const Spec spec = {
      .name = "register_store",
      .summary = "Store a register to an element of HBM or SBUF.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "one element"},
                 {"src", ParamKind::reg, Access::read, "", {}, "the register"}},
      .engines = {Engine::sync},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
