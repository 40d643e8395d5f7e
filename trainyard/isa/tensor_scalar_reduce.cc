// tensor_scalar_reduce: one operator with a scalar, and the reduction of its results, on the Vector
// Engine.

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum {
  dst,
  data,
  op0,
  operand0,
  reduce_op,
  reduce_res,
  reverse0,
  reduce_cmd,
  reduce_init,
  reduce_res_negate
};

constexpr std::string_view kDoc = R"(
dst = data op0 operand0, and each partition's results reduced over all free dimensions into its
accumulator, which reduce_res then receives (negated if reduce_res_negate; the accumulator is not).

reduce_cmd: reset_reduce starts from the neutral element, load_reduce from reduce_init, reduce goes
  on from what the accumulators hold. They are shared with exponential, range_select, select_reduce
  and tensor_scalar_cumulative. reduce_init belongs to load_reduce alone.
Memory types: SBUF or PSUM.
Data types: any; computed and accumulated in float32. Tiles as operand0 and reduce_init are float32;
  reduce_res is a [P, 1] tile of a floating type.
Operators: op0 arithmetic or unary, reduce_op add, multiply, maximum or minimum. The values reduced
  are those before they are rounded to dst's type. reverse0 is not supported yet, by the SDK either.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: max(64, N) + 64 cycles.
NumPy: dst[...] = op0(data, operand0); reduce_res[...] = reduce_op.reduce(dst, axis=1)
Sources: nki.isa.tensor_scalar_reduce (SDK 2.32); cost ISA26. Order of sums: docs/numbers.md.
)";

void check(const Call& c) {
  same_elements(c, {dst, data});
  not_packed(c, {dst, data});
  check_scalar_operator(c, op0, operand0, data);
  op_in(c, reduce_op, {Operator::add, Operator::multiply, Operator::maximum, Operator::minimum});
  check_accumulation(c, data, reduce_cmd, reduce_res,
                     {ReduceCmd::reset_reduce, ReduceCmd::reduce, ReduceCmd::load_reduce});
  if (c.flag(reverse0)) refuse_argument(c, reverse0, "True", "False (not supported yet)");
  const bool loads = c.choice<ReduceCmd>(reduce_cmd) == ReduceCmd::load_reduce;
  if (loads && !c.has(reduce_init))
    refuse_argument(c, reduce_init, "None", "a number or a tile with reduce_cmd.load_reduce");
  if (!loads && c.has(reduce_init))
    refuse_argument(c, reduce_init, "given", "None without reduce_cmd.load_reduce");
  row_scalar(c, reduce_init, data);
}

void run(Run& r) {
  const Call& c = r.call;
  const int rows = c.operand(data).partitions();
  const RowScalars s(r, operand0, rows);
  std::vector<float> initial;
  Accumulation sums(r, data, c.choice<ReduceCmd>(reduce_cmd), c.op(reduce_op),
                    r.row_scalars(reduce_init, rows, initial));
  for_each_block(r, dst, {data}, [&](auto* in, float* out, int first, int n_rows, int64_t n) {
    s.apply(c.op(op0), in[0], false, out, first, n_rows, n);
    sums.reduce(out, first, n_rows, n);
  });
  sums.read_out(reduce_res, c.flag(reduce_res_negate));
}

Cost cost(const Call& c) {
  const machine::LaneEngine& e = lane_engine(c);
  const double extra = (c.is_tensor(operand0) ? e.pointer_scalar_cycles : 0) +
                       (c.has(reduce_res) ? e.accumulator_read_cycles : 0);
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

}  // namespace

INSTRUCTION(tensor_scalar_reduce) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "tensor_scalar_reduce",
      .summary = "Combine a tile with a scalar or column, and reduce the results.",
      .doc = kDoc,
      .params =
          {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
           {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
           {"op0", ParamKind::op, Access::none, "", {}, "the operator"},
           {"operand0",
            ParamKind::tensor_or_number,
            Access::read,
            "",
            {},
            "its scalar: a number or a [P, 1] tile; None for unary operators",
            true},
           {"reduce_op", ParamKind::op, Access::none, "", {}, "add, multiply, maximum, minimum"},
           {"reduce_res",
            ParamKind::tensor,
            Access::write,
            "None",
            {},
            "[P, 1] tile for the accumulators; None leaves them where they are"},
           {"reverse0", ParamKind::boolean, Access::none, "False", no, "not supported yet"},
           {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.reset_reduce",
            Value::integer(static_cast<int64_t>(ReduceCmd::reset_reduce)),
            "reset_reduce, reduce or load_reduce"},
           {"reduce_init",
            ParamKind::tensor_or_number,
            Access::read,
            "None",
            {},
            "where load_reduce starts"},
           {"reduce_res_negate", ParamKind::boolean, Access::none, "False", no,
            "negate what reduce_res receives"},
           {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .indirect = {dst, data},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of =
          [](const Call& c) {
            return std::max(evidence_of(c.op(op0)), evidence_of_reduction(c.op(reduce_op)));
          },
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
