// Random calls of every instruction, made from their Specs alone.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <variant>
#include <vector>

#include "trainyard/base/convert.h"
#include "trainyard/isa/rules.h"
#include "trainyard/program/view.h"

namespace trainyard::core {

using base::DType;
using isa::Buffer;
using isa::ParamKind;
using isa::Value;
using program::Program;
using program::View;

/// Random bits, but for most seeds floats that stay in range: most values of a kernel are.
inline std::vector<std::byte> contents(const isa::Tensor& t, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(t.bytes());
  const size_t size = base::size_of(t.dtype);
  const bool wild = random() % 4 == 0;
  for (size_t i = 0; i < bytes.size(); i += size) {
    const uint64_t word = random();
    if (wild || base::is_pack(t.dtype)) {
      std::memcpy(&bytes[i], &word, size);
    } else {
      const float value = static_cast<float>(static_cast<int>(word % 64)) / 4 -
                          (base::is_float(t.dtype) ? 4.0f : 0.0f);
      base::from_fp32(t.dtype, value, &bytes[i]);
    }
  }
  return bytes;
}

/// A program over tiles of one number of partitions, all of them filled from inputs.
class RandomCalls {
 public:
  /// `without`: legal calls, by their number, that are left out of the program. Programs of one
  /// `shape` on one kind of machine have the same tiles, whatever their seed is.
  RandomCalls(uint64_t seed, std::shared_ptr<const machine::Machine> machine,
              std::set<int> without = {}, const isa::Seat& seat = {}, uint64_t shape = 0)
      : random_(shape ? shape : seed),
        program_(std::move(machine), seat),
        without_(std::move(without)) {
    program_.name = "fuzz";
    partitions_ = pick<int64_t>({128, 64, 32, 16, 1, 100});
    columns_ = pick<int64_t>({8, 16, 24, 64, 12, 1});
    if (shape) random_.seed(seed);
    declare_tiles();
    shared_ = declare(Buffer::shared_hbm, {4, 4}, DType::fp32);
    for (int i = 0; i < kRegisters; ++i) define(program_.add_register());
    first_ = static_cast<int>(program_.size());
  }

  /// Calls the instruction with random arguments; those that it complains about are drawn again.
  /// False if it was still refused after so many attempts. What is no refusal (an exception of
  /// another kind, a bug B…) passes through.
  bool try_call(isa::Opcode opcode, int attempts, size_t& refused);

  /// One argument of a call that is not drawn: a tile, by its index in tiles(), or a value.
  using Given = std::variant<size_t, Value, std::vector<int64_t>>;
  /// Makes this call if it is legal; it has no number for `without`. Parameters that are not given
  /// have their defaults.
  bool try_exactly(std::string_view name, const std::map<std::string_view, Given>& given);

  /// Stands for a tensor in shared HBM that no other call uses.
  static constexpr size_t kShared = ~size_t{0};

  const std::vector<View>& tiles() const { return tiles_; }
  const Program& program() const { return program_; }
  /// The inputs that fill the tiles.
  const std::vector<program::TensorId>& inputs() const { return inputs_; }
  /// The number, as `without` has it, of an instruction of the program; -1: it is none of ours.
  int number_of(program::InstructionId i) const {
    return static_cast<int>(i) < first_ ? -1 : numbers_[i - first_];
  }
  std::mt19937_64& random() { return random_; }

 private:
  struct Argument {
    Value value;
    std::vector<isa::Operand> operands;
  };
  static constexpr int kRegisters = 3;

  template <class T>
  T pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  bool chance(double p) { return static_cast<double>(random_() % 1000) < 1000 * p; }
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }

  // --- the tiles ---

  View declare(Buffer buffer, std::vector<int64_t> shape, DType dtype) {
    isa::Tensor t;
    t.buffer = buffer;
    t.shape = std::move(shape);
    t.dtype = dtype;
    const program::TensorId id = program_.add_tensor(t);
    return View::whole(program_.tensor(id), id);
  }

