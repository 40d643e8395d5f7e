// Running a program's values on many host threads.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "trainyard/core/memory.h"
#include "trainyard/core/recorder.h"
#include "trainyard/profile/trace.h"

namespace trainyard::core {

struct ValueOptions {
  int threads = 1;
  uint64_t seed = 0;
  bool stochastic_rounding = false;
  bool checks = true;    ///< definedness
  double timeout_s = 0;  ///< 0: none
  /// Called now and then with the share of instructions done; returns false to stop (Ctrl-C).
  std::function<bool(double)> progress;
  std::shared_ptr<Recorder> recorder;  ///< told of every instruction, if there is one
};

/// The values of one program on one core. Instructions run in windows as the program grows; within
/// a window, independent ones run at once. Any number of threads gives the same bits.
class Values {
 public:
  Values(const Program& program, ValueOptions options);

  CoreMemory& memory() { return memory_; }
  isa::CoreState& state() { return state_; }
  InstructionId done() const { return done_; }
  void record_into(std::shared_ptr<Recorder> recorder) { options_.recorder = std::move(recorder); }
  const std::shared_ptr<Recorder>& recorder() const { return options_.recorder; }

  /// Runs instructions [done, end). `last`: nothing follows, so a tensor is released after its last
  /// use; `keep` (by tensor id, may be shorter than the program's tensors) prevents that.
  /// Throws base::Error with the place of the instruction that failed.
  void run(InstructionId end, const std::vector<uint8_t>& keep);

  /// What the values up to now have shown, once a line: arithmetic on integers that float32 rounds.
  std::vector<profile::Finding> findings() const;

  /// Throws E210 if an element of the output was never written or is garbage that was stored.
  void check_output(TensorId output);

 private:
  friend class Execution;
  void run_one(InstructionId i);
  void note_rounded_integers(InstructionId i);

  const Program& program_;
  ValueOptions options_;
  isa::CoreState state_;
  CoreMemory memory_;
  InstructionId done_ = 0;
  std::set<uint32_t> rounded_integers_;  // sites
  std::mutex mutex_;                     // of rounded_integers_
};

}  // namespace trainyard::core
