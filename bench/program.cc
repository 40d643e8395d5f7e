// How fast programs are ordered and timed: a tiled loop of loads, matmuls, additions and stores
// over matrices in HBM, a million instructions long.
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "bench/ratio.h"
#include "bench/reports.h"
#include "trainyard/core/make_report.h"
#include "trainyard/core/timing.h"
#include "trainyard/program/view.h"

namespace trainyard::bench {
namespace {

using base::DType;
using isa::Buffer;
using isa::Value;
using program::Program;
using program::View;

class Writer {
 public:
  explicit Writer(Program& program) : program_(program) {}

  View tensor(Buffer buffer, std::vector<int64_t> shape, DType dtype) {
    isa::Tensor t;
    t.buffer = buffer;
    t.shape = std::move(shape);
    t.dtype = dtype;
    const auto id = program_.add_tensor(t);
    return View::whole(program_.tensor(id), id);
  }
  void call(const char* name, std::initializer_list<View> tensors, Value op = {}) {
    const int opcode = isa::find_instruction(name);
    const isa::Spec& spec = isa::spec(static_cast<isa::Opcode>(opcode));
    std::vector<Value> values(spec.params.size());
    std::vector<program::Operand> operands;
    size_t p = 0;
    for (const View& v : tensors) {
      values[p++] = Value::operand(static_cast<int>(operands.size()));
      v.append_operands(program_, operands);
    }
    for (; p < values.size(); ++p) values[p] = spec.params[p].default_value;
    if (const int at = spec.find("op"); at >= 0) values[at] = op;
    program_.add(static_cast<isa::Opcode>(opcode), spec.engines[0], values, operands, isa::kNone);
  }

 private:
  Program& program_;
};

void write_tiled_loop(Program& program, size_t instructions) {
  Writer w(program);
  const View a = w.tensor(Buffer::shared_hbm, {4096, 4096}, DType::bf16);
  const View b = w.tensor(Buffer::shared_hbm, {4096, 4096}, DType::bf16);
  const View c = w.tensor(Buffer::shared_hbm, {4096, 4096}, DType::fp32);
  for (int64_t tile = 0; program.size() < instructions; ++tile) {
    const int64_t row = tile % 32 * 128, column = tile / 32 % 8 * 512;
    const View left = w.tensor(Buffer::sbuf, {128, 8, 128}, DType::bf16);
    const View right = w.tensor(Buffer::sbuf, {128, 8, 512}, DType::bf16);
    const View product = w.tensor(Buffer::psum, {128, 512}, DType::fp32);
    const View sum = w.tensor(Buffer::sbuf, {128, 512}, DType::fp32);
    for (int64_t k = 0; k < 8; ++k) {
      const View from = a.slice(0, 128 * k, 128 * (k + 1), 1);
      w.call("dma_copy", {left.select(1, k), from.slice(1, row, row + 128, 1)});
      const View other = b.slice(0, 128 * k, 128 * (k + 1), 1);
      w.call("dma_copy", {right.select(1, k), other.slice(1, column, column + 512, 1)});
    }
    for (int64_t k = 0; k < 8; ++k)
      w.call("nc_matmul", {product, left.select(1, k), right.select(1, k)});
    w.call("tensor_copy", {sum, product});
    w.call("tensor_tensor", {sum, sum, sum}, Value::op(isa::Operator::add));
    w.call("dma_copy", {c.slice(0, row, row + 128, 1).slice(1, column, column + 512, 1), sum});
  }
}

double seconds_of(auto work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// What else runs on the machine only ever adds to it.
double least_seconds_of(auto work) {
  double least = seconds_of(work);
  for (int again = 0; again < 4; ++again) least = std::min(least, seconds_of(work));
  return least;
}

void print_rate(const std::string& what, size_t n, double seconds, double bar) {
  const double rate = static_cast<double>(n) / seconds / 1e6;
  fmt::print("{}: {:.1f} million instructions a CPU second (bar {}){}\n", what, rate, bar,
             rate < bar ? " MISSED" : "");
}

}  // namespace

void report_program() {
  constexpr size_t kInstructions = 1'000'000;
  Program program(std::make_shared<const machine::Machine>(machine::load_machine("trn2")));
  write_tiled_loop(program, kInstructions);
  program::Ordered ordered;
  for (const auto policy : {program::SchedulePolicy::program, program::SchedulePolicy::list}) {
    const double s =
        least_seconds_of([&] { ordered = program::order(program, program.machine(), {policy}); });
    print_rate(policy == program::SchedulePolicy::list ? "ordering, list schedule"
                                                       : "ordering, program order",
               program.size(), s, 1);
  }
  core::Timeline timeline;
  const double s =
      least_seconds_of([&] { timeline = core::time_program(ordered, program.machine()); });
  print_rate("timing an ordered program", program.size(), s, 5);
  profile::Report report;
  const double found =
      seconds_of([&] { report = core::make_report({&program}, core::Meetings::alone(0), {}); });
  const auto page = std::filesystem::temp_directory_path() / "trainyard_bench_report.html";
  const double written = seconds_of([&] { profile::write_report(page, {&report}); });
  fmt::print(
      "a report of {} intervals: {:.1f} CPU seconds to time it on {} machines, {:.1f} to "
      "write {:.1f} MB (bar 10){}\n",
      report.trace.intervals.size(), found, 1 + report.what_if.size(), written,
      static_cast<double>(std::filesystem::file_size(page)) * 1e-6, written > 10 ? " MISSED" : "");
  std::filesystem::remove(page);
}

}  // namespace trainyard::bench
