// Every instruction under random arguments. What is refused is refused with a reason; what is legal
// gives the same bits in any way of running it: on one thread or several, at once or one after the
// other, read back from its text. TRAINYARD_FUZZ=<programs> and TRAINYARD_FUZZ_SEED=<first> make it
// as long as you like.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "tests/core/random_calls.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/core/make_trace.h"
#include "trainyard/core/values.h"
#include "trainyard/program/text.h"

namespace trainyard::core {
namespace {

constexpr int kCalls = 24, kAttempts = 800, kRounds = 6;
constexpr int kForAll = 120;  // programs in which every instruction is legal at least once
#ifdef __SANITIZE_ADDRESS__
constexpr int kPrograms = 24;
#else
constexpr int kPrograms = kForAll;
#endif

// They meet another core, and there is only one here.
bool needs_partner(const isa::Spec& spec) { return spec.meet != nullptr; }

int64_t from_environment(const char* name, int64_t usual) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : usual;
}

using Inputs = std::map<TensorId, std::vector<std::byte>>;

// What a way of running leaves: a checksum for each instruction, and the error that ended it.
struct Outcome {
  std::vector<uint64_t> checksums;
  std::vector<uint32_t> generators;
  std::string error;
  InstructionId failed = program::kNone;  // known when run one by one
};

Outcome run(const Program& program, const Inputs& inputs, int threads, bool one_by_one) {
  ValueOptions options;
  options.threads = threads;
  options.recorder = std::make_shared<Recorder>(program, 0);
  Values values(program, options);
  for (const auto& [id, bytes] : inputs)
    values.memory().bind(id, std::make_shared<Storage>(bytes.data(), bytes.size()));
  const std::vector<uint8_t> keep(program.tensor_count(), 1);
  const auto end = static_cast<InstructionId>(program.size());
  Outcome outcome;
  try {
    for (InstructionId i = one_by_one ? 1 : end; i <= end; ++i) values.run(i, keep);
  } catch (const base::Error& e) {
    EXPECT_NE(base::rule(e.code()).code[0], 'B') << e.what();
    outcome.error = e.what();
    outcome.failed = values.done();
    return outcome;  // those behind the one that failed may have run or not
  }
  outcome.checksums = options.recorder->checksums();
  outcome.generators = values.state().gpsimd_generators;
  const auto& vector = values.state().vector_generators;
  outcome.generators.insert(outcome.generators.end(), vector.begin(), vector.end());
  return outcome;
}

std::string difference(const Program& program, const Outcome& a, const Outcome& b) {
  if (a.error != b.error) return fmt::format("'{}' against '{}'", a.error, b.error);
  for (size_t i = 0; i < std::min(a.checksums.size(), b.checksums.size()); ++i)
    if (a.checksums[i] != b.checksums[i])
      return fmt::format("%{}: {} differs", i, program.spec(static_cast<InstructionId>(i)).name);
  return a.generators == b.generators ? "" : "the generators differ";
}

const std::vector<std::shared_ptr<const machine::Machine>>& machines() {
  static const auto all = [] {
    std::vector<std::shared_ptr<const machine::Machine>> list;
    for (const char* name : {"trn1", "trn2", "trn3"})
      list.push_back(std::make_shared<const machine::Machine>(machine::load_machine(name)));
    return list;
  }();
  return all;
}

// How the calls of a run went.
struct Tally {
  std::vector<int> legal = std::vector<int>(isa::instructions().size());
  size_t refused = 0, ran = 0, ended = 0;
};

// One program in every way of running; the number of its call that failed, or -1.
int compare(int64_t seed, const std::set<int>& without, Tally& tally) {
  RandomCalls calls(static_cast<uint64_t>(seed), machines()[seed % machines().size()], without);
  for (int i = 0; i < kCalls; ++i) {
    const auto opcode = static_cast<isa::Opcode>(calls.random()() % tally.legal.size());
    if (needs_partner(isa::spec(opcode))) continue;
    if (calls.try_call(opcode, kAttempts, tally.refused)) ++tally.legal[opcode];
  }
  const Program& program = calls.program();
  Inputs inputs;
  for (const TensorId id : calls.inputs())
    inputs[id] = contents(program.tensor(id), calls.random()());
  const Outcome steps = run(program, inputs, 1, true);
  const auto expect_same = [&](const Outcome& other) {
    EXPECT_EQ(difference(program, steps, other), "");
  };
  expect_same(run(program, inputs, 1, false));
  expect_same(run(program, inputs, 3, false));
  const std::string text = program::print_program(program);
  const Program again = program::parse_program(text, "fuzz.txt", program.shared_machine());
  EXPECT_EQ(program::print_program(again), text);
  expect_same(run(again, inputs, 2, false));
  tally.ran += program.size();
  if (steps.error.empty()) return -1;
  ++tally.ended;
  return calls.number_of(steps.failed);
}

TEST(InstructionFuzz, EveryWayOfRunningGivesTheSameBits) {
  const int64_t programs = from_environment("TRAINYARD_FUZZ", kPrograms);
  const int64_t first = from_environment("TRAINYARD_FUZZ_SEED", 0);
  Tally tally;
  for (int64_t seed = first; seed < first + programs && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("TRAINYARD_FUZZ_SEED={} TRAINYARD_FUZZ=1", seed));
    // A call that values refuse ends its program: once more without it.
    std::set<int> without;
    for (int round = 0; round < kRounds; ++round) {
      const int failed = compare(seed, without, tally);
      if (failed < 0) break;
      without.insert(failed);
    }
  }
  std::cout << fmt::format("{} instructions, {} refused calls, {} programs ended early\n",
                           tally.ran, tally.refused, tally.ended);
  for (size_t i = 0; i < tally.legal.size() && programs >= kForAll; ++i) {
    const isa::Spec& spec = isa::spec(static_cast<isa::Opcode>(i));
    EXPECT_TRUE(tally.legal[i] > 0 || needs_partner(spec)) << spec.name << " was never legal";
  }
}

}  // namespace
}  // namespace trainyard::core
