// The table of number formats. Everything asked about a format is answered from one row, so that a
// new format is one enumerator and one line here.
#include "trainyard/base/dtype.h"

#include <array>
#include <cmath>

namespace trainyard::base {
namespace {

enum class Kind : uint8_t { integer, floating, pack };

struct Row {
  DType dtype;
  Kind kind;
  uint8_t size;
  DType element;
  double max_finite;
  std::string_view name;
  std::string_view short_name;
};

constexpr std::array<Row, kDTypeCount> kRows = {{
    {DType::bool8, Kind::integer, 1, DType::bool8, 1, "bool_", "bool"},
    {DType::i8, Kind::integer, 1, DType::i8, 127, "int8", "i8"},
    {DType::u8, Kind::integer, 1, DType::u8, 255, "uint8", "u8"},
    {DType::i16, Kind::integer, 2, DType::i16, 32767, "int16", "i16"},
    {DType::u16, Kind::integer, 2, DType::u16, 65535, "uint16", "u16"},
    {DType::i32, Kind::integer, 4, DType::i32, 2147483647, "int32", "i32"},
    {DType::u32, Kind::integer, 4, DType::u32, 4294967295, "uint32", "u32"},
    {DType::fp16, Kind::floating, 2, DType::fp16, 65504, "float16", "fp16"},
    {DType::bf16, Kind::floating, 2, DType::bf16, 0x1.fep127, "bfloat16", "bf16"},
    {DType::tf32, Kind::floating, 4, DType::tf32, 0x1.ffcp127, "tfloat32", "tf32"},
    {DType::fp32, Kind::floating, 4, DType::fp32, 0x1.fffffep127, "float32", "fp32"},
    {DType::fp8_e4m3, Kind::floating, 1, DType::fp8_e4m3, 240, "float8_e4m3", "fp8_e4m3"},
    {DType::fp8_e4m3fn, Kind::floating, 1, DType::fp8_e4m3fn, 448, "float8_e4m3fn", "fp8_e4m3fn"},
    {DType::fp8_e5m2, Kind::floating, 1, DType::fp8_e5m2, 57344, "float8_e5m2", "fp8_e5m2"},
    {DType::fp8_e3m4, Kind::floating, 1, DType::fp8_e3m4, 15.5, "float8_e3m4", "fp8_e3m4"},
    {DType::fp8_e8m0, Kind::floating, 1, DType::fp8_e8m0, 0x1p127, "float8_e8m0fnu", "fp8_e8m0"},
    {DType::fp4_e2m1, Kind::floating, 1, DType::fp4_e2m1, 6, "float4_e2m1fn", "fp4_e2m1"},
    {DType::fp8_e4m3fn_x4, Kind::pack, 4, DType::fp8_e4m3fn, 448, "float8_e4m3fn_x4",
     "fp8_e4m3fn_x4"},
    {DType::fp8_e5m2_x4, Kind::pack, 4, DType::fp8_e5m2, 57344, "float8_e5m2_x4", "fp8_e5m2_x4"},
    {DType::fp4_e2m1_x4, Kind::pack, 2, DType::fp4_e2m1, 6, "float4_e2m1fn_x4", "fp4_e2m1_x4"},
}};

constexpr bool rows_in_order() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].dtype) != i) return false;
  }
  return true;
}
static_assert(rows_in_order(), "kRows is indexed by DType");

constexpr const Row& row(DType dtype) { return kRows[static_cast<size_t>(dtype)]; }

}  // namespace

size_t size_of(DType dtype) { return row(dtype).size; }
std::string_view name_of(DType dtype) { return row(dtype).name; }
bool is_float(DType dtype) { return row(dtype).kind != Kind::integer; }
bool is_integer(DType dtype) { return row(dtype).kind == Kind::integer; }
bool is_pack(DType dtype) { return row(dtype).kind == Kind::pack; }
DType pack_element(DType dtype) { return row(dtype).element; }
double max_finite(DType dtype) { return row(dtype).max_finite; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const Row& r : kRows) {
    if (name == r.name || name == r.short_name) return r.dtype;
  }
  return std::nullopt;
}

}  // namespace trainyard::base
