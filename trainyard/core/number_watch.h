// The sanitiser's look at values: where NaN and infinities are born, and what narrow types lose.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "trainyard/core/watcher.h"
#include "trainyard/profile/sanitizer.h"

namespace trainyard::core {

class NumberWatch final : public Watcher {
 public:
  explicit NumberWatch(const Program& program) : program_(program) {}

  void before(InstructionId i, CoreMemory& memory) override;
  void after(InstructionId i, CoreMemory& memory) override;

  /// What was found up to now, the same for any number of threads.
  std::vector<profile::SanitizerFinding> findings() const;

 private:
  enum class Kind : uint8_t { nan, infinity, overflow, flush, saturation, rounding };
  struct Event {
    InstructionId first = program::kNone;
    uint64_t count = 0;
    std::string text;  // of the first
    int input = -1;    // slot of what it was computed from
  };

  void note(Kind kind, InstructionId i, int input, const std::string& text);
  void note_losses(InstructionId i, const Call& call);
  void look_for_birth(InstructionId i, const Call& call, int slot, CoreMemory& memory);
  profile::SanitizerFinding told(Kind kind, const Event& event) const;

  const Program& program_;
  std::mutex mutex_;                                   // of everything below
  std::map<std::pair<Kind, uint32_t>, Event> events_;  // by kind and site
  std::vector<InstructionId> carriers_;                // wrote NaN or infinities
};

}  // namespace trainyard::core
