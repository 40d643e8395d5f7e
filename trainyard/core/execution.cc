// A window of instructions as tasks that wait for each other, drained by threads under one lock.

#include "trainyard/core/execution.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/base/diagnostics.h"
#include "trainyard/base/thread_pool.h"
#include "trainyard/program/dependencies.h"

namespace trainyard::core {

using base::Code;
using base::Error;

namespace {

constexpr std::chrono::milliseconds kGlance{50};  // how long the first thread waits for others
constexpr InstructionId kWindow = 1 << 16;        // whose dependencies are held at once
constexpr uint32_t kWorthThreads = 8;  // fewer instructions do not make up for waking a thread

}  // namespace

Execution::Window::Window(const Program& program, InstructionId first, InstructionId end)
    : first(first), end(end), waiting(end - first), successor_begin(end - first + 1) {
  program::Dependencies dependencies(program);
  std::vector<program::Dependence> before;
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (InstructionId i = first; i < end; ++i) {
    before.clear();
    dependencies.add(i, before);
    waiting[i - first] = static_cast<uint32_t>(before.size());
    for (const auto& b : before) edges.emplace_back(b.id - first, i - first);
  }
  for (const auto& [from, to] : edges) ++successor_begin[from + 1];
  for (size_t i = 1; i < successor_begin.size(); ++i) successor_begin[i] += successor_begin[i - 1];
  successors.resize(edges.size());
  std::vector<uint32_t> at(successor_begin.begin(), successor_begin.end() - 1);
  for (const auto& [from, to] : edges) successors[at[from]++] = to;
}

Execution::Execution(Values& values, InstructionId end, const std::vector<uint8_t>& keep)
    : values_(values), begin_(values.done_), end_(end), keep_(keep) {}

void Execution::run() {
  while (values_.done_ < end_) run_window(std::min(end_, values_.done_ + kWindow));
}

void Execution::run_window(InstructionId last) {
  Window window(values_.program_, values_.done_, last);
  failed_ = window.size();
  for (uint32_t k = 0; k < window.size(); ++k)
    if (window.waiting[k] == 0) ready_.push(k);
  const int threads = window.size() < kWorthThreads ? 1 : values_.options_.threads;
  base::run_on_threads(threads, [&](int thread) { work(window, thread); });
  if (error_) std::rethrow_exception(error_);
  values_.done_ = last;
}

void Execution::work(Window& window, int thread) {
  std::unique_lock lock(mutex_);
  while (!over()) {
    if (can_start()) {
      run_one(window, lock);
    } else if (thread == 0) {
      changed_.wait_for(lock, kGlance);
    } else {
      changed_.wait(lock);
    }
    if (thread == 0) look_up();
  }
  changed_.notify_all();
}

void Execution::run_one(Window& window, std::unique_lock<std::mutex>& lock) {
  const uint32_t k = ready_.top();
  ready_.pop();
  ++running_;
  try {
    values_.prepare(window.first + k);
    lock.unlock();
    values_.run_one(window.first + k);
    lock.lock();
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    --running_;
    if (k < failed_) {  // those before it still run: they may fail too, and would have been first
      failed_ = k;
      error_ = std::current_exception();
    }
    return;
  }
  --running_;
  ++finished_;
  values_.finish(window.first + k, keep_);
  size_t woken = 0;
  for (uint32_t s = window.successor_begin[k]; s < window.successor_begin[k + 1]; ++s) {
    if (--window.waiting[window.successors[s]] > 0) continue;
    ready_.push(window.successors[s]);
    ++woken;
  }
  if (woken > 1) changed_.notify_all();
}

void Execution::look_up() {
  const ValueOptions& options = values_.options_;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
  const double share = static_cast<double>(finished_) / (end_ - begin_);
  try {
    if (options.timeout_s > 0 && spent.count() > options.timeout_s)
      throw Error(Code::E008, fmt::format("{}: stopped after {:.1f} s at {:.0f} % of the values",
                                          values_.program_.name, spent.count(), 100 * share))
          .limit(fmt::format("{:.1f} s", spent.count()), fmt::format("{} s", options.timeout_s),
                 "timeout");
    stopped_ |= options.progress && !options.progress(share);
  } catch (...) {
    stopped_ = true;
    changed_.notify_all();
    throw;
  }
}

}  // namespace trainyard::core