  void append(const char* name, const std::vector<View>& tensors) {
    const auto opcode = static_cast<isa::Opcode>(isa::find_instruction(name));
    const isa::Spec& spec = isa::spec(opcode);
    std::vector<Value> values;
    std::vector<isa::Operand> operands;
    for (const isa::Param& param : spec.params) values.push_back(param.default_value);
    for (size_t i = 0; i < tensors.size(); ++i) {
      values[i] = Value::operand(static_cast<int>(operands.size()));
      tensors[i].append_operands(program_, operands);
    }
    program_.add(opcode, spec.engines[0], values, operands, isa::kNone);
  }

  void define(uint32_t reg) {
    const auto opcode = static_cast<isa::Opcode>(isa::find_instruction("register_move"));
    const std::vector<Value> values = {Value::reg(reg), Value::integer(below(4))};
    program_.add(opcode, isa::spec(opcode).engines[0], values, {}, isa::kNone);
  }

  // A tile and the input that fills it; PSUM through SBUF.
  void declare_tile(Buffer buffer, std::vector<int64_t> shape, DType dtype) {
    const View input = declare(Buffer::shared_hbm, shape, dtype);
    inputs_.push_back(input.tensor);
    hbm_.push_back(input);
    View tile = declare(Buffer::sbuf, shape, dtype);
    append("dma_copy", {tile, input});
    if (buffer == Buffer::psum) {
      const View there = declare(buffer, shape, dtype);
      append("tensor_copy", {there, tile});
      tile = there;
    }
    tiles_.push_back(tile);
  }

  void declare_tiles() {
    const int64_t p = partitions_, n = columns_;
    for (const DType d : types_)
      for (int copies = 0; copies < 2; ++copies) declare_tile(Buffer::sbuf, {p, n}, d);
    for (const DType d : {DType::fp32, DType::bf16, DType::i32})
      declare_tile(Buffer::psum, {p, n}, d);
    for (const DType d : {DType::fp32, DType::bf16, DType::i32, DType::u32})
      declare_tile(Buffer::sbuf, {p, 1}, d);
    for (const DType d : {DType::fp32, DType::u32, DType::u16, DType::bf16, DType::i32})
      for (const int64_t columns : {int64_t{6}, int64_t{8}, int64_t{24}, 2 * n, n + 1, 4 * n})
        declare_tile(Buffer::sbuf, {p, columns}, d);
    for (const DType d : {DType::fp32, DType::bf16}) {
      declare_tile(Buffer::sbuf, {n, p}, d);
      declare_tile(Buffer::psum, {n, p}, d);
      declare_tile(Buffer::psum, {n, n}, d);
    }
    if (program_.machine().core.version >= 4)
      for (const DType d : {DType::fp8_e4m3fn_x4, DType::fp8_e5m2_x4}) {
        declare_tile(Buffer::sbuf, {p, n}, d);
        types_.push_back(d);
      }
  }

  // A tile or a part of one: partitions from a quadrant on, some of the columns, other dimensions.
  View tile() {
    std::vector<View> fits;
    const DType type = chance(0.4) ? type_ : pick(types_);
    for (const View& v : tiles_)
      if (v.dtype == type && (v.dims.back().count == columns_ || chance(0.3))) fits.push_back(v);
    View v = pick(fits.empty() ? tiles_ : fits);
    // What other cores may see is not written at random.
    if (program_.cores() * program_.seat().ranks == 1 && chance(0.05)) v = pick(hbm_);
    if (chance(0.1)) {
      const int64_t rows = v.dims[0].count, first = rows > 32 ? 32 * below(rows / 32) : 0;
      v = v.slice(0, first, first + 1 + below(rows - first), 1);
    }
    if (chance(0.1)) v = v.slice(1, below(v.dims[1].count), v.dims[1].count, 1 + below(3));
    if (chance(0.1)) v = v.expand_dim(1);
    if (chance(0.1) && v.dims.back().count % 2 == 0)
      v = v.reshape_dim(v.ndim() - 1, {2, v.dims.back().count / 2});
    return v;
  }

