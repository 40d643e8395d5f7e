// The values of one operand, for those who look at them: records, the sanitiser, --break.
#pragma once

#include <string>
#include <vector>

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// The elements of an operand, packed row-major; rows that an index leaves out are zero.
std::vector<std::byte> packed_values(const Call& call, int slot, CoreMemory& memory);
/// The same as fp32; empty for packs of four.
std::vector<float> float_values(const isa::OperandView& view, const std::vector<std::byte>& packed);

/// Element k of a row-major array: "[3, 0]".
std::string index_text(size_t k, const std::vector<int64_t>& shape);
/// The name of the parameter that holds operand `slot`, and the tensor's if it has one:
/// "data (scores)".
std::string operand_name(const Call& call, int slot);

/// Whether numbers of this type can be NaN or infinite.
bool has_nonfinite(isa::DType dtype);
/// Whether an access has elements that are NaN or infinite.
bool any_nonfinite(const Bytes& access);
/// By element of a packed array, 1 where it is NaN or infinite.
std::vector<uint8_t> nonfinite_mask(isa::DType dtype, const std::vector<std::byte>& packed);

}  // namespace trainyard::core
