// Views: slicing, selecting, reordering and reinterpreting without moving data.

#include "trainyard/program/view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace trainyard::program {

using base::Code;
using base::Error;
using isa::Dim;
using isa::Indirect;

View View::whole(const isa::Tensor& t, TensorId id) {
  View v;
  v.tensor = id;
  v.dtype = t.dtype;
  v.buffer = t.buffer;
  v.dims.resize(t.shape.size());
  int64_t step = 1;
  for (int d = static_cast<int>(t.shape.size()) - 1; d >= 0; --d) {
    v.dims[d] = {step, t.shape[d]};
    step *= t.shape[d];
  }
  v.row_elements =
      v.on_chip() ? std::max<int64_t>(1, t.row_elements()) : std::max<int64_t>(1, step);
  return v;
}

int64_t View::elements() const {
  int64_t n = 1;
  for (const Dim& d : dims) n *= d.count;
  return n;
}

std::vector<int64_t> View::shape() const {
  std::vector<int64_t> s;
  for (const Dim& d : dims) s.push_back(d.count);
  return s;
}

bool View::is_contiguous() const {
  int64_t run = 1;
  for (int d = ndim() - 1; d >= (on_chip() ? 1 : 0); --d) {
    if (dims[d].count != 1 && dims[d].step != run) return false;
    run *= dims[d].count;
  }
  return true;
}

void View::refuse(Code code, std::string message) const {
  throw Error(code, std::move(message))
      .note(fmt::format("the view has shape {} in {}", shape(), isa::name_of(buffer)));
}

void View::check_dim(int& dim, const char* method) const {
  if (dim < 0) dim += ndim();
  if (dim < 0 || dim >= ndim())
    refuse(Code::E120,
           fmt::format("{}: dimension {} of a tensor with {} dimensions", method, dim, ndim()));
}

void View::keep_partition(int dim, const char* method) const {
  if (on_chip() && dim == 0)
    refuse(Code::E121, fmt::format("{}: the partition dimension cannot change", method));
}

View View::slice(int dim, int64_t start, int64_t stop, int64_t step) const {
  check_dim(dim, "slice");
  const int64_t size = dims[dim].count;
  if (start < 0 || stop > size || start >= stop || step < 1)
    throw Error(Code::E120, fmt::format("slice {}:{}:{} of dimension {}", start, stop, step, dim))
        .limit(fmt::format("{}:{}", start, stop), fmt::format("0 <= start < stop <= {}", size),
               fmt::format("dimension {} of shape {}", dim, shape()));
  if (indirect == Indirect::vector && dim == 0 && (start != 0 || step != 1 || stop != size))
    refuse(Code::E121, "slice: rows that are gathered by an index tile cannot be sliced");
  if (indirect == Indirect::column && (start != 0 || step != 1 || stop != size))
    refuse(Code::E121, "slice: columns that an index tile chooses cannot be sliced");
  View v = *this;
  v.offset += start * dims[dim].step;
  v.dims[dim] = {dims[dim].step * step, (stop - start + step - 1) / step};
  return v;
}

View View::select(int dim, int64_t index) const {
  check_dim(dim, "select");
  const int64_t size = dims[dim].count;
  if (index < -size || index >= size)
    throw Error(Code::E120, fmt::format("index {} of dimension {}", index, dim))
        .limit(std::to_string(index), fmt::format("0 to {}", size - 1),
               fmt::format("dimension {} of shape {}", dim, shape()));
  if (index < 0) index += size;
  View v = slice(dim, index, index + 1, 1);
  v.dims.erase(v.dims.begin() + dim);
  return v;
}

