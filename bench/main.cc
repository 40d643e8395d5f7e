// The ratios that are promised, then Google Benchmark's own tables (see --help; --ratios stops
// after the ratios, --ratios=formats, functions, matmul, elementwise or program after those).
#include <benchmark/benchmark.h>

#include <string_view>

#include "bench/reports.h"

int main(int argc, char** argv) {
  using namespace trainyard::bench;
  const std::string_view first = argc > 1 ? argv[1] : "";
  const std::string_view only = first.starts_with("--ratios=") ? first.substr(9) : "";
  const auto wanted = [&](std::string_view name) { return only.empty() || only == name; };
  if (wanted("formats")) report_formats();
  if (wanted("functions")) report_functions();
  if (wanted("matmul")) report_matmul();
  if (wanted("elementwise")) report_elementwise();
  if (wanted("program")) report_program();
  if (first.starts_with("--ratios")) return 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
