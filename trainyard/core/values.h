// Running a program's values on many host threads.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "trainyard/core/memory.h"
#include "trainyard/core/recorder.h"
#include "trainyard/core/watcher.h"
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
  /// Told of every instruction from here on, save those in which cores meet.
  void add_watcher(std::shared_ptr<Watcher> watcher) { watchers_.push_back(std::move(watcher)); }
  void record_into(std::shared_ptr<Recorder> recorder) { options_.recorder = std::move(recorder); }
  const std::shared_ptr<Recorder>& recorder() const { return options_.recorder; }

  /// Runs instructions [done, end), in none of which cores meet. A tensor is released after its
  /// last use in the program; `keep` (by tensor id, may be shorter than the program's tensors)
  /// prevents that. Throws base::Error with the place of the instruction that failed.
  void run(InstructionId end, const std::vector<uint8_t>& keep);

  /// What this core brings to the next instruction, in which cores meet; `end_meeting` goes on to
  /// the one after it.
  struct Side {
    Call call;
    isa::Run run;
    Side(const Call& c, CoreMemory& memory, isa::CoreState& state, const base::Rounding& rounding)
        : call(c), run(call, memory, state, rounding) {}
    Side(const Side&) = delete;
  };
  std::unique_ptr<Side> begin_meeting();
  void end_meeting(const std::vector<uint8_t>& keep);
  /// What the values up to now have shown, once a line: arithmetic on integers that float32 rounds.
  std::vector<profile::Finding> findings() const;

  /// Throws E210 if an element of the output was never written or is garbage that was stored.
  void check_output(TensorId output);

 private:
  friend class Execution;
  void run_one(InstructionId i);
  void begin_window();
  /// Gives an instruction's operands their storage. Not concurrent, as finish().
  void prepare(InstructionId i);
  /// Releases the tensors whose last use this was.
  void finish(InstructionId i, const std::vector<uint8_t>& keep);
  base::Rounding rounding_of(InstructionId i) const;
  void note_rounded_integers(InstructionId i);

  const Program& program_;
  ValueOptions options_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
  isa::CoreState state_;
  CoreMemory memory_;
  InstructionId done_ = 0;
  InstructionId counted_ = 0;     // instructions whose operands are in uses_
  std::vector<uint32_t> uses_;    // by tensor: operands to come; one not kept dies with its last
  std::vector<uint8_t> touched_;  // by tensor: had an operand already
  std::set<uint32_t> rounded_integers_;  // sites
  std::mutex mutex_;                     // of rounded_integers_
};

}  // namespace trainyard::core
