// Programs for tests of the text form: one that shows everything, and random ones.
#pragma once

#include <bit>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "trainyard/isa/rules.h"
#include "trainyard/program/view.h"

namespace trainyard::program {

inline std::shared_ptr<const machine::Machine> machine() {
  static const auto trn2 = std::make_shared<const machine::Machine>(machine::load_machine("trn2"));
  return trn2;
}

using Named = std::vector<std::pair<std::string, Value>>;

/// Appends an instruction whose first parameters are these tensors, others by name; it is checked.
inline InstructionId append(Program& p, const std::string& name, const std::vector<View>& tensors,
                            const Named& named = {}) {
  const auto opcode = static_cast<isa::Opcode>(isa::find_instruction(name));
  const isa::Spec& spec = isa::spec(opcode);
  std::vector<Value> values;
  std::vector<Operand> operands;
  for (const isa::Param& param : spec.params) values.push_back(param.default_value);
  for (size_t i = 0; i < tensors.size(); ++i) {
    values[i] = Value::operand(static_cast<int>(operands.size()));
    tensors[i].append_operands(p, operands);
  }
  for (const auto& [param, value] : named) values[spec.find(param)] = value;
  const Call call(spec, values.data(), operands.data(), p, p.machine(), spec.engines[0]);
  isa::check_common(call);
  if (spec.check) spec.check(call);
  return p.add(opcode, spec.engines[0], values, operands, kNone);
}

inline View declare(Program& p, isa::Buffer buffer, std::vector<int64_t> shape,
                    base::DType dtype = base::DType::fp32) {
  isa::Tensor t;
  t.buffer = buffer;
  t.shape = std::move(shape);
  t.dtype = dtype;
  const TensorId id = p.add_tensor(t);
  return View::whole(p.tensor(id), id);
}

/// One statement of each kind, printed as the printer prints it.
inline const std::string kEverything = R"(program "everything" machine="trn2" core=1
registers 2
t0: float32[256, 64] shared_hbm "x" input ; kernel.py:3
t1: float32[128, 64] sbuf "tile \"1\"" at=(0, 2048) ; kernel.py:5 in "load"
t2: bfloat16[128, 3, 64] sbuf
t3: int32[128, 2] sbuf
t4: float32[128, 512] psum at=(0, 4096)
t5: float32[256, 64] private_hbm
t6: float32[256, 64] shared_hbm
t7: uint32[128, 8] sbuf
t8: float32[4, 256, 64] shared_hbm input
inputs t0, t8
outputs t6, t0
%0: register_alloc dst=r0
%1: register_alloc dst=r1 x=128
%2: register_move dst=r0 src=-5
%3: register_move dst=r0 src=r1
%4: register_load dst=r0 src=t3[0:1, 1:2]
%5: register_store dst=t3[0:1, 0:1] src=r0
%6: dma_copy dst=t1 src=t0[128:256, 0:64] dge_mode=hwdge engine=sync name="load \"x\"" ; kernel.py:8
%7: dma_copy dst=t1 src=t8@64[[64, 128], [1, 64]]{scalar=r0 scale=16384 limit=4 dim=0}
%8: dma_copy dst=t1 src=t0[0:128, 0:64]{scalar=t3[5:6, 1:2] scale=64 limit=256 dim=0}
%9: dma_copy dst=t1 src=t0[0:128, 0:64]{vector=t3[0:128, 1:2] scale=64 limit=256 dim=0} oob_mode=skip
%10: dma_copy dst=t5@0[[0, 128], [1, 64]]{vector=t3[0:128, 0:1] scale=64 limit=256 dim=0} src=t1
%11: dma_compute dst=t6[0:128, 0:64] srcs=[t1, t0[128:256, 0:64], t5[0:256:2, 0:64]] reduce_op=add scales=[0x1p+0, 0x1p+0, 0x1p+0]
%12: memset@vector dst=t2 value=0
%13: memset@gpsimd dst=t1 value=0x1.8p+1 engine=gpsimd
%14: memset@vector dst=t1[0:32, 0:64:2] value=-inf
%15: tensor_copy@scalar dst=t2[0:128, 1:2, 0:64] src=t1 engine=scalar
%16: tensor_copy@vector dst=t1@0[[64, 128], [1, 64]]:int32 src=t7@0[[8, 128], [0, 8], [1, 8]]:int32
%17: tensor_tensor@vector dst=t1 data1=t1 data2=t1@0[[64, 128], [0, 64]] op=subtract
%18: iota dst=t7 pattern=[[1, 8]] offset=-3 channel_multiplier=8
%19: affine_select dst=t1 pattern=[[-1, 64]] channel_multiplier=1 on_true_tile=t1 on_false_value=-0x1.fffffep+127 cmp_op=greater_equal offset=2
%20: max8 dst=t4[0:128, 0:8] src=t1
%21: nc_match_replace8 dst=t1 data=t1 vals=t4[0:128, 0:8] imm=-inf dst_idx=t7
%22: nc_matmul dst=t4[0:64, 0:64] stationary=t1 moving=t1 accumulate=True tile_position=[0, 0] tile_size=[128, 128]
%23: dma_transpose dst=t2@0[[192, 64], [128, 1], [1, 128]] src=t2[0:128, 2:3, 0:64] axes=[2, 1, 0] after=[%3, %24] ; kernel.py:9
%24: memset@vector dst=t2 value=1 name="last" after=[%0]
branch taken
%25: memset@vector dst=t2 value=1
branch taken
branch not taken
%26: memset@vector dst=t2 value=1
branch not taken
)";

