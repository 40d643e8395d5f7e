// Runs instructions as their predecessors finish. Ready instructions start in program order, which
// keeps few tiles alive; no instruction is split, so the number of threads cannot show in the bits.

#include "trainyard/core/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <queue>

#include "trainyard/base/diagnostics.h"
#include "trainyard/base/thread_pool.h"
#include "trainyard/core/blame.h"
#include "trainyard/core/definedness.h"
#include "trainyard/program/dependencies.h"

namespace trainyard::core {

using base::Code;
using base::Error;
using program::kNone;

namespace {

constexpr std::chrono::milliseconds kGlance{50};  // how long the first thread waits for others
constexpr InstructionId kWindow = 1 << 16;  // instructions whose dependencies are held at once

// Whether an operand writes every byte of its tensor.
bool overwrites(const isa::OperandView& v) {
  return v.layout->indirect == isa::Indirect::none && v.bytes() == v.tensor->bytes();
}

// Whether an instruction reads a tensor, be it the one it writes.
bool reads(const Call& call, TensorId id) {
  bool found = false;
  program::for_each_operand(call, [&](int slot, isa::Access access) {
    found |= access == isa::Access::read && call.raw(slot).tensor == id;
  });
  return found;
}

}  // namespace

Values::Values(const Program& program, ValueOptions options)
    : program_(program), options_(std::move(options)), memory_(program, state_) {}

void Values::run_one(InstructionId i) {
  const Call call = program_.call(i);
  base::Rounding rounding;
  rounding.stochastic = options_.stochastic_rounding;
  rounding.seed = options_.seed;
  rounding.stream = static_cast<uint64_t>(program_.core()) << 40 | i;
  try {
    isa::Run run(call, memory_, state_, rounding);
    call.spec().run(run);
    if (options_.checks) propagate_definedness(call, i, memory_);
    else define_outputs(call, memory_);
    if (options_.recorder) options_.recorder->record(i, memory_, state_);
  } catch (Error& e) {
    if (e.code() == Code::E211) blame_undefined_operands(e, program_, memory_, i);
    throw e.at(program_.place(program_.instruction(i).site));
  }
}

// The work of one window: who waits for whom, and how often each tensor is still used.
struct Values::Window {
  InstructionId first, end;
  std::vector<uint32_t> waiting;  // unfinished predecessors
  std::vector<uint32_t> successor_begin, successors;
  std::vector<uint32_t> uses;  // by tensor: instructions left

