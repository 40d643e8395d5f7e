// The immediate arguments of an instruction, and the enumerations of nki.isa.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard::isa {

enum class Operator : uint8_t {
#define OPERATOR(name, kind, reduces, version) name,
#include "trainyard/isa/operators.list"
#undef OPERATOR
};

enum class OperatorClass : uint8_t { arith, bits, unary, function, other };

struct OperatorInfo {
  std::string_view name;
  OperatorClass kind;
  bool reduces;
  int version;
};
const OperatorInfo& info(Operator op);
inline std::string_view name_of(Operator op) { return info(op).name; }
std::optional<Operator> operator_from_name(std::string_view name);
int operator_count();

/// nki.isa.engine, with its values.
enum class Engine : uint8_t { unknown, tensor, scalar, gpsimd, dma, vector, sync };
inline constexpr int kEngineCount = 7;
std::string_view name_of(Engine engine);

enum class DgeMode : uint8_t { unknown, swdge, hwdge, none };
enum class OobMode : uint8_t { error, skip };
enum class ReduceCmd : uint8_t { idle, reset, reduce, reset_reduce, load_reduce };
enum class DmaEngine : uint8_t { unknown, dma, gpsimd_dma };
enum class PerfMode : uint8_t { none, double_row };

/// One argument. Tensors are operands; lists are interned in the program.
struct Value {
  enum class Kind : uint8_t { none, boolean, integer, number, op, operand, reg, list, text };
  Kind kind = Kind::none;
  int64_t bits = 0;  ///< the integer, the double's bits, the operator, or an index

  static Value boolean(bool b) { return {Kind::boolean, b}; }
  static Value integer(int64_t i) { return {Kind::integer, i}; }
  static Value number(double d) { return {Kind::number, std::bit_cast<int64_t>(d)}; }
  static Value op(Operator o) { return {Kind::op, static_cast<int64_t>(o)}; }
  static Value operand(int slot) { return {Kind::operand, slot}; }
  static Value reg(uint32_t id) { return {Kind::reg, id}; }
  static Value list(uint32_t id) { return {Kind::list, id}; }
  static Value text(uint32_t id) { return {Kind::text, id}; }

  bool present() const { return kind != Kind::none; }
  bool is_operand() const { return kind == Kind::operand; }
  bool truth() const { return bits != 0; }
  int64_t integer() const { return bits; }
  /// The value as a number: integers and booleans widen.
  double number() const {
    return kind == Kind::number ? std::bit_cast<double>(bits) : static_cast<double>(bits);
  }
  Operator op() const { return static_cast<Operator>(bits); }
  bool operator==(const Value&) const = default;
};

}  // namespace trainyard::isa
