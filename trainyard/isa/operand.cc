// Tensors and access patterns: sizes, shapes and words for messages.

#include "trainyard/isa/operand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trainyard::isa {

std::string_view name_of(Buffer buffer) {
  switch (buffer) {
    case Buffer::private_hbm: return "private_hbm";
    case Buffer::shared_hbm: return "shared_hbm";
    case Buffer::sbuf: return "sbuf";
    case Buffer::psum: return "psum";
  }
  return "?";
}

std::string_view name_of(Indirect indirect) {
  switch (indirect) {
    case Indirect::none: return "none";
    case Indirect::scalar: return "scalar";
    case Indirect::vector: return "vector";
    case Indirect::column: return "column";
  }
  return "?";
}

int64_t Tensor::elements() const {
  int64_t n = 1;
  for (int64_t s : shape) n *= s;
  return n;
}

int64_t Tensor::row_elements() const {
  int64_t n = 1;
  for (size_t i = 1; i < shape.size(); ++i) n *= shape[i];
  return n;
}

int64_t Tensor::row_bytes() const {
  return row_elements() * static_cast<int64_t>(base::size_of(dtype));
}

int64_t Tensor::bytes() const { return elements() * static_cast<int64_t>(base::size_of(dtype)); }

int64_t Layout::elements() const {
  int64_t n = 1;
  for (int d = 0; d < ndim; ++d) n *= dims[d].count;
  return n;
}

int64_t Layout::free_elements() const {
  int64_t n = 1;
  for (int d = 1; d < ndim; ++d) n *= dims[d].count;
  return n;
}

int64_t OperandView::row_elements() const {
  const int64_t bytes = on_chip() ? tensor->row_bytes() : tensor->bytes();
  return std::max<int64_t>(1, bytes / static_cast<int64_t>(base::size_of(dtype())));
}

int OperandView::start_partition() const {
  if (!on_chip()) return 0;
  const int within = static_cast<int>(offset / row_elements());
  return within + static_cast<int>(std::max<int64_t>(0, tensor->address_partition));
}

int64_t OperandView::contiguous_elements() const {
  int64_t run = 1;
  const bool rows_apart = on_chip() || layout->indirect == Indirect::vector;
  for (int d = layout->ndim - 1; d >= (rows_apart ? 1 : 0); --d) {
    const Dim& dim = layout->dims[d];
    if (dim.count == 1) continue;
    if (dim.step != run) break;
    run *= dim.count;
  }
  return run;
}

std::vector<int64_t> OperandView::shape() const {
  std::vector<int64_t> shape;
  for (int d = 0; d < layout->ndim; ++d) shape.push_back(layout->dims[d].count);
  return shape;
}

std::string OperandView::describe() const {
  return fmt::format("{}: {}{} in {}", tensor->name.empty() ? "tensor" : tensor->name,
                     base::name_of(dtype()), shape(), name_of(buffer()));
}

}  // namespace trainyard::isa