View View::at(std::span<const Index> indices) const {
  int named = 0;
  for (const Index& i : indices)
    named += i.kind != Index::Kind::ellipsis && i.kind != Index::Kind::new_axis;
  if (named > ndim())
    refuse(Code::E120, fmt::format("{} indices for a tensor with {} dimensions", named, ndim()));
  View v = *this;
  int dim = 0;     // of v
  int source = 0;  // of *this
  bool filled = false;
  for (const Index& i : indices) {
    switch (i.kind) {
      case Index::Kind::ellipsis:
        if (!filled) {
          dim += ndim() - named;
          source += ndim() - named;
        }
        filled = true;
        break;
      case Index::Kind::new_axis: v = v.expand_dim(dim++); break;
      case Index::Kind::slice: {
        const int64_t size = v.dims[dim].count;
        const auto wrap = [size](int64_t x) { return x < 0 ? x + size : x; };
        v = v.slice(dim, i.has_start ? wrap(i.start) : 0, i.has_stop ? wrap(i.stop) : size, i.step);
        ++dim, ++source;
        break;
      }
      default:
        // On chip the partition dimension stays, with size 1.
        if (on_chip() && source == 0) {
          const int64_t at = i.start < 0 ? i.start + v.dims[dim].count : i.start;
          v = v.slice(dim, at, at + 1, 1);
          ++dim;
        } else {
          v = v.select(dim, i.start);
        }
        ++source;
    }
  }
  // On chip a result has two dimensions at least, in HBM one.
  if (on_chip() && v.ndim() < 2) v.dims.push_back({1, 1});
  if (v.dims.empty()) v.dims.push_back({1, 1});
  return v;
}

View View::select_dynamic(int dim, uint32_t reg, std::shared_ptr<const View> index) const {
  check_dim(dim, "select");
  keep_partition(dim, "select");
  if (is_indirect()) refuse(Code::E121, "select: the view has a dynamic index already");
  View v = *this;
  v.indirect = Indirect::scalar;
  v.reg = reg;
  v.index = std::move(index);
  v.scale = dims[dim].step;
  v.limit = dims[dim].count;
  v.indirect_dim = dim;
  v.dims.erase(v.dims.begin() + dim);
  return v;
}

View View::vector_select(int dim, std::shared_ptr<const View> rows) const {
  check_dim(dim, "vector_select");
  if (dim != 0) refuse(Code::E121, "vector_select: only dimension 0 can be gathered");
  if (on_chip()) refuse(Code::E121, "vector_select: only tensors in HBM can be gathered from");
  if (is_indirect()) refuse(Code::E121, "vector_select: the view has a dynamic index already");
  View v = *this;
  v.indirect = Indirect::vector;
  v.scale = dims[0].step;
  v.limit = dims[0].count;
  v.dims[0] = {0, rows->dims[0].count};
  v.index = std::move(rows);
  return v;
}

View View::indirect_columns(std::shared_ptr<const View> offsets,
                            std::optional<int64_t> count) const {
  if (!on_chip()) refuse(Code::E121, "indirect: only columns of tiles on chip can be chosen");
  if (is_indirect()) refuse(Code::E121, "indirect: the view has a dynamic index already");
  if (offsets->dims[0].count != dims[0].count)
    throw Error(Code::E121, "indirect: the index has other partitions than the tile")
        .limit(std::to_string(offsets->dims[0].count), std::to_string(dims[0].count),
               "partitions of the tile");
  Dim columns{1, 1};  // the free dimensions as one
  for (int d = ndim() - 1; d > 0; --d) {
    if (dims[d].count == 1) continue;
    if (columns.count > 1 && dims[d].step != columns.step * columns.count)
      refuse(Code::E121, "indirect: the free dimensions have no common step");
    if (columns.count == 1) columns.step = dims[d].step;
    columns.count *= dims[d].count;
  }
  const int64_t elements = count.value_or(offsets->elements());
  if (elements < 1)
    refuse(Code::E120, fmt::format("indirect: num_elem is {}, 1 or more are possible", elements));
  View v = *this;
  v.indirect = Indirect::column;
  v.indirect_dim = 1;
  v.scale = columns.step;
  v.limit = columns.count;
  v.dims = {dims[0], {0, elements}};
  v.index = std::move(offsets);
  return v;
}

