// What an instruction works on: tensors, and the access patterns that address them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/dtype.h"

namespace trainyard::isa {

using base::DType;

/// The memories. `private_hbm` belongs to one core, `shared_hbm` to the logical core and its host.
enum class Buffer : uint8_t { private_hbm, shared_hbm, sbuf, psum };

inline bool is_on_chip(Buffer b) { return b == Buffer::sbuf || b == Buffer::psum; }
std::string_view name_of(Buffer buffer);

using TensorId = uint32_t;
using LayoutId = uint32_t;
inline constexpr uint32_t kNone = 0xffffffff;

/// A declared tensor. On chip, dimension 0 is the partition dimension and each partition holds
/// `row_elements` consecutive elements; in HBM the tensor is row-major.
struct Tensor {
  std::string name;
  DType dtype = DType::fp32;
  Buffer buffer = Buffer::sbuf;
  std::vector<int64_t> shape;
  int64_t address_partition = -1;  ///< explicit placement: first partition, or -1
  int64_t address_bytes = -1;      ///< explicit placement: byte offset in each partition
  uint32_t site = kNone;           ///< where it was declared (Program::sites)
  bool input = false;              ///< a kernel argument
  /// What the instructions of its program do with it, by its own name.
  bool read = false, written = false;

  bool has_address() const { return address_bytes >= 0; }
  /// A result of the kernel's own that it stores and loads again.
  bool is_intermediate() const { return read && written && !input; }
  int64_t elements() const;
  int64_t row_elements() const;  ///< elements in one partition (on chip)
  int64_t row_bytes() const;
  int64_t bytes() const;
  int partitions() const { return static_cast<int>(shape.empty() ? 1 : shape[0]); }
};

struct Dim {
  int64_t step = 0;  ///< elements of the layout's dtype
  int64_t count = 1;
  bool operator==(const Dim&) const = default;
};

/// How an operand finds part of its address while the program runs.
enum class Indirect : uint8_t {
  none,
  scalar,  ///< offset += value * scale; the value is the next operand or a register
  vector,  ///< dimension 0 is gathered: row i starts at index[i] * scale; next operand. An index
           ///< tile of several columns is read column by column.
  column,  ///< NkiTensor.indirect, on chip: element i of every row lies at offset[i] * scale; next
           ///< operand, which holds one list of offsets in each group of partitions.
};

std::string_view name_of(Indirect indirect);

inline constexpr int kMaxDims = 8;

/// The shape of an access: element type and (step, count) pairs, outermost first, over the tensor
/// seen as one row-major array. On chip, dims[0] is the partition dimension and its step is a
/// multiple of the tensor's elements per partition. Interned in the program.
struct Layout {
  DType dtype = DType::fp32;
  uint8_t ndim = 0;
  Indirect indirect = Indirect::none;
  uint8_t indirect_dim = 0;  ///< for messages and text
  uint32_t reg = kNone;      ///< the register of a scalar offset, or kNone: next operand
  int64_t scale = 0;         ///< elements per unit of the dynamic index
  int64_t limit = 0;         ///< dynamic index must be below this
  std::array<Dim, kMaxDims> dims{};

  int64_t elements() const;
  /// Elements in one partition: the product of all counts but the first.
  int64_t free_elements() const;
  /// Whether the operand after this one holds the dynamic index.
  bool has_index_operand() const { return indirect != Indirect::none && reg == kNone; }
  bool operator==(const Layout&) const = default;
};

/// One tensor argument of an instruction; offset in elements of the layout's dtype. A layout whose
/// `indirect` reads a tensor is followed by one more operand: the index.
struct Operand {
  TensorId tensor = kNone;
  LayoutId layout = kNone;
  int64_t offset = 0;
};
static_assert(sizeof(Operand) == 16);

/// An operand with its tensor and layout looked up: what checks and costs read.
struct OperandView {
  const Tensor* tensor = nullptr;
  const Layout* layout = nullptr;
  int64_t offset = 0;
  TensorId id = kNone;

  DType dtype() const { return layout->dtype; }
  Buffer buffer() const { return tensor->buffer; }
  bool on_chip() const { return is_on_chip(tensor->buffer); }
  int partitions() const { return static_cast<int>(layout->dims[0].count); }
  int64_t free_elements() const { return layout->free_elements(); }
  int64_t elements() const { return layout->elements(); }
  int64_t bytes() const { return elements() * static_cast<int64_t>(base::size_of(dtype())); }
  /// Elements per partition of the tensor, in the layout's dtype (on chip).
  int64_t row_elements() const;
  /// First partition, relative to the tensor unless it has an address.
  int start_partition() const;
  /// Elements of the innermost run that lie next to each other.
  int64_t contiguous_elements() const;
  bool free_contiguous() const { return contiguous_elements() >= free_elements(); }
  std::vector<int64_t> shape() const;
  std::string describe() const;  ///< "a: bfloat16[128, 512] in sbuf"
};

}  // namespace trainyard::isa
