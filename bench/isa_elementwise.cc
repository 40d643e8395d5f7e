// Elementwise instructions on a 128 x 512 tile against loops written by hand over the same bytes:
// what looking up operands, blocks of rows and casts cost. Columns ([128, 1]) are in the table
// only.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "bench/ratio.h"
#include "bench/reports.h"
#include "trainyard/base/code_path.h"
#include "trainyard/isa/run.h"
#include "trainyard/program/view.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::bench {
namespace {

using base::DType;
using isa::Operator;
using isa::Value;
using program::View;

constexpr int kRows = 128, kColumns = 512, kTile = kRows * kColumns;

// Tensors of one program, each in memory of its own, all defined.
class HostMemory final : public isa::Memory {
 public:
  explicit HostMemory(const program::Program& program) {
    for (size_t id = 0; id < program.tensor_count(); ++id)
      storage_.emplace_back(program.tensor(static_cast<isa::TensorId>(id)).bytes());
  }
  std::byte* data(size_t id) { return storage_[id].data(); }

  isa::Bytes resolve(const isa::Call& call, int slot) override {
    const isa::OperandView v = call.view(slot);
    isa::Bytes bytes;
    bytes.dtype = v.dtype();
    bytes.element = static_cast<int>(base::size_of(v.dtype()));
    bytes.data = storage_[v.id].data() + v.offset * bytes.element;
    bytes.ndim = v.layout->ndim;
    for (int d = 0; d < bytes.ndim; ++d)
      bytes.dims[d] = {v.layout->dims[d].count, v.layout->dims[d].step * bytes.element};
    return bytes;
  }
  std::vector<int64_t> index_rows(const isa::Call&, int) override { return {}; }
  bool undefined(const isa::Call&, int) override { return false; }
  std::vector<uint8_t> undefined_mask(const isa::Call&, int) override { return {}; }
  void define(const isa::Call&, int, bool) override {}
  void define_mask(const isa::Call&, int, const std::vector<uint8_t>&) override {}
  std::vector<uint8_t> written(const isa::Call&, int, bool& all) override {
    all = true;
    return {};
  }

 private:
  std::vector<std::vector<std::byte>> storage_;
};

// One instruction on tiles; tensors are numbered in the order of the arguments.
class OneInstruction {
 public:
  struct Argument {
    std::string_view param;
    Value value;
    DType dtype = DType::fp32;
    int columns = 0;  // of a tensor; 0: an immediate
  };
  OneInstruction(const char* name, std::vector<Argument> arguments)
      : program_(std::make_shared<machine::Machine>(machine::load_machine("trn2"))) {
    const auto opcode = static_cast<isa::Opcode>(isa::find_instruction(name));
    const isa::Spec& spec = isa::spec(opcode);
    std::vector<Value> values;
    for (const isa::Param& p : spec.params) values.push_back(p.default_value);
    std::vector<isa::Operand> operands;
    for (const Argument& a : arguments) {
      Value& value = values[spec.find(a.param)];
      value = a.value;
      if (!a.columns) continue;
      isa::Tensor t;
      t.dtype = a.dtype;
      t.shape = {kRows, a.columns};
      const auto id = program_.add_tensor(t);
      value = Value::operand(static_cast<int>(operands.size()));
      View::whole(program_.tensor(id), id).append_operands(program_, operands);
    }
    program_.add(opcode, isa::Engine::vector, values, operands, isa::kNone);
    memory_ = std::make_unique<HostMemory>(program_);
  }

  void run() {
    const isa::Call call = program_.call(0);
    isa::Run run(call, *memory_, state_, base::Rounding{});
    call.spec().run(run);
  }
  std::byte* data(size_t id) { return memory_->data(id); }

