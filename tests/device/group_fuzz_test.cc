// Two cores under random instructions, between which they meet: those of a rank in sendrecv and
// core_barrier, those of two ranks in collectives. In whatever order and on however many threads
// they run, each core's bits are the same. TRAINYARD_FUZZ=<programs> and
// TRAINYARD_FUZZ_SEED=<first> make it as long as you like.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>

#include "tests/core/random_calls.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/device/group.h"
#include "trainyard/program/text.h"

namespace trainyard::device {
namespace {

using core::RandomCalls;
using core::Recorder;
using isa::Value;

constexpr int kMeetings = 6, kCallsBetween = 5, kRounds = 6;
constexpr int kAttempts = 100, kTilePairs = 2000;
#ifdef __SANITIZE_ADDRESS__
constexpr int kGroups = 6;
#else
constexpr int kGroups = 24;
#endif

int64_t from_environment(const char* name, int64_t usual) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : usual;
}

/// How the two cores are related.
enum class Kind { cores_of_a_rank, ranks };

isa::Seat seat(Kind kind, int core) {
  isa::Seat s;
  (kind == Kind::ranks ? s.ranks : s.cores) = 2;
  (kind == Kind::ranks ? s.rank : s.core) = core;
  return s;
}

struct Tally {
  size_t ran = 0, refused = 0, ended = 0;
  std::map<std::string, int> meetings;
};

/// The programs of two cores with the same tiles and meetings, and other instructions between them.
class Pair {
 public:
  Pair(Kind kind, int64_t seed, const std::array<std::set<int>, 2>& without, Tally& tally)
      : kind_(kind), random_(static_cast<uint64_t>(seed)) {
    const char* name = random_() % 2 ? "trn2" : "trn3";
    const auto machine = std::make_shared<const machine::Machine>(machine::load_machine(name));
    const uint64_t shape = 1 + random_() % 1000;
    for (int core = 0; core < 2; ++core)
      calls_.push_back(std::make_unique<RandomCalls>(2 * seed + core, machine, without[core],
                                                     seat(kind, core), shape));
    for (int i = 0; i < kMeetings; ++i) {
      for (const auto& calls : calls_) add_calls(*calls, tally);
      for (int attempt = 0; attempt < kTilePairs && !add_meeting(tally);) ++attempt;
    }
  }

  const Program& program(int core) const { return calls_[core]->program(); }
  const RandomCalls& calls(int core) const { return *calls_[core]; }
  Kind kind() const { return kind_; }

 private:
  void add_calls(RandomCalls& calls, Tally& tally) {
    const size_t opcodes = isa::instructions().size();
    for (int i = 0; i < kCallsBetween; ++i) {
      const auto opcode = static_cast<isa::Opcode>(calls.random()() % opcodes);
      if (!isa::spec(opcode).meet) calls.try_call(opcode, kAttempts, tally.refused);
    }
  }

  /// The same instruction with the same tiles on both cores.
  bool add_meeting(Tally& tally) {
    const auto below = [&](size_t n) { return static_cast<size_t>(random_() % n); };
    const std::vector<program::View>& tiles = calls_[0]->tiles();
    const size_t from = below(tiles.size()), to = below(tiles.size());
    if (tiles[from].dtype != tiles[to].dtype || from == to) return false;
    const char* in_rank[] = {"sendrecv", "core_barrier"};
    const char* in_ranks[] = {"all_reduce", "all_gather", "reduce_scatter"};
    const char* name = kind_ == Kind::ranks ? in_ranks[below(3)] : in_rank[below(8) == 0];
    const isa::Operator op = below(2) ? isa::Operator::add : isa::Operator::maximum;
    const auto pipe = static_cast<int64_t>(below(3)), dimension = static_cast<int64_t>(below(2)),
               engine = static_cast<int64_t>(1 + below(2));
    const auto add = [&](int core) {
      std::map<std::string_view, RandomCalls::Given> given;
      if (kind_ == Kind::ranks)
        given = {{"srcs", from},
                 {"dsts", to},
                 {"ranks", std::vector<int64_t>{0, 1}},
                 {"op", Value::op(op)},
                 {"collective_dim", Value::integer(dimension)}};
      else if (name == in_rank[0])
        given = {{"src", from},
                 {"dst", to},
                 {"send_to_rank", Value::integer(1 - core)},
                 {"recv_from_rank", Value::integer(1 - core)},
                 {"pipe_id", Value::integer(pipe)},
                 {"dma_engine", Value::integer(engine)}};
      else given = {{"data", RandomCalls::kShared}, {"cores", std::vector<int64_t>{0, 1}}};
      return calls_[core]->try_exactly(name, given);
    };
    if (!add(0)) {
      ++tally.refused;
      return false;
    }
    EXPECT_TRUE(add(1)) << name << " is legal on one core only";
    ++tally.meetings[name];
    return true;
  }

