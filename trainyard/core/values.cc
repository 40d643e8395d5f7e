// One instruction's value and its definedness; Execution decides who runs when.

#include "trainyard/core/values.h"

#include <algorithm>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/blame.h"
#include "trainyard/core/definedness.h"
#include "trainyard/core/execution.h"
#include "trainyard/core/indirection.h"
#include "trainyard/isa/indirection.h"
#include "trainyard/isa/integer_use.h"
#include "trainyard/isa/narrowing.h"

namespace trainyard::core {

using base::Code;
using base::Error;

namespace {

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
  isa::integer_use() = {};
  isa::narrowing() = {};
  try {
    for (const auto& watcher : watchers_) watcher->before(i, memory_);
    if (program_.instruction(i).dynamic && isa::any_indirect(call)) {
      StagedMemory staged(call, memory_);
      isa::Run run(call, staged, state_, rounding_of(i));
      call.spec().run(run);
      staged.scatter();
    } else {
      isa::Run run(call, memory_, state_, rounding_of(i));
      call.spec().run(run);
    }
    if (isa::rounds_integers(call, isa::integer_use())) note_rounded_integers(i);
    if (options_.checks) propagate_definedness(call, i, memory_);
    else define_outputs(call, memory_);
    if (options_.recorder) options_.recorder->record(i, memory_, state_);
    for (const auto& watcher : watchers_) watcher->after(i, memory_);
  } catch (Error& e) {
    if (e.code() == Code::E211) blame_undefined_operands(e, program_, memory_, i);
    throw e.at(program_.place(program_.instruction(i).site));
  }
}

void Values::note_rounded_integers(InstructionId i) {
  const std::scoped_lock lock(mutex_);
  rounded_integers_.insert(program_.instruction(i).site);
}

std::vector<profile::Finding> Values::findings() const {
  std::vector<profile::Finding> all;
  for (const uint32_t site : rounded_integers_) {
    const base::Place place = program_.place(site);
    const profile::Finding found = {
        "integers above 2^24 are rounded here: the engine computes in float32",
        {place.file, place.line}};
    if (std::find(all.begin(), all.end(), found) == all.end()) all.push_back(found);
  }
  return all;
}

base::Rounding Values::rounding_of(InstructionId i) const {
  base::Rounding rounding;
  rounding.stochastic = options_.stochastic_rounding;
  rounding.seed = options_.seed;
  rounding.stream = static_cast<uint64_t>(program_.core()) << 40 | i;
  return rounding;
}

void Values::begin_window() {
  state_.registers.resize(program_.register_count());
  state_.register_defined.resize(program_.register_count());
  memory_.begin_window();
  uses_.resize(program_.tensor_count());
  touched_.resize(program_.tensor_count());
  for (; counted_ < program_.size(); ++counted_)
    for (const isa::Operand& o : program_.operands(counted_)) ++uses_[o.tensor];
}

void Values::run(InstructionId end, const std::vector<uint8_t>& keep) {
  begin_window();
  if (done_ == end) return;
  if (options_.recorder) options_.recorder->grow(end);
  for (const auto& watcher : watchers_) watcher->grow(end);
  Execution(*this, end, keep).run();
}

std::unique_ptr<Values::Side> Values::begin_meeting() {
  begin_window();
  if (options_.recorder) options_.recorder->grow(done_ + 1);
  prepare(done_);
  return std::make_unique<Side>(program_.call(done_), memory_, state_, rounding_of(done_));
}

void Values::end_meeting(const std::vector<uint8_t>& keep) {
  if (options_.recorder) options_.recorder->record(done_, memory_, state_);
  finish(done_, keep);
  ++done_;
}

void Values::prepare(InstructionId i) {
  const Call call = program_.call(i);
  program::for_each_operand(call, [&](int slot, isa::Access access) {
    const isa::OperandView v = call.view(slot);
    const bool first_use = !touched_[v.id];
    touched_[v.id] = 1;
    // A transfer with dynamic addresses may skip rows, and so leave some of the tensor fresh.
    // An update in place may keep some of it, elementwise.
    const bool keeps =
        access == isa::Access::update && call.spec().definedness == isa::Definedness::elementwise;
    const bool whole = first_use && access != isa::Access::read && !keeps && overwrites(v) &&
                       !program_.instruction(i).dynamic && !reads(call, v.id);
    memory_.prepare(v.id, whole);
    if (access != isa::Access::read && !v.tensor->has_address()) memory_.storage(v.id)->own();
  });
}

void Values::finish(InstructionId i, const std::vector<uint8_t>& keep) {
  for (const isa::Operand& o : program_.operands(i)) {
    const bool kept = o.tensor < keep.size() && keep[o.tensor];
    if (--uses_[o.tensor] == 0 && !kept) memory_.release(o.tensor);
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
