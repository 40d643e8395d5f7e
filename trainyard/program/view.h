// Views of a tensor: what NkiTensor is in Python. A view never moves data; each method returns
// another access pattern over the same tensor, or throws E120/E121/E122 saying why it cannot.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trainyard/program/program.h"

namespace trainyard::program {

using base::DType;

/// One index of t[...]: an integer, a slice, or a register or tile read while the program runs.
struct Index {
  enum class Kind : uint8_t { integer, slice, ellipsis, new_axis, dynamic };
  Kind kind = Kind::integer;
  int64_t start = 0, stop = 0, step = 1;
  bool has_start = false, has_stop = false;
};

struct View {
  TensorId tensor = kNone;
  DType dtype = DType::fp32;
  isa::Buffer buffer = isa::Buffer::sbuf;
  int64_t offset = 0;        ///< elements of dtype, over the flattened tensor
  int64_t row_elements = 1;  ///< of the tensor, in dtype: one partition on chip
  std::vector<isa::Dim> dims;
  isa::Indirect indirect = isa::Indirect::none;
  uint32_t reg = kNone;               ///< of a scalar offset
  std::shared_ptr<const View> index;  ///< of a scalar or vector offset in a tile
  int64_t scale = 0, limit = 0;
  int indirect_dim = 0;
  bool unchecked = false;  ///< made by ap() beyond the tensor: refused where it is used

  static View whole(const isa::Tensor& t, TensorId id);

  bool on_chip() const { return isa::is_on_chip(buffer); }
  int ndim() const { return static_cast<int>(dims.size()); }
  int64_t elements() const;
  std::vector<int64_t> shape() const;
  bool is_contiguous() const;
  bool is_indirect() const { return indirect != isa::Indirect::none; }

  View at(std::span<const Index> indices) const;
  View slice(int dim, int64_t start, int64_t stop, int64_t step) const;
  View select(int dim, int64_t index) const;
  /// The dimension is chosen by a register or a [1, 1] tile while the program runs.
  View select_dynamic(int dim, uint32_t reg, std::shared_ptr<const View> index) const;
  View vector_select(int dim, std::shared_ptr<const View> rows) const;
  /// The columns at `offsets`, counted in elements of the free dimensions; NkiTensor.indirect.
  View indirect_columns(std::shared_ptr<const View> offsets, std::optional<int64_t> count) const;
  View permute(std::span<const int64_t> order) const;
  View broadcast(int dim, int64_t size) const;
  View expand_dim(int dim) const;
  View squeeze_dim(int dim) const;
  View reshape_dim(int dim, std::vector<int64_t> shape) const;
  View flatten_dims(int first, int last) const;
  View reshape(std::vector<int64_t> shape) const;
  View reinterpret(DType dtype) const;
  /// The raw access pattern over the tensor's storage; see nki.language.NkiTensor.ap. One that
  /// reaches outside is no error before it is used: kernels make some that they do not need.
  View ap(std::span<const isa::Dim> pattern, std::optional<int64_t> offset, uint32_t reg,
          std::shared_ptr<const View> scalar, std::shared_ptr<const View> vector, int indirect_dim,
          std::optional<DType> dtype, int64_t tensor_bytes) const;

  /// The operand(s) of an instruction: this view, followed by its index tile if it has one. Throws
  /// E122 for a pattern of ap() that reaches outside its tensor.
  void append_operands(Program& program, std::vector<Operand>& out) const;

 private:
  void check_dim(int& dim, const char* method) const;
  void keep_partition(int dim, const char* method) const;
  [[noreturn]] void refuse(base::Code code, std::string message) const;
};

}  // namespace trainyard::program
