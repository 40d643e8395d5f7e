// What the instructions ask of operands whose columns an index tile chooses.

#include "trainyard/isa/indirection.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

constexpr int kQuadrant = 32;  // partitions

bool takes_indirection(const Spec& spec, int param) {
  return std::find(spec.indirect.begin(), spec.indirect.end(), param) != spec.indirect.end();
}

[[noreturn]] void refuse_start(const Call& call, int param, std::string_view what, int found,
                               std::string allowed) {
  throw base::Error(base::Code::E108,
                    fmt::format("{}'s index starts at partition {}", label(call, param), found))
      .limit(std::to_string(found), std::move(allowed), fmt::format("tensor indirection: {}", what))
      .note(call.index_of(param).describe());
}

// Where placement may still choose, it will choose what fits.
void same_start(const Call& call, int param, int index, int other, std::string_view what) {
  if (index >= 0 && other >= 0 && index != other)
    refuse_start(call, param, what, index, std::to_string(other));
}

void check_operand(const Call& call, int param) {
  needs_version(call, 4, "NkiTensor.indirect");
  if (!takes_indirection(call.spec(), param))
    refuse_argument(call, param, "an indirect view", "a view without .indirect");
  const OperandView v = call.operand(param), index = call.index_of(param);
  if (index.partitions() != v.partitions())
    throw base::Error(base::Code::E110, label(call, param) + "'s index has other partitions")
        .limit(std::to_string(index.partitions()), std::to_string(v.partitions()),
               "tensor indirection")
        .note(index.describe());
  const int64_t last = v.free_elements() - 1;
  const int group = index_group(call);
  if (std::min<int64_t>(last, group - 1) >= index.partitions() ||
      last / group >= index.free_elements())
    throw base::Error(base::Code::E110,
                      fmt::format("{} takes {} offsets", label(call, param), last + 1))
        .limit(index.describe(),
               fmt::format("[{} or more, {}]: offset i lies at [i % {}, i / {}]",
                           std::min<int64_t>(last + 1, group), last / group + 1, group, group),
               "tensor indirection")
        .fix("Give indirect() a num_elem, or the index more columns.");
  const int start = known_start(call, index);
  if (start >= 0 && start % kQuadrant != 0)
    refuse_start(call, param, "an index starts on a quadrant", start, "0, 32, 64 or 96");
}

void check_starts(const Call& call) {
  const int dst = call.spec().indirect[0], source = call.spec().indirect[1];
  for (int param : call.spec().indirect)
    if (param != dst && is_indirect(call, param))
      same_start(call, param, known_start(call, call.index_of(param)), known_start(call, param),
                 "an index starts where its operand does");
  if (!is_indirect(call, dst) || !call.is_tensor(source)) return;
  const int index = known_start(call, call.index_of(dst));
  if (call.operand(source).buffer() == Buffer::sbuf)
    same_start(call, dst, index, known_start(call, source),
               "dst's index starts where the input does");
  else if (is_indirect(call, source))
    same_start(call, dst, index, known_start(call, call.index_of(source)),
               "dst's index starts where the input's does");
}

}  // namespace

bool any_indirect(const Call& call) {
  const auto& params = call.spec().operand_params;
  return std::any_of(params.begin(), params.end(), [&](int p) { return is_indirect(call, p); });
}

int index_group(const Call& call) {
  return call.engine() == Engine::tensor ? call.core().tensor.index_group : call.core().index_group;
}

void check_indirection(const Call& call) {
  if (!any_indirect(call)) return;
  for (int p : call.spec().operand_params)
    if (is_indirect(call, p)) check_operand(call, p);
  check_starts(call);
  const int dst = call.spec().indirect[0];
  if (call.engine() == Engine::scalar && is_indirect(call, dst) &&
      call.operand(dst).buffer() == Buffer::psum)
    throw base::Error(base::Code::E107, label(call, dst) + " is scattered in psum")
        .limit("psum", "sbuf", "tensor indirection on the Scalar Engine")
        .note(call.operand(dst).describe());
}

}  // namespace trainyard::isa
