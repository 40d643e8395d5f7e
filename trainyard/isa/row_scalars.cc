// Scalar operands: their limits, and integers as runs of equal words.

#include "trainyard/isa/row_scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

void check_scalar_operator(const Call& call, int op, int operand, int like, ScalarLimits limits) {
  if (limits.bits)
    op_class(call, op, {OperatorClass::arith, OperatorClass::unary, OperatorClass::bits});
  else op_class(call, op, {OperatorClass::arith, OperatorClass::unary});
  operator_engine(call, op);
  const Operator o = call.op(op);
  if (o == Operator::square || o == Operator::relu) needs_version(call, 4, name_of(o));
  const bool is_unary = info(o).kind == OperatorClass::unary || o == Operator::invert;
  if (is_unary) {
    const std::string allowed = fmt::format("None or 0 with {}", name_of(o));
    if (call.is_tensor(operand)) refuse_argument(call, operand, "a tile", allowed);
    if (call.number(operand) != 0)
      refuse_argument(call, operand, fmt::format("{}", call.number(operand)), allowed);
    return;
  }
  if (!call.has(operand))
    refuse_argument(call, operand, "None", fmt::format("a number or a tile with {}", name_of(o)));
  if (info(o).kind == OperatorClass::arith && !limits.any_type)
    return row_scalar(call, operand, like);
  column(call, operand, like);
  if (limits.any_type) return not_packed(call, {operand});
  if (call.is_tensor(operand)) dtype_integer(call, operand);
  else if (call.number(operand) != std::floor(call.number(operand)))
    refuse_argument(call, operand, fmt::format("{}", call.number(operand)),
                    "an integer with a bit operator");
}

RowWords::RowWords(Run& run, int param, int rows) : values_(rows) {
  if (run.call.is_tensor(param)) {
    const uint32_t* read = read_words(run.bytes(param), 0, rows, values_.data());
    if (read != values_.data()) std::copy_n(read, rows, values_.data());
  } else {
    const auto word = static_cast<uint32_t>(static_cast<int64_t>(run.call.number(param)));
    std::fill(values_.begin(), values_.end(), word);
  }
}

void RowWords::apply(WordRun op, const uint32_t* in, bool reverse, uint32_t* out, int first,
                     int rows, int64_t n) {
  same_.resize(rows * n);
  for (int r = 0; r < rows; ++r) std::fill_n(same_.begin() + r * n, n, values_[first + r]);
  reverse ? op(same_.data(), in, out, rows * n) : op(in, same_.data(), out, rows * n);
}

}  // namespace trainyard::isa
