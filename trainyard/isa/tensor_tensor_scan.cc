// tensor_tensor_scan: a recurrence along each partition, on the Vector Engine.

#include <algorithm>

#include "trainyard/isa/columns.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data0, data1, initial, op0, op1, reverse0, reverse1 };

constexpr std::string_view kDoc = R"(
dst[:, i] = (data0[:, i] op0 dst[:, i-1]) op1 data1[:, i], where dst[:, -1] is `initial`: a number
or a [P, 1] tile. reverse0 and reverse1 exchange an operator's sides. The state that is carried
  on is
float32, not yet rounded to dst's type.

Memory types: SBUF or PSUM, but data0 and data1 not both in PSUM.
Data types: any; computed in float32. An initial tile is of a floating type.
Operators: arithmetic ones with two inputs; not on bits.
Layout: equal partitions and equal elements per partition.
Cost: max(64, 2N) cycles.
NumPy: with multiply and add, a first-order filter; with data0 = 1 a cumulative sum
Sources: nki.isa.tensor_tensor_scan (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  same_elements(c, {dst, data0, data1});
  not_packed(c, {dst, data0, data1});
  not_both_psum(c, data0, data1);
  row_scalar(c, initial, data0, true);
  for (int op : {op0, op1}) {
    op_class(c, op, {OperatorClass::arith});
    operator_engine(c, op);
  }
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes a = r.bytes(data0), b = r.bytes(data1), out = r.bytes(dst);
  const int rows = a.rows();
  const int64_t n = a.row_elements();
  const RowScalars start(r, initial, rows);
  const BinaryRun first = binary_run(c.op(op0)), second = binary_run(c.op(op1));
  const bool swap0 = c.flag(reverse0), swap1 = c.flag(reverse1);
  const float* x = read_rows(a, 0, rows, Run::scratch(0, rows * n));
  const float* y = read_rows(b, 0, rows, Run::scratch(1, rows * n));
  float* results = Run::scratch(2, rows * n);
  float* state = Run::scratch(4, rows);
  for (int i = 0; i < rows; ++i) state[i] = start[i];
  for_each_column<2>({x, y}, results, rows, n, [&](auto columns) {
    const float *p = columns[0], *q = columns[1];
    swap0 ? first(state, p, state, rows) : first(p, state, state, rows);
    swap1 ? second(q, state, state, rows) : second(state, q, state, rows);
    std::copy_n(state, rows, columns[0]);
  });
  write_rows(out, 0, rows, results, r.rounding);
}

Cost cost(const Call& c) {
  const double extra = c.is_tensor(initial) ? lane_engine(c).pointer_scalar_cycles : 0;
  return lane_cost(c, 2 * static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  std::vector<uint8_t> out(c.operand(dst).elements());
  const size_t n = c.operand(dst).free_elements();
  for (size_t i = 0; i < out.size(); ++i) {
    uint8_t before = i % n ? out[i - 1] : 0;
    if (i % n == 0 && !masks[initial].empty()) before = masks[initial][i / n];
    for (int p : {data0, data1})
      if (!masks[p].empty()) before |= masks[p][i];
    out[i] = before;
  }
  return out;
}

}  // namespace

INSTRUCTION(tensor_tensor_scan) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "tensor_tensor_scan",
      .summary = "Carry a recurrence along each partition.",
      .doc = kDoc,
      .params =
          {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
           {"data0", ParamKind::tensor, Access::read, "", {}, "combined with the state by op0"},
           {"data1", ParamKind::tensor, Access::read, "", {}, "combined with that by op1"},
           {"initial", ParamKind::tensor_or_number, Access::read, "", {}, "the first state"},
           {"op0", ParamKind::op, Access::none, "", {}, "the first operator"},
           {"op1", ParamKind::op, Access::none, "", {}, "the second operator"},
           {"reverse0", ParamKind::boolean, Access::none, "False", no, "state op0 data0"},
           {"reverse1", ParamKind::boolean, Access::none, "False", no, "data1 op1 that"},
           {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .evidence = Evidence::order_defined,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
