// The number formats of the NeuronCore: names, sizes and kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard::base {

/// Element types, spelled as `nki.language` spells them (`name(DType::bf16)` is "bfloat16").
enum class DType : uint8_t {
  bool8,  ///< `bool_`: one byte, 0 or 1
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  fp16,
  bf16,
  tf32,  ///< 8-bit exponent, 10-bit mantissa, stored in 4 bytes
  fp32,
  fp8_e4m3,    ///< IEEE-like e4m3: has infinities, largest finite value 240
  fp8_e4m3fn,  ///< OCP e4m3: no infinities, largest finite value 448
  fp8_e5m2,    ///< IEEE-like, largest finite value 57344
  fp8_e3m4,    ///< IEEE-like, largest finite value 15.5
  fp8_e8m0,    ///< a power of two: the scale of an MX block
  fp4_e2m1,    ///< one value a byte (low nibble); only inside packs on the chip
  fp8_e4m3fn_x4,
  fp8_e5m2_x4,  ///< four values in 32 bits, lane 0 lowest
  fp4_e2m1_x4,  ///< four values in 16 bits, lane 0 lowest
};
inline constexpr int kDTypeCount = 20;

/// Bytes of one element (a pack counts as one element).
size_t size_of(DType dtype);
/// The `nki.language` name, e.g. "float8_e4m3fn_x4".
std::string_view name_of(DType dtype);
/// The type with that `nki.language` name (also "fp32", "bf16", … short forms), or nothing.
std::optional<DType> dtype_from_name(std::string_view name);
bool is_float(DType dtype);       ///< every floating type, packs included
bool is_integer(DType dtype);     ///< bool8 included
bool is_pack(DType dtype);        ///< the x4 types
DType pack_element(DType dtype);  ///< fp8_e5m2_x4 -> fp8_e5m2; other types unchanged
/// Largest finite value of a floating or integer type.
double max_finite(DType dtype);

}  // namespace trainyard::base