View View::permute(std::span<const int64_t> order) const {
  std::vector<int64_t> sorted(order.begin(), order.end());
  std::sort(sorted.begin(), sorted.end());
  bool permutation = static_cast<int>(sorted.size()) == ndim();
  for (size_t i = 0; permutation && i < sorted.size(); ++i)
    permutation = sorted[i] == static_cast<int64_t>(i);
  if (!permutation)
    refuse(Code::E121, fmt::format("permute: ({}) is not an order of {} dimensions",
                                   fmt::join(order, ", "), ndim()));
  if (order[0] != 0) keep_partition(0, "permute");
  if (order[0] != 0 && indirect == Indirect::vector)
    refuse(Code::E121, "permute: gathered rows must stay outermost");
  View v = *this;
  for (size_t i = 0; i < order.size(); ++i) v.dims[i] = dims[order[i]];
  return v;
}

View View::broadcast(int dim, int64_t size) const {
  check_dim(dim, "broadcast");
  keep_partition(dim, "broadcast");
  if (indirect == Indirect::column)
    refuse(Code::E121, "broadcast: columns that an index tile chooses cannot be repeated");
  if (dims[dim].count != 1)
    refuse(Code::E121,
           fmt::format("broadcast: dimension {} has size {}, not 1", dim, dims[dim].count));
  View v = *this;
  v.dims[dim] = {0, size};
  return v;
}

View View::expand_dim(int dim) const {
  if (dim < 0) dim += ndim() + 1;
  if (dim < 0 || dim > ndim())
    refuse(Code::E120, fmt::format("expand_dim: position {} of {} dimensions", dim, ndim()));
  keep_partition(dim, "expand_dim");
  View v = *this;
  const int64_t step = dim < ndim() ? dims[dim].step * dims[dim].count : 1;
  v.dims.insert(v.dims.begin() + dim, {step, 1});
  return v;
}

View View::squeeze_dim(int dim) const {
  check_dim(dim, "squeeze_dim");
  keep_partition(dim, "squeeze_dim");
  if (dims[dim].count != 1)
    refuse(Code::E121,
           fmt::format("squeeze_dim: dimension {} has size {}, not 1", dim, dims[dim].count));
  View v = *this;
  v.dims.erase(v.dims.begin() + dim);
  return v;
}

View View::reshape_dim(int dim, std::vector<int64_t> shape) const {
  check_dim(dim, "reshape_dim");
  int64_t known = 1;
  int open = -1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1 && open < 0) open = static_cast<int>(i);
    else known *= shape[i];
  }
  if (open >= 0 && known > 0) shape[open] = dims[dim].count / known;
  int64_t total = 1;
  for (int64_t s : shape) total *= s;
  if (total != dims[dim].count || shape.empty())
    refuse(Code::E121, fmt::format("reshape_dim: ({}) does not divide dimension {} of size {}",
                                   fmt::join(shape, ", "), dim, dims[dim].count));
  if (shape[0] != dims[dim].count) keep_partition(dim, "reshape_dim");
  View v = *this;
  v.dims.erase(v.dims.begin() + dim);
  int64_t step = dims[dim].step;
  for (size_t i = shape.size(); i-- > 0;) {
    v.dims.insert(v.dims.begin() + dim, {step, shape[i]});
    step *= shape[i];
  }
  return v;
}

View View::flatten_dims(int first, int last) const {
  check_dim(first, "flatten_dims");
  check_dim(last, "flatten_dims");
  if (first > last) refuse(Code::E121, "flatten_dims: the first dimension comes after the last");
  if (first == last) return *this;
  keep_partition(first, "flatten_dims");
  View v = *this;
  Dim merged = dims[last];
  for (int d = last - 1; d >= first; --d) {
    if (dims[d].count != 1 && merged.count != 1 && dims[d].step != merged.step * merged.count)
      refuse(Code::E121,
             fmt::format("flatten_dims: dimensions {} and {} are not contiguous", d, d + 1));
    if (merged.count == 1) merged.step = dims[d].step;
    merged.count *= dims[d].count;
  }
  v.dims.erase(v.dims.begin() + first, v.dims.begin() + last + 1);
  v.dims.insert(v.dims.begin() + first, merged);
  return v;
}

