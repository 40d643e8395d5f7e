// Who runs which instruction when, of a range of a program.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <queue>
#include <vector>

#include "trainyard/core/values.h"

namespace trainyard::core {

/// Runs the instructions from where `values` stands to `end` on as many threads as it allows, each
/// once its predecessors have finished. Ready instructions start in program order, which keeps few
/// tiles alive; none is split, so the number of threads cannot show in the bits.
class Execution {
 public:
  /// `keep`: see Values::run.
  Execution(Values& values, InstructionId end, const std::vector<uint8_t>& keep);

  /// Throws what an instruction throws; of several, what the first in program order does.
  void run();

 private:
  /// Consecutive instructions, by their place in the window: who waits for whom.
  struct Window {
    InstructionId first, end;
    std::vector<uint32_t> waiting;  ///< unfinished predecessors
    std::vector<uint32_t> successor_begin, successors;

    Window(const Program& program, InstructionId first, InstructionId end);
    uint32_t size() const { return end - first; }
  };

  void run_window(InstructionId last);
  void work(Window& window, int thread);
  bool can_start() const { return !ready_.empty() && ready_.top() < failed_; }
  bool over() const { return stopped_ || (running_ == 0 && !can_start()); }
  /// One instruction, with the lock given back while it runs.
  void run_one(Window& window, std::unique_lock<std::mutex>& lock);
  /// Asked now and then by the first thread, under the lock: the time limit, and Ctrl-C.
  void look_up();

  Values& values_;
  const InstructionId begin_, end_;
  const std::vector<uint8_t>& keep_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  std::mutex mutex_;  ///< of everything below
  std::condition_variable changed_;
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready_;
  uint32_t finished_ = 0;  ///< of all windows
  uint32_t running_ = 0;   ///< of this window
  bool stopped_ = false;
  uint32_t failed_ = 0;  ///< the first that threw; the window's size if none has
  std::exception_ptr error_;
};

}  // namespace trainyard::core