  Kind kind_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<RandomCalls>> calls_;
};

/// The ways in which two cores can take turns.
enum class Turns { first_core_first, last_core_first, in_step };

/// A checksum for each instruction of each core, or the error, and where each core stood then.
struct Outcome {
  std::array<std::vector<uint64_t>, 2> checksums;
  std::string error;
  std::array<InstructionId, 2> stood{};
};

std::string difference(const Pair& pair, const Outcome& a, const Outcome& b) {
  if (a.error != b.error) return fmt::format("'{}' against '{}'", a.error, b.error);
  for (int core = 0; core < 2; ++core)
    for (InstructionId i = 0; i < pair.program(core).size(); ++i)
      if (a.checksums[core][i] != b.checksums[core][i])
        return fmt::format("core {}, %{}: {} differs", core, i, pair.program(core).spec(i).name);
  return "";
}

Outcome run(const Pair& pair, const std::array<const Program*, 2>& programs, Turns turns,
            int threads) {
  const bool ranks = pair.kind() == Kind::ranks;
  Group group(ranks ? 2 : 1, ranks ? 1 : 2);
  std::deque<std::vector<std::byte>> inputs;  // storage borrows them
  std::vector<std::unique_ptr<core::Values>> values;
  std::array<std::shared_ptr<Recorder>, 2> recorders;
  for (int core = 0; core < 2; ++core) {
    const Program& program = *programs[core];
    core::ValueOptions options;
    options.threads = threads;
    options.recorder = recorders[core] = std::make_shared<Recorder>(program, 0);
    values.push_back(std::make_unique<core::Values>(program, options));
    group.join(core, program, values[core].get());
    group.keep(core, std::vector<uint8_t>(program.tensor_count(), 1));
    for (const TensorId id : pair.calls(core).inputs()) {
      auto& bytes = inputs.emplace_back(core::contents(program.tensor(id), 7 * id + core));
      values[core]->memory().bind(id, std::make_shared<core::Storage>(bytes.data(), bytes.size()));
    }
  }
  Outcome outcome;
  try {
    if (turns == Turns::in_step) {
      group.run_in_step();
    } else {
      for (int turn = 0; turn < 2; ++turn) {
        const int core = turns == Turns::first_core_first ? turn : 1 - turn;
        EXPECT_TRUE(group.run(core, static_cast<InstructionId>(programs[core]->size())));
      }
    }
  } catch (const base::Error& e) {
    EXPECT_NE(base::rule(e.code()).code[0], 'B') << e.what();
    outcome.error = e.what();
    for (int core = 0; core < 2; ++core) outcome.stood[core] = values[core]->done();
    return outcome;
  }
  for (int core = 0; core < 2; ++core) outcome.checksums[core] = recorders[core]->checksums();
  return outcome;
}

void compare(Kind kind, int64_t seed, Tally& tally) {
  std::array<std::set<int>, 2> without;
  for (int round = 0; round < kRounds; ++round) {
    const Pair pair(kind, seed, without, tally);
    const std::array<const Program*, 2> programs = {&pair.program(0), &pair.program(1)};
    const Outcome steps = run(pair, programs, Turns::in_step, 1);
    if (!steps.error.empty()) {  // once more without the calls at which the cores stood
      ++tally.ended;
      for (int core = 0; core < 2; ++core)
        without[core].insert(pair.calls(core).number_of(steps.stood[core]));
      continue;
    }
    const auto expect_same = [&](const Outcome& other) {
      EXPECT_EQ(difference(pair, steps, other), "");
    };
    expect_same(run(pair, programs, Turns::first_core_first, 1));
    expect_same(run(pair, programs, Turns::last_core_first, 3));
    std::array<Program, 2> again = {
        program::parse_program(print_program(*programs[0]), "0", programs[0]->shared_machine()),
        program::parse_program(print_program(*programs[1]), "1", programs[1]->shared_machine())};
    expect_same(run(pair, {&again[0], &again[1]}, Turns::first_core_first, 2));
    tally.ran += programs[0]->size() + programs[1]->size();
    return;
  }
}

TEST(GroupFuzz, TheOrderOfTheCoresChangesNothing) {
  const int64_t groups = from_environment("TRAINYARD_FUZZ", kGroups);
  const int64_t first = from_environment("TRAINYARD_FUZZ_SEED", 0);
  Tally tally;
  for (int64_t seed = first; seed < first + groups && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("TRAINYARD_FUZZ_SEED={} TRAINYARD_FUZZ=1", seed));
    for (const Kind kind : {Kind::cores_of_a_rank, Kind::ranks}) compare(kind, seed, tally);
  }
  std::cout << fmt::format("{} instructions, {} refused calls, {} programs ended early\n",
                           tally.ran, tally.refused, tally.ended);
  for (const char* name :
       {"sendrecv", "core_barrier", "all_reduce", "all_gather", "reduce_scatter"})
    EXPECT_TRUE(tally.meetings[name] > 0 || groups < kGroups) << name << " was never legal";
}

}  // namespace
}  // namespace trainyard::device
