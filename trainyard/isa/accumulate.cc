// The accumulators of the Scalar and Vector Engines.

#include "trainyard/isa/accumulate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

std::string_view name_of(ReduceCmd cmd) {
  return member_names(ParamKind::reduce_cmd)[static_cast<size_t>(cmd)];
}

bool reads_out(const Call& call, int reduce_res) {
  return reduce_res != kNoResult && call.has(reduce_res);
}

bool reduces(ReduceCmd cmd) { return cmd != ReduceCmd::idle && cmd != ReduceCmd::reset; }

CoreState::Accumulators& accumulators_of(CoreState& state, Engine engine) {
  return engine == Engine::scalar ? state.scalar_accumulators : state.vector_accumulators;
}

}  // namespace

void check_accumulation(const Call& call, int data, int reduce_cmd, int reduce_res,
                        std::initializer_list<ReduceCmd> allowed) {
  const auto cmd = call.choice<ReduceCmd>(reduce_cmd);
  if (std::find(allowed.begin(), allowed.end(), cmd) == allowed.end()) {
    std::vector<std::string_view> names;
    for (ReduceCmd a : allowed) names.push_back(name_of(a));
    throw base::Error(base::Code::E111,
                      fmt::format("{} is {}", label(call, reduce_cmd), name_of(cmd)))
        .limit(std::string(name_of(cmd)), fmt::format("{}", fmt::join(names, ", ")),
               std::string(call.spec().name));
  }
  if (!reads_out(call, reduce_res)) return;
  row_scalar(call, reduce_res, data, true);
  // Reading after an idle instruction is defined on the Scalar Engine only.
  if (call.engine() == Engine::vector && cmd == ReduceCmd::idle)
    throw base::Error(base::Code::E111,
                      fmt::format("{} without a reduction", label(call, reduce_res)))
        .limit("reduce_cmd.idle", "a reduce_cmd that reduces", std::string(call.spec().name));
}

Access accumulator_access(const Call& call, int reduce_cmd, int reduce_res) {
  switch (call.choice<ReduceCmd>(reduce_cmd)) {
    case ReduceCmd::idle:
      if (call.engine() == Engine::vector) return Access::write;
      return reads_out(call, reduce_res) ? Access::read : Access::none;
    case ReduceCmd::reduce: return Access::update;
    default: return Access::write;
  }
}

Accumulation::Accumulation(Run& run, int data, ReduceCmd cmd, Operator op, const float* initial)
    : run_(run),
      all_(accumulators_of(run.state, run.call.engine())),
      lane_(run.call.operand(data).start_partition()),
      rows_(run.call.operand(data).partitions()),
      cmd_(cmd),
      op_(op) {
  if (cmd == ReduceCmd::reduce) require_defined("reduces onto");
  const bool spoils = cmd == ReduceCmd::idle && run.call.engine() == Engine::vector;
  for (int r = 0; r < rows_; ++r) {
    float& value = all_.value[lane_ + r];
    if (cmd == ReduceCmd::reset || cmd == ReduceCmd::reset_reduce) value = identity(op);
    if (cmd == ReduceCmd::load_reduce) value = initial[r];
    if (cmd != ReduceCmd::idle) all_.defined[lane_ + r] = true;
    if (spoils) all_.defined[lane_ + r] = false;
  }
}

void Accumulation::reduce(const float* values, int first, int rows, int64_t n) {
  if (!reduces(cmd_)) return;
  float* sums = Run::scratch(5, rows);
  reduce_rows(op_, values, rows, n, sums);
  float* onto = &all_.value[lane_ + first];
  binary_run(op_)(onto, sums, onto, rows);
}

void Accumulation::read_out(int reduce_res, bool negate) {
  if (!reads_out(run_.call, reduce_res)) return;
  require_defined("reads");
  float* values = Run::scratch(5, rows_);
  for (int r = 0; r < rows_; ++r)
    values[r] = negate ? -all_.value[lane_ + r] : all_.value[lane_ + r];
  write_rows(run_.bytes(reduce_res), 0, rows_, values, run_.rounding);
}

void Accumulation::require_defined(const char* what) const {
  for (int r = 0; r < rows_; ++r)
    if (!all_.defined[lane_ + r])
      throw base::Error(
          base::Code::E214,
          fmt::format("{} {} the accumulators of lanes {} to {}, and nothing defined "
                      "that of lane {}",
                      run_.call.spec().name, what, lane_, lane_ + rows_ - 1, lane_ + r));
}

}  // namespace trainyard::isa
