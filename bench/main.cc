// The ratios that are promised, then Google Benchmark's own tables (see --help; --ratios stops
// after the ratios).
#include <benchmark/benchmark.h>

#include <string_view>

#include "bench/reports.h"

int main(int argc, char** argv) {
  trainyard::bench::report_formats();
  trainyard::bench::report_functions();
  trainyard::bench::report_matmul();
  trainyard::bench::report_elementwise();
  trainyard::bench::report_program();
  if (argc > 1 && std::string_view(argv[1]) == "--ratios") return 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