/// Random programs over every shape of access.
class RandomProgram {
 public:
  explicit RandomProgram(int seed) : random_(seed) {}

  Program make(int instructions) {
    Program p(machine());
    for (int i = 0; i < 3; ++i) p.add_register();
    std::vector<View> chip, hbm;
    for (int i = 0; i < 4; ++i) {
      const isa::Buffer buffer = i % 2 ? isa::Buffer::psum : isa::Buffer::sbuf;
      chip.push_back(
          declare(p, buffer, {128, 4, 32}, i == 2 ? base::DType::bf16 : base::DType::fp32));
      hbm.push_back(declare(p, isa::Buffer::shared_hbm, {256, 4, 32}));
    }
    const View index = declare(p, isa::Buffer::sbuf, {128, 2}, base::DType::i32);
    p.name = pick(2) ? "random" : "ran\"dom\\\n";
    p.inputs = {1, 3};
    p.outputs = {5};
    for (int i = 0; i < instructions; ++i) {
      const View a = part(chip[pick(4)]);
      switch (pick(6)) {
        case 0: add(p, "tensor_copy", {like(chip[pick(4)], a), a}); break;
        case 1: add(p, "memset", {a}, {{"value", number()}}); break;
        case 2: add(p, "dma_copy", {part(hbm[pick(4)]), part(hbm[pick(4)])}); break;
        case 3: add(p, "dma_copy", {chip[0], gathered(hbm[pick(4)], index)}); break;
        case 4:
          add(p, "register_move", {},
              {{"dst", Value::reg(pick(3))}, {"src", Value::integer(pick(100) - 50)}});
          break;
        default:
          add(p, "tensor_tensor", {a, a, like(chip[0], a)},
              {{"op", Value::op(static_cast<isa::Operator>(pick(6)))}});
      }
    }
    return p;
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  Value number() {
    return pick(2) ? Value::integer(pick(1000)) : Value::number(std::bit_cast<double>(random_()));
  }
  // A slice with steps, maybe with dimensions in another order or one of them repeated.
  View part(const View& v) {
    View s = v.slice(0, 0, 128, 1).slice(1, pick(2), 3 + pick(2), 1 + pick(2));
    s = s.slice(2, pick(4), 16, 1 + pick(3));
    if (pick(3) == 0) s = s.permute(std::vector<int64_t>{0, 2, 1});
    if (pick(4) == 0) s = s.expand_dim(1).broadcast(1, 1 + pick(3));
    return s;
  }
  View like(const View& v, const View& shape) {
    View s = v.slice(0, 0, shape.dims[0].count, 1);
    s.dims.assign(1, s.dims[0]);
    s.dims.push_back({0, shape.elements() / shape.dims[0].count});
    return s;
  }
  View gathered(const View& v, const View& index) {
    const std::vector<isa::Dim> pattern = {{128, 128}, {32, 4}, {1, 32}};
    const auto tile = std::make_shared<const View>(index.slice(1, pick(2), 1 + 1, 1));
    if (pick(2))
      return v.ap(pattern, {}, static_cast<uint32_t>(pick(3)), nullptr, nullptr, 0, {},
                  256 * 128 * 4);
    return v.ap(pattern, {}, kNone, nullptr, tile, 0, {}, 256 * 128 * 4);
  }
  // Calls that the instructions refuse are left out.
  static void add(Program& p, const std::string& name, const std::vector<View>& tensors,
                  const Named& named = {}) {
    try {
      append(p, name, tensors, named);
    } catch (const base::Error&) {}
  }

  std::mt19937_64 random_;
};

}  // namespace trainyard::program