 private:
  program::Program program_;
  std::unique_ptr<HostMemory> memory_;
  isa::CoreState state_;
};

OneInstruction add(DType dtype, int columns) {
  return {"tensor_tensor",
          {{"dst", {}, dtype, columns},
           {"data1", {}, dtype, columns},
           {"data2", {}, dtype, columns},
           {"op", Value::op(Operator::add)}}};
}

OneInstruction scale_and_shift(DType dtype, int columns) {
  return {"tensor_scalar",
          {{"dst", {}, dtype, columns},
           {"data", {}, dtype, columns},
           {"op0", Value::op(Operator::multiply)},
           {"operand0", {}, DType::fp32, 1},
           {"op1", Value::op(Operator::add)},
           {"operand1", Value::number(0.5)}}};
}

void run_add(benchmark::State& state) {
  OneInstruction one = add(static_cast<DType>(state.range(0)), static_cast<int>(state.range(1)));
  for (auto _ : state) one.run();
}
void run_scale_and_shift(benchmark::State& state) {
  OneInstruction one =
      scale_and_shift(static_cast<DType>(state.range(0)), static_cast<int>(state.range(1)));
  for (auto _ : state) one.run();
}
void shapes(benchmark::internal::Benchmark* b) {
  for (DType dtype : {DType::fp32, DType::bf16})
    for (int columns : {1, 16, kColumns}) b->Args({static_cast<int>(dtype), columns});
}
BENCHMARK(run_add)->Apply(shapes);
BENCHMARK(run_scale_and_shift)->Apply(shapes);

#ifdef __x86_64__

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

AVX512 __m512 widened(const uint16_t* from) {
  const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(codes), 16));
}
AVX512 void narrow(__m512 x, uint16_t* to) {  // to nearest even, any NaN to the one NaN
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i code = _mm512_mask_srli_epi32(_mm512_set1_epi32(0x7fc0),
                                              _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), rounded, 16);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(code));
}

AVX512 void add_fp32(const float* a, const float* b, float* out) {
  for (int i = 0; i < kTile; i += 16)
    _mm512_storeu_ps(out + i, _mm512_add_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
}
AVX512 void add_bf16(const uint16_t* a, const uint16_t* b, uint16_t* out) {
  for (int i = 0; i < kTile; i += 16)
    narrow(_mm512_add_ps(widened(a + i), widened(b + i)), out + i);
}
AVX512 void scale_fp32(const float* a, const float* scale, float* out) {
  for (int r = 0; r < kRows; ++r)
    for (int i = r * kColumns; i < (r + 1) * kColumns; i += 16) {
      const __m512 product = _mm512_mul_ps(_mm512_loadu_ps(a + i), _mm512_set1_ps(scale[r]));
      _mm512_storeu_ps(out + i, _mm512_add_ps(product, _mm512_set1_ps(0.5f)));
    }
}
AVX512 void scale_bf16(const uint16_t* a, const float* scale, uint16_t* out) {
  for (int r = 0; r < kRows; ++r)
    for (int i = r * kColumns; i < (r + 1) * kColumns; i += 16) {
      const __m512 product = _mm512_mul_ps(widened(a + i), _mm512_set1_ps(scale[r]));
      narrow(_mm512_add_ps(product, _mm512_set1_ps(0.5f)), out + i);
    }
}

constexpr double kBar = 1.5;

// `by_hand` takes data1 or data, data2 or operand0, and dst.
template <class A, class B>
void report(const char* what, OneInstruction one, void (*by_hand)(const A*, const B*, A*)) {
  auto* out = reinterpret_cast<A*>(one.data(0));
  const auto* a = reinterpret_cast<const A*>(one.data(1));
  const auto* b = reinterpret_cast<const B*>(one.data(2));
  const double speed = speed_against([&] { one.run(); }, [&] { by_hand(a, b, out); });
  print_time(what, "a loop by hand", 1 / speed, kBar);
}

#endif

}  // namespace

void report_elementwise() {
#ifdef __x86_64__
  if (base::code_path() != base::CodePath::avx512) return;
  report("tensor_tensor add, float32", add(DType::fp32, kColumns), add_fp32);
  report("tensor_tensor add, bfloat16", add(DType::bf16, kColumns), add_bf16);
  report("tensor_scalar, float32", scale_and_shift(DType::fp32, kColumns), scale_fp32);
  report("tensor_scalar, bfloat16", scale_and_shift(DType::bf16, kColumns), scale_bf16);
#endif
}

}  // namespace trainyard::bench
