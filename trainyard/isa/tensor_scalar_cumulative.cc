// tensor_scalar_cumulative: one operator with a scalar, and the running reduction of its results,
// on the Vector Engine.

#include <algorithm>

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/columns.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src, op0, op1, imm0, imm1, reduce_cmd };

constexpr std::string_view kDoc = R"(
dst[:, i] = (src[:, i] op0 imm0) op1 dst[:, i-1], element by element in order; dst[:, -1] is what
the accumulators of the Vector Engine hold, which the last results replace. They are float32, not
yet rounded to dst's type.

reduce_cmd: reset_reduce starts from the neutral element of op1 (0 for subtract), load_reduce from
  imm1, reduce goes on from what the accumulators hold. They are shared with exponential,
  range_select, select_reduce and tensor_scalar_reduce. imm1 counts with load_reduce alone, and is
  required there; AWS's own test passes it with reduce, too.
Memory types: SBUF or PSUM.
Data types: bfloat16, float16, float32, float8, and integers of 8 and 16 bits; computed in float32.
  Tiles as imm0 and imm1 are float32 [P, 1].
Operators: op0 arithmetic with two inputs, op1 add, subtract, multiply, maximum or minimum.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: not published; an estimate, as tensor_tensor_scan: max(64, 2N) cycles.
NumPy: dst[...] = op1.accumulate(op0(src, imm0), axis=1), from the accumulators on
Sources: nki.isa.tensor_scalar_cumulative (SDK 2.32), its test.
)";

void check(const Call& c) {
  same_elements(c, {dst, src});
  for (int param : {dst, src})
    dtype_in(c, param,
             {DType::bf16, DType::fp16, DType::fp32, DType::fp8_e4m3, DType::fp8_e4m3fn,
              DType::fp8_e5m2, DType::u8, DType::u16, DType::i8, DType::i16});
  op_class(c, op0, {OperatorClass::arith});
  operator_engine(c, op0);
  op_in(c, op1,
        {Operator::add, Operator::subtract, Operator::multiply, Operator::maximum,
         Operator::minimum});
  row_scalar(c, imm0, src);
  row_scalar(c, imm1, src);
  check_accumulation(c, src, reduce_cmd, kNoResult,
                     {ReduceCmd::reset_reduce, ReduceCmd::reduce, ReduceCmd::load_reduce});
  if (c.choice<ReduceCmd>(reduce_cmd) == ReduceCmd::load_reduce && !c.has(imm1))
    refuse_argument(c, imm1, "None", "a number or a tile with reduce_cmd.load_reduce");
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes from = r.bytes(src);
  const int rows = from.rows();
  const int64_t n = from.row_elements();
  const RowScalars scalar(r, imm0, rows), initial(r, imm1, rows);
  std::vector<float> start(rows);
  for (int i = 0; i < rows; ++i) start[i] = initial[i];
  Accumulation sums(r, src, c.choice<ReduceCmd>(reduce_cmd), c.op(op1), start.data());
  float* x = Run::scratch(1, rows * n);
  scalar.apply(c.op(op0), read_rows(from, 0, rows, Run::scratch(0, rows * n)), false, x, 0, rows,
               n);
  float* results = Run::scratch(2, rows * n);
  float* state = sums.values();
  const BinaryRun accumulate = binary_run(c.op(op1));
  for_each_column<1>({x}, results, rows, n, [&](auto columns) {
    accumulate(columns[0], state, state, rows);
    std::copy_n(state, rows, columns[0]);
  });
  write_rows(r.bytes(dst), 0, rows, results, r.rounding);
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  std::vector<uint8_t> out(c.operand(dst).elements());
  const size_t n = c.operand(dst).free_elements();
  const bool loads = c.choice<ReduceCmd>(reduce_cmd) == ReduceCmd::load_reduce;
  for (size_t i = 0; i < out.size(); ++i) {
    uint8_t lost = i % n ? out[i - 1] : 0;
    if (!masks[src].empty()) lost |= masks[src][i];
    if (!masks[imm0].empty()) lost |= masks[imm0][i / n];
    if (loads && !masks[imm1].empty()) lost |= masks[imm1][i / n];
    out[i] = lost;
  }
  return out;
}

Cost cost(const Call& c) {
  const bool pointer = c.is_tensor(imm0) || c.is_tensor(imm1);
  const double extra = pointer ? lane_engine(c).pointer_scalar_cycles : 0;
  return lane_cost(c, 2 * static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

}  // namespace

INSTRUCTION(tensor_scalar_cumulative) {
  static const Spec spec = {
      .name = "tensor_scalar_cumulative",
      .summary = "Combine a tile with a scalar or column, and reduce the results as they run.",
      .doc = kDoc,
      .params =
          {{"dst", ParamKind::tensor, Access::write, "", {}, "where the running results go"},
           {"src", ParamKind::tensor, Access::read, "", {}, "the input tile"},
           {"op0", ParamKind::op, Access::none, "", {}, "the operator with the scalar"},
           {"op1", ParamKind::op, Access::none, "", {}, "the operator that reduces"},
           {"imm0", ParamKind::tensor_or_number, Access::read, "", {}, "the scalar"},
           {"imm1", ParamKind::tensor_or_number, Access::read, "None", {}, "load_reduce's start"},
           {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.reset_reduce",
            Value::integer(static_cast<int64_t>(ReduceCmd::reset_reduce)),
            "reset_reduce, reduce or load_reduce"},
           {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .engines = {Engine::vector},
      .indirect = {dst, src},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of =
          [](const Call& c) {
            return std::max(evidence_of(c.op(op0)), evidence_of_reduction(c.op(op1)));
          },
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, kNoResult); },
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