  // --- the arguments ---

  double number() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (chance(0.6)) return static_cast<double>(below(9)) / 4 - 1;
    return pick<double>({3, 1e-20, 1e30, -kInfinity, kInfinity,
                         std::numeric_limits<double>::quiet_NaN(), 16777217, -7});
  }

  int64_t integer() {
    if (chance(0.6)) return below(9);
    return pick<int64_t>({-1, 16, 64, partitions_, columns_, 16 * columns_, int64_t{1} << 31,
                          -(int64_t{1} << 31) - 1, std::numeric_limits<int64_t>::max()});
  }

  isa::Operator some_operator() {
    using enum isa::Operator;
    if (chance(0.5)) return pick<isa::Operator>({add, multiply, maximum, greater_equal, bypass});
    return static_cast<isa::Operator>(below(isa::operator_count()));
  }

  Value list(const std::vector<int64_t>& items) { return Value::list(program_.intern_list(items)); }

  Argument tensors(int count) {
    Argument a{{Value::Kind::operand, count == 1 ? 0 : int64_t{count} << 32}, {}};
    for (int i = 0; i < count; ++i) tile().append_operands(program_, a.operands);
    return a;
  }

  Argument argument(const isa::Param& param) {
    if (!param.default_text.empty() && chance(0.5)) return {param.default_value, {}};
    if ((param.none_allowed || !param.default_text.empty()) && chance(0.1)) return {};
    switch (param.kind) {
      case ParamKind::tensor: return tensors(1);
      case ParamKind::tensors: return tensors(1 + static_cast<int>(below(3)));
      case ParamKind::tensor_or_number:
        if (chance(0.4)) return tensors(1);
        [[fallthrough]];
      default: return {value(param.kind), {}};
    }
  }

  Value value(ParamKind kind) {
    switch (kind) {
      case ParamKind::tensor_or_number:
      case ParamKind::number:
        return chance(0.3) ? Value::integer(integer()) : Value::number(number());
      case ParamKind::integer: return Value::integer(integer());
      case ParamKind::boolean: return Value::boolean(chance(0.5));
      case ParamKind::op: return Value::op(some_operator());
      case ParamKind::integers:
        return list(std::vector<int64_t>(pick<size_t>({1, 2, 3, 4, 32}), below(4)));
      case ParamKind::numbers: {
        std::vector<int64_t> bits;
        for (int64_t i = below(4); i >= 0; --i) bits.push_back(std::bit_cast<int64_t>(number()));
        return list(bits);
      }
      case ParamKind::pattern: return list({below(5) - 2, columns_});
      case ParamKind::reg: return Value::reg(static_cast<uint32_t>(below(kRegisters)));
      case ParamKind::reg_or_integer:
        return chance(0.5) ? Value::integer(integer()) : value(ParamKind::reg);
      case ParamKind::name: return Value::text(program_.intern_text("fuzzed"));
      default: return Value::integer(below(static_cast<int64_t>(member_names(kind).size())));
    }
  }

  // As the front end chooses it.
  isa::Engine engine_of(const isa::Spec& spec, const std::vector<Value>& values,
                        const std::vector<isa::Operand>& operands) {
    const int param = spec.engines.size() > 1 ? spec.find("engine") : -1;
    if (param >= 0 && values[param].present() && values[param].integer() != 0)
      return static_cast<isa::Engine>(values[param].integer());
    if (!spec.choose_engine) return spec.engines[0];
    return spec.choose_engine(isa::Call(spec, values.data(), operands.data(), program_,
                                        program_.machine(), spec.engines[0]));
  }

  // `counted`: the call has a number, by which it can be left out.
  void check_and_add(isa::Opcode opcode, const std::vector<Argument>& arguments,
                     bool counted = true) {
    const isa::Spec& spec = isa::spec(opcode);
    std::vector<Value> values;
    std::vector<isa::Operand> operands;
    for (const Argument& a : arguments) {
      values.push_back(a.value);
      if (a.value.is_operand()) values.back().bits += static_cast<int64_t>(operands.size());
      operands.insert(operands.end(), a.operands.begin(), a.operands.end());
    }
    const isa::Engine engine = engine_of(spec, values, operands);
    const isa::Call call(spec, values.data(), operands.data(), program_, program_.machine(),
                         engine);
    isa::check_common(call);
    if (spec.check) spec.check(call);
    if (counted && without_.contains(legal_++)) return;
    program_.add(opcode, engine, values, operands, isa::kNone);
    numbers_.push_back(counted ? legal_ - 1 : -1);
  }

  std::vector<DType> types_ = {DType::fp32, DType::bf16, DType::fp16,     DType::i32,
                               DType::u32,  DType::u8,   DType::fp8_e4m3, DType::u16};
  std::mt19937_64 random_;
  Program program_;
  const std::set<int> without_;
  int legal_ = 0, first_ = 0;
  std::vector<int> numbers_;  // of the instructions from first_ on
  int64_t partitions_ = 0, columns_ = 0;
  DType type_ = DType::fp32;  // that most tiles of a call have
  std::vector<View> tiles_, hbm_;
  View shared_;
  std::vector<program::TensorId> inputs_;
};