  Window(const Program& program, InstructionId first, InstructionId end)
      : first(first), end(end), waiting(end - first), uses(program.tensor_count()) {
    program::Dependencies dependencies(program);
    std::vector<program::Dependence> before;
    std::vector<std::pair<uint32_t, uint32_t>> edges;
    for (InstructionId i = first; i < end; ++i) {
      before.clear();
      dependencies.add(i, before);
      waiting[i - first] = static_cast<uint32_t>(before.size());
      for (const auto& b : before) edges.emplace_back(b.id - first, i - first);
    }
    successor_begin.assign(end - first + 1, 0);
    for (const auto& [from, to] : edges) ++successor_begin[from + 1];
    for (size_t i = 1; i < successor_begin.size(); ++i)
      successor_begin[i] += successor_begin[i - 1];
    successors.resize(edges.size());
    std::vector<uint32_t> at(successor_begin.begin(), successor_begin.end() - 1);
    for (const auto& [from, to] : edges) successors[at[from]++] = to;
  }
};

void Values::run(InstructionId end, const std::vector<uint8_t>& keep) {
  state_.registers.resize(program_.register_count());
  state_.register_defined.resize(program_.register_count());
  memory_.begin_window();
  if (done_ == end) return;
  if (options_.recorder) options_.recorder->grow(end);

  // Uses left over the whole range: a tensor that is not kept dies with its last one.
  std::vector<uint32_t> uses(program_.tensor_count());
  std::vector<uint8_t> touched(program_.tensor_count());
  for (InstructionId i = done_; i < end; ++i)
    for (const isa::Operand& o : program_.operands(i)) ++uses[o.tensor];
  const auto kept = [&](TensorId id) { return id < keep.size() && keep[id]; };

  const auto started = std::chrono::steady_clock::now();
  const InstructionId total_first = done_;
  while (done_ < end) {
    const InstructionId last = std::min(end, done_ + kWindow);
    Window window(program_, done_, last);

    std::mutex mutex;
    std::condition_variable changed;
    std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
    uint32_t left = last - done_;
    bool stopped = false;
    for (uint32_t k = 0; k < window.waiting.size(); ++k)
      if (window.waiting[k] == 0) ready.push(k);

    const auto prepare = [&](InstructionId i) {
      const Call call = program_.call(i);
      program::for_each_operand(call, [&](int slot, isa::Access access) {
        const isa::OperandView v = call.view(slot);
        const bool first_use = !touched[v.id];
        touched[v.id] = 1;
        // A transfer with dynamic addresses may skip rows, and so leave some of the tensor fresh.
        const bool whole = first_use && access != isa::Access::read && overwrites(v) &&
                           !program_.instruction(i).dynamic && !reads(call, v.id);
        memory_.prepare(v.id, whole);
        if (access != isa::Access::read && !v.tensor->has_address()) memory_.storage(v.id)->own();
      });
    };
    const auto finish = [&](InstructionId i) {
      for (const isa::Operand& o : program_.operands(i))
        if (--uses[o.tensor] == 0 && !kept(o.tensor)) memory_.release(o.tensor);
    };
    // Whether to go on: the first thread asks, under the lock, also while it waits for others.
    const auto look_up = [&] {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started;
      const double share = 1.0 - static_cast<double>(left + (end - last)) / (end - total_first);
      bool go_on = false;
      try {
        if (options_.timeout_s > 0 && spent.count() > options_.timeout_s)
          throw Error(Code::E008,
                      fmt::format("{}: stopped after {:.1f} s at {:.0f} % of the values",
                                  program_.name, spent.count(), 100 * share))
              .limit(fmt::format("{:.1f} s", spent.count()),
                     fmt::format("{} s", options_.timeout_s), "timeout");
        go_on = !options_.progress || options_.progress(share);
      } catch (...) {
        stopped = true;
        changed.notify_all();
        throw;
      }
      if (go_on) return;
      stopped = true;
      changed.notify_all();
    };
    const auto worker = [&](int thread) {
      std::unique_lock lock(mutex);
      while (left > 0 && !stopped) {
        if (ready.empty() && thread == 0) {
          changed.wait_for(lock, kGlance);
          look_up();
          continue;
        }
        if (ready.empty()) {
          changed.wait(lock);
          continue;
        }
        const uint32_t k = ready.top();
        ready.pop();
        const InstructionId i = window.first + k;
        try {
          prepare(i);
          lock.unlock();
          run_one(i);
          lock.lock();
        } catch (...) {
          if (!lock.owns_lock()) lock.lock();
          stopped = true;
          changed.notify_all();
          throw;
        }
        finish(i);
        --left;
        size_t woken = 0;
        for (uint32_t s = window.successor_begin[k]; s < window.successor_begin[k + 1]; ++s) {
          if (--window.waiting[window.successors[s]] > 0) continue;
          ready.push(window.successors[s]);
          ++woken;
        }
        if (woken > 1 || left == 0) changed.notify_all();
        if (thread == 0) look_up();
      }
    };
    // Few instructions are not worth waking other threads for.
    const int threads = window.end - window.first < 8 ? 1 : options_.threads;
    base::run_on_threads(threads, worker);
    done_ = last;
  }
}

void Values::check_output(TensorId output) {
  memory_.begin_window();
  memory_.prepare(output, false);
  Storage& s = *memory_.storage(output);
  if (s.all_defined()) return;
  refuse_undefined_output(program_, memory_, output);
}

}  // namespace trainyard::core
