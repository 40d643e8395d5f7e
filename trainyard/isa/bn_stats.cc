// bn_stats: means and variances of each partition, to be merged by bn_aggr, on the Vector Engine.

#include "trainyard/isa/laws.h"
#include "trainyard/isa/operators.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, data };

constexpr std::string_view kDoc = R"(
Six numbers a partition: count, mean and variance * count of its even elements, then of its odd
ones. bn_aggr merges any number of these into a mean and a variance.

Memory types: SBUF or PSUM on both sides.
Data types: any; computed in float32 and cast to dst's type.
Layout: equal partitions; dst has 6 elements per partition.
Tile size: at most 512 elements per partition of data (nl.tile_size.bn_stats_fmax).
Cost: max(64, N) cycles.
NumPy: e = data[:, 0::2]; dst[:, :3] = e.shape[1], e.mean(1), e.var(1) * e.shape[1]; odd likewise
Sources: nki.isa.bn_stats (SDK 2.32); cost ISA26. Order of sums: docs/numbers.md.
)";

constexpr int kNumbers = 6;

void check(const Call& c) {
  same_partitions(c, {dst, data});
  not_packed(c, {dst, data});
  free_at_most(c, data, c.core().vector.bn_stats_free_max, "core.vector.bn_stats_free_max");
  free_exactly(c, dst, kNumbers);
}

// Count, mean and sum of squared distances of every second element.
void statistics(const float* x, int64_t n, float* values, float* out) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; i += 2) values[count++] = x[i];
  const auto counted = static_cast<float>(count);
  const float mean = count ? reduce_run(Operator::add, values, count, 0) / counted : 0;
  for (int64_t i = 0; i < count; ++i) values[i] = (values[i] - mean) * (values[i] - mean);
  out[0] = counted;
  out[1] = mean;
  out[2] = count ? reduce_run(Operator::add, values, count, 0) : 0;
}

void run(Run& r) {
  for_each_block(r, dst, {data}, [](auto* in, float* out, int, int rows, int64_t n) {
    float* half = Run::scratch(4, n);
    for (int row = 0; row < rows; ++row) {
      statistics(in[0] + row * n, n, half, out + row * kNumbers);
      statistics(in[0] + row * n + 1, n - 1, half, out + row * kNumbers + 3);
    }
  });
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(data).free_elements()));
}

}  // namespace

INSTRUCTION(bn_stats) {
  static const Spec spec = {
      .name = "bn_stats",
      .summary = "Compute counts, means and variances of each partition.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "six numbers a partition"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
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
