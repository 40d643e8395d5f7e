// bn_aggr: the results of bn_stats merged into a mean and a variance, on the Vector Engine.

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, data };

constexpr std::string_view kDoc = R"(
data holds triples (count, mean, variance * count) in each partition, as bn_stats writes them; dst
receives the mean and the variance of all the elements that they describe.

Memory types: SBUF or PSUM on both sides.
Data types: any; computed in float32 and cast to dst's type.
Layout: equal partitions; data has a multiple of 3 elements per partition, dst has 2.
Cost: max(64, 13 * N / 3) cycles.
NumPy: c, m, v = data[:, 0::3], data[:, 1::3], data[:, 2::3]; mean = (c * m).sum(1) / c.sum(1);
  dst[...] = mean, (v + c * (m - mean) ** 2).sum(1) / c.sum(1)
Sources: nki.isa.bn_aggr (SDK 2.32); cost ISA26. Sums go over ascending triples.
)";

constexpr int kTriple = 3, kNumbers = 2;
constexpr double kCyclesPerTriple = 13;

void check(const Call& c) {
  same_partitions(c, {dst, data});
  not_packed(c, {dst, data});
  free_exactly(c, dst, kNumbers);
  const OperandView d = c.operand(data);
  if (d.free_elements() % kTriple != 0)
    throw base::Error(base::Code::E110, label(c, data) + " does not hold whole triples")
        .limit(std::to_string(d.free_elements()), "a multiple of 3", "bn_aggr")
        .note(d.describe());
}

void aggregate(const float* x, int64_t n, float* out) {
  float count = 0, sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i += kTriple) {
    count += x[i];
    sum += x[i] * x[i + 1];
  }
  const float mean = sum / count;
  for (int64_t i = 0; i < n; i += kTriple) {
    const float distance = x[i + 1] - mean;
    squares += x[i + 2] + x[i] * (distance * distance);
  }
  out[0] = mean;
  out[1] = squares / count;
}

void run(Run& r) {
  for_each_block(r, dst, {data}, [](auto* in, float* out, int, int rows, int64_t n) {
    for (int row = 0; row < rows; ++row) aggregate(in[0] + row * n, n, out + row * kNumbers);
  });
}

Cost cost(const Call& c) {
  return lane_cost(
      c, kCyclesPerTriple * static_cast<double>(c.operand(data).free_elements()) / kTriple);
}

}  // namespace

INSTRUCTION(bn_aggr) {
  static const Spec spec = {
      .name = "bn_aggr",
      .summary = "Merge the results of bn_stats into a mean and a variance.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "mean and variance a partition"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "triples of bn_stats"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .evidence = Evidence::order_defined,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