View View::reshape(std::vector<int64_t> shape) const {
  int64_t known = 1, total = elements();
  int open = -1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1 && open < 0) open = static_cast<int>(i);
    else known *= shape[i];
  }
  if (open >= 0 && known > 0) shape[open] = total / known;
  int64_t product = 1;
  for (int64_t s : shape) product *= s;
  if (product != total)
    throw Error(Code::E121,
                fmt::format("reshape: {} elements do not make ({})", total, fmt::join(shape, ", ")))
        .limit(std::to_string(product), std::to_string(total), "the view's element count");
  const bool pinned = on_chip() || indirect == Indirect::vector;
  if (pinned && (shape.empty() || shape[0] != dims[0].count))
    refuse(Code::E121, fmt::format("reshape: the partition dimension must stay {}", dims[0].count));

  // Walk both shapes from the inside; every old dimension must be split or merged evenly.
  std::vector<Dim> result(shape.size());
  const int stop = pinned ? 1 : 0;
  std::vector<Dim> old;
  for (int d = stop; d < ndim(); ++d) {
    if (dims[d].count == 1) continue;
    if (!old.empty() && old.back().step == dims[d].step * dims[d].count)
      old.back() = {dims[d].step, old.back().count * dims[d].count};
    else old.push_back(dims[d]);
  }
  size_t o = old.size();
  int64_t left = 1, step = 1;  // of the old block being split
  for (size_t s = shape.size(); s-- > static_cast<size_t>(stop);) {
    if (shape[s] == 1) {
      result[s] = {step, 1};
      continue;
    }
    if (left == 1 && o > 0) {
      --o;
      left = old[o].count;
      step = old[o].step;
    }
    if (left % shape[s] != 0)
      refuse(Code::E121, fmt::format("reshape: ({}) cannot be had from this layout without a copy",
                                     fmt::join(shape, ", ")));
    result[s] = {step, shape[s]};
    step *= shape[s];
    left /= shape[s];
  }
  if (pinned) result[0] = dims[0];
  View v = *this;
  v.dims = std::move(result);
  return v;
}

View View::reinterpret(DType to) const {
  const auto from_size = static_cast<int64_t>(base::size_of(dtype));
  const auto to_size = static_cast<int64_t>(base::size_of(to));
  View v = *this;
  v.dtype = to;
  if (from_size == to_size) return v;
  if (is_indirect()) refuse(Code::E121, "view: a dynamic view cannot change its element size");
  Dim& last = v.dims.back();
  const auto rescale = [&](int64_t n) { return n * from_size / to_size; };
  const int64_t run = last.count * from_size;
  if ((last.count != 1 && last.step != 1) || run % to_size != 0 ||
      offset * from_size % to_size != 0)
    refuse(Code::E121, fmt::format("view: {} elements of {} do not make whole {}", last.count,
                                   base::name_of(dtype), base::name_of(to)));
  for (size_t d = 0; d + 1 < v.dims.size(); ++d) {
    if (v.dims[d].count != 1 && v.dims[d].step * from_size % to_size != 0)
      refuse(Code::E121,
             fmt::format("view: dimension {} is not aligned to {}", d, base::name_of(to)));
    v.dims[d].step = rescale(v.dims[d].step);
  }
  last = {1, rescale(last.count)};
  v.offset = rescale(offset);
  v.row_elements = rescale(row_elements);
  return v;
}

