// reciprocal: 1 / x on the Vector Engine, slower and more precise than the Scalar Engine's table.

#include "trainyard/base/functions.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, data };

constexpr std::string_view kDoc = R"(
dst = 1 / data, element by element.

Memory types: SBUF or PSUM on both sides.
Data types: any; computed in float32 (here correctly rounded; the chip's last bit is not public) and
  cast to dst's type.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: 8 cycles an element documented for NeuronCore-v2; 6 measured on v3.
NumPy: dst[...] = 1 / data
Sources: nki.isa.reciprocal (SDK 2.32); cost ISA26, TRACE.
)";

void check(const Call& c) {
  same_elements(c, {dst, data});
  not_packed(c, {dst, data});
}

void run(Run& r) {
  for_each_block(r, dst, {data}, [](auto* in, float* out, int, int rows, int64_t n) {
    base::reciprocal_run(in[0], out, rows * n);
  });
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(dst).free_elements());
  return lane_cost(c, n * lane_engine(c).reciprocal_cycles_per_element);
}

}  // namespace

INSTRUCTION(reciprocal) {
  static const Spec spec = {
      .name = "reciprocal",
      .summary = "Compute 1 / x on the Vector Engine.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