/// The parameter that a refusal names first, or `otherwise`.
inline size_t complained_about(std::string_view message, const isa::Spec& spec, size_t otherwise) {
  for (size_t p = 0; p < spec.params.size(); ++p)
    if (message.find(fmt::format("{}: {} ", spec.name, spec.params[p].name)) != message.npos)
      return p;
  return otherwise;
}

inline bool RandomCalls::try_exactly(std::string_view name,
                                     const std::map<std::string_view, Given>& given) {
  const auto opcode = static_cast<isa::Opcode>(isa::find_instruction(name));
  std::vector<Argument> arguments;
  for (const isa::Param& param : isa::spec(opcode).params) {
    Argument a{param.default_value, {}};
    if (const auto found = given.find(param.name); found != given.end()) {
      if (const auto* tile = std::get_if<size_t>(&found->second)) {
        a.value = Value::operand(0);
        (*tile == kShared ? shared_ : tiles_[*tile]).append_operands(program_, a.operands);
      } else if (const auto* items = std::get_if<std::vector<int64_t>>(&found->second)) {
        a.value = list(*items);
      } else {
        a.value = std::get<Value>(found->second);
      }
    }
    arguments.push_back(a);
  }
  try {
    check_and_add(opcode, arguments, false);
    return true;
  } catch (const base::Error& e) {
    if (base::rule(e.code()).code[0] == 'B') throw;
    return false;
  }
}

inline bool RandomCalls::try_call(isa::Opcode opcode, int attempts, size_t& refused) {
  const isa::Spec& spec = isa::spec(opcode);
  std::vector<Argument> arguments(spec.params.size());
  const auto draw = [&](size_t p) {
    try {
      arguments[p] = argument(spec.params[p]);
    } catch (const base::Error&) {}  // no such view; the old argument stays
  };
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt % 400 == 0) {  // afresh
      type_ = pick(types_);
      for (size_t p = 0; p < arguments.size(); ++p) draw(p);
    }
    try {
      check_and_add(opcode, arguments);
      return true;
    } catch (const base::Error& e) {
      if (base::rule(e.code()).code[0] == 'B') throw;
      ++refused;
      if (program_.machine().core.version < spec.version) return false;
      size_t again = random_() % arguments.size();
      if (chance(0.8)) again = complained_about(e.what(), spec, again);
      draw(again);
    }
  }
  return false;
}

}  // namespace trainyard::core