View View::ap(std::span<const Dim> pattern, std::optional<int64_t> extra, uint32_t reg,
              std::shared_ptr<const View> scalar, std::shared_ptr<const View> vector, int in_dim,
              std::optional<DType> as, int64_t tensor_bytes) const {
  if (pattern.empty() || pattern.size() > isa::kMaxDims)
    refuse(Code::E122,
           fmt::format("ap: {} entries, 1 to {} are possible", pattern.size(), isa::kMaxDims));
  if (is_indirect()) refuse(Code::E122, "ap: the view has a dynamic index already");
  View v = *this;
  if (as) {
    const auto from = static_cast<int64_t>(base::size_of(dtype));
    const auto to = static_cast<int64_t>(base::size_of(*as));
    v.dtype = *as;
    v.offset = offset * from / to;
    v.row_elements = std::max<int64_t>(1, row_elements * from / to);
  }
  v.offset += extra.value_or(0);
  v.dims.assign(pattern.begin(), pattern.end());
  for (const Dim& d : v.dims)
    if (d.count < 1) refuse(Code::E122, fmt::format("ap: a count of {}", d.count));
  if (on_chip() && v.dims[0].count > 1 && v.dims[0].step % v.row_elements != 0)
    throw Error(Code::E122, fmt::format("ap: the partition step is {}", v.dims[0].step))
        .limit(std::to_string(v.dims[0].step), std::to_string(v.row_elements),
               "elements per partition of the tensor");
  const bool dynamic_scalar = reg != kNone || scalar;
  if (dynamic_scalar || vector) {
    check_dim(in_dim, "ap");
    v.indirect = vector ? Indirect::vector : Indirect::scalar;
    v.reg = reg;
    v.index = vector ? std::move(vector) : std::move(scalar);
    v.indirect_dim = in_dim;
    v.limit = dims[in_dim].count;
    // One index is one step of that dimension, counted in elements of the pattern's type.
    v.scale = dims[in_dim].step * static_cast<int64_t>(base::size_of(dtype)) /
              static_cast<int64_t>(base::size_of(v.dtype));
    if (v.indirect == Indirect::vector) {
      if (in_dim != 0) refuse(Code::E122, "ap: vector_offset gathers dimension 0 only");
      if (v.index->elements() < v.dims[0].count)
        throw Error(Code::E122, "ap: one index per row of the pattern is needed")
            .limit(std::to_string(v.index->elements()), std::to_string(v.dims[0].count),
                   "rows of the pattern");
    }
  }
  // The static part must lie inside the tensor.
  int64_t low = v.offset, high = v.offset;
  for (size_t d = v.indirect == Indirect::vector ? 1 : 0; d < v.dims.size(); ++d) {
    const int64_t reach = v.dims[d].step * (v.dims[d].count - 1);
    (reach < 0 ? low : high) += reach;
  }
  const int64_t size = tensor_bytes / static_cast<int64_t>(base::size_of(v.dtype));
  v.unchecked = low < 0 || high >= size;
  if (!on_chip()) return v;
  // Engines address each partition on its own: a pattern cannot run on into the next one.
  int64_t first = v.offset % v.row_elements, last = first;
  for (size_t d = 1; d < v.dims.size(); ++d) {
    const int64_t reach = v.dims[d].step * (v.dims[d].count - 1);
    (reach < 0 ? first : last) += reach;
  }
  v.unchecked |= first < 0 || last >= v.row_elements;
  return v;
}

void View::append_operands(Program& program, std::vector<Operand>& out) const {
  if (ndim() > isa::kMaxDims)
    refuse(Code::E122,
           fmt::format("an operand with {} dimensions, {} are possible", ndim(), isa::kMaxDims));
  isa::Layout l;
  l.dtype = dtype;
  l.ndim = static_cast<uint8_t>(ndim());
  std::copy(dims.begin(), dims.end(), l.dims.begin());
  l.indirect = indirect;
  l.reg = reg;
  l.scale = scale;
  l.limit = limit;
  l.indirect_dim = static_cast<uint8_t>(indirect_dim);
  const size_t at = out.size();
  out.push_back({tensor, program.intern(l), offset});
  if (index) index->append_operands(program, out);
  if (unchecked) check_access(program, out[at], index ? &out[at + 1] : nullptr);
}

}  // namespace trainyard::program
