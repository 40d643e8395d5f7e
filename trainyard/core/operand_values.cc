// Gathering operands, and telling which of their elements are no finite numbers by their bits.

#include "trainyard/core/operand_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "trainyard/base/convert.h"
#include "trainyard/core/indirection.h"
#include "trainyard/isa/indirection.h"

namespace trainyard::core {

using isa::DType;

namespace {

// Numbers whose bits without the sign are `limit` or more are NaN or infinite; 0: there are none.
struct Bits {
  uint32_t mask, limit;
};

Bits nonfinite_bits(DType dtype) {
  switch (dtype) {
    case DType::fp32:
    case DType::tf32: return {0x7fffffff, 0x7f800000};
    case DType::bf16: return {0x7fff, 0x7f80};
    case DType::fp16: return {0x7fff, 0x7c00};
    case DType::fp8_e4m3: return {0x7f, 0x78};
    case DType::fp8_e4m3fn: return {0x7f, 0x7f};
    case DType::fp8_e5m2: return {0x7f, 0x7c};
    case DType::fp8_e3m4: return {0x7f, 0x70};
    case DType::fp8_e8m0: return {0xff, 0xff};
    default: return {0, 0};
  }
}

template <class Word>
bool any_beyond(const std::byte* p, int64_t n, ptrdiff_t step, Bits bits) {
  const auto at = [&](int64_t i, ptrdiff_t bytes) {
    Word word;
    std::memcpy(&word, p + i * bytes, sizeof word);
    return static_cast<Word>(word & bits.mask);
  };
  const auto limit = static_cast<Word>(bits.limit);
  Word found = 0;  // no way out of the loop: it becomes vector instructions
  if (step == sizeof(Word)) {
    for (int64_t i = 0; i < n; ++i) found |= static_cast<Word>(at(i, sizeof(Word)) >= limit);
  } else {
    for (int64_t i = 0; i < n; ++i) found |= static_cast<Word>(at(i, step) >= limit);
  }
  return found != 0;
}

bool any_beyond(int element, const std::byte* p, int64_t n, ptrdiff_t step, Bits bits) {
  if (element == 1) return any_beyond<uint8_t>(p, n, step, bits);
  if (element == 2) return any_beyond<uint16_t>(p, n, step, bits);
  return any_beyond<uint32_t>(p, n, step, bits);
}

}  // namespace

std::vector<std::byte> packed_values(const Call& call, int slot, CoreMemory& memory) {
  Bytes b = memory.resolve(call, slot);
  if (!b.data) return {};
  std::vector<std::byte> out(static_cast<size_t>(b.elements() * b.element));
  if (isa::is_indirect(call.view(slot))) return gather_columns(call, slot, memory);
  if (call.view(slot).layout->indirect != isa::Indirect::vector) {
    isa::gather_bits(b, 0, b.rows(), out.data());
    return out;
  }
  const std::vector<int64_t> rows = memory.index_rows(call, slot);
  std::byte* const base = b.data;
  for (int r = 0; r < b.rows(); ++r) {
    if (rows[r] < 0) continue;
    b.data = base + rows[r] - r * b.dims[0].step;  // so that row r is the one addressed
    isa::gather_bits(b, r, 1, out.data() + r * b.row_elements() * b.element);
  }
  return out;
}

std::vector<float> float_values(const isa::OperandView& view,
                                const std::vector<std::byte>& packed) {
  if (base::is_pack(view.dtype())) return {};
  std::vector<float> values(packed.size() / base::size_of(view.dtype()));
  base::to_fp32(view.dtype(), packed.data(), values.data(), values.size());
  return values;
}

std::string index_text(size_t k, const std::vector<int64_t>& shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t d = shape.size(); d-- > 0; k /= static_cast<size_t>(shape[d]))
    index[d] = static_cast<int64_t>(k % static_cast<size_t>(shape[d]));
  return fmt::format("{}", index);
}

std::string operand_name(const Call& call, int slot) {
  std::string_view param = "index";  // what follows a dynamic operand
  for (const int p : call.spec().operand_params)
    for (int i = 0; i < call.tensor_count(p); ++i)
      if (call.slot(p, i) == slot) param = call.spec().params[p].name;
  const std::string& tensor = call.view(slot).tensor->name;
  return tensor.empty() ? std::string(param) : fmt::format("{} ({})", param, tensor);
}

bool has_nonfinite(DType dtype) { return nonfinite_bits(dtype).limit != 0; }

bool any_nonfinite(const Bytes& access) {
  const Bits bits = nonfinite_bits(access.dtype);
  if (bits.limit == 0 || !access.data) return false;
  if (access.packed())
    return any_beyond(access.element, access.data, access.elements(), access.element, bits);
  bool found = false;
  for (int r = 0; r < access.rows() && !found; ++r)
    isa::for_each_run(access, access.row(r), [&](std::byte* p, int64_t n, ptrdiff_t step) {
      found |= any_beyond(access.element, p, n, step, bits);
    });
  return found;
}

std::vector<uint8_t> nonfinite_mask(DType dtype, const std::vector<std::byte>& packed) {
  const Bits bits = nonfinite_bits(dtype);
  const auto element = static_cast<int>(base::size_of(dtype));
  std::vector<uint8_t> mask(packed.size() / element);
  if (bits.limit == 0) return mask;
  for (size_t k = 0; k < mask.size(); ++k)
    mask[k] = any_beyond(element, packed.data() + k * element, 1, element, bits);
  return mask;
}

}  // namespace trainyard::core
