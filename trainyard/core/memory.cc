// Resolving operands to host bytes, and keeping book of what has been written.

#include "trainyard/core/memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "trainyard/base/diagnostics.h"
#include "trainyard/isa/indirection.h"

namespace trainyard::core {

using base::Code;
using base::Error;
using isa::Buffer;
using isa::DType;
using isa::Indirect;
using isa::Layout;
using isa::Tensor;

void CoreMemory::fill_fresh(Storage& fresh, DType dtype) const {
  if (program_.strictness.relaxed(Code::E210)) {
    std::memset(fresh.data(), 0, fresh.bytes());
    return;
  }
  std::byte one[4] = {};
  const size_t n = base::size_of(dtype);
  if (base::is_integer(dtype)) {
    one[0] = std::byte{4};
  } else if (!base::is_pack(dtype)) {
    base::from_fp32(dtype, std::numeric_limits<float>::quiet_NaN(), one);
  }
  // Spelled out by size: fresh tiles are large, and this loop must become vector stores.
  const auto fill = [&](auto value) {
    std::memcpy(&value, one, sizeof value);
    for (size_t i = 0; i < fresh.bytes(); i += sizeof value)
      std::memcpy(fresh.data() + i, &value, sizeof value);
  };
  if (n == 1) fill(uint8_t{});
  else if (n == 2) fill(uint16_t{});
  else fill(uint32_t{});
}

void CoreMemory::begin_window() {
  tensors_.resize(program_.tensor_count());
  for (TensorId id = seen_tensors_; id < program_.tensor_count(); ++id) {
    const Tensor& t = program_.tensor(id);
    if (!t.has_address()) continue;
    arena(t.buffer);
    if (t.buffer != Buffer::psum) continue;
    written_[id] = std::make_unique<Storage>(t.bytes(), 1);
    written_[id]->track();
  }
  seen_tensors_ = static_cast<TensorId>(program_.tensor_count());
}

void CoreMemory::bind(TensorId id, std::shared_ptr<Storage> storage) {
  if (id >= tensors_.size()) tensors_.resize(program_.tensor_count());
  tensors_[id] = std::move(storage);
}

Storage& CoreMemory::arena(Buffer buffer) {
  const machine::Core& core = program_.machine().core;
  std::unique_ptr<Storage>& arena = buffer == Buffer::sbuf ? sbuf_ : psum_;
  if (!arena) {
    const int64_t partition = buffer == Buffer::sbuf ? core.memory.sbuf_partition_bytes
                                                     : core.memory.psum_partition_bytes;
    arena = std::make_unique<Storage>(core.partitions * partition, 1);
    arena->track();
    fill_fresh(*arena, DType::fp32);
  }
  return *arena;
}

void CoreMemory::prepare(TensorId id, bool overwritten) {
  const Tensor& t = program_.tensor(id);
  if (t.has_address() || tensors_[id]) return;
  tensors_[id] = std::make_shared<Storage>(t.bytes(), static_cast<int>(base::size_of(t.dtype)));
  if (overwritten) return;
  tensors_[id]->track();
  fill_fresh(*tensors_[id], t.dtype);
}

void CoreMemory::release(TensorId id) {
  if (id < tensors_.size()) tensors_[id].reset();
}

Storage* CoreMemory::storage(TensorId id) {
  const Tensor& t = program_.tensor(id);
  if (t.has_address()) return &arena(t.buffer);
  return id < tensors_.size() ? tensors_[id].get() : nullptr;
}

// An operand as byte offsets into its storage.
struct CoreMemory::Located {
  Storage* storage;
  int64_t offset;      // bytes; -1: skipped
  int64_t pitch, row;  // bytes from partition to partition in storage, and in the tensor
};

namespace {

// Whether every element that the operand reaches at this index lies in its tensor and, on chip, in
// its partition.
bool stays_inside(const isa::OperandView& v, int64_t index) {
  const Layout& l = *v.layout;
  int64_t low = 0, high = 0, low_free = 0, high_free = 0;
  for (int d = l.indirect == Indirect::vector ? 1 : 0; d < l.ndim; ++d) {
    const int64_t reach = l.dims[d].step * (l.dims[d].count - 1);
    (reach < 0 ? low : high) += reach;
    if (d > 0) (reach < 0 ? low_free : high_free) += reach;
  }
  const int64_t start = v.offset + index * l.scale;
  const auto elements = v.tensor->bytes() / static_cast<int64_t>(base::size_of(l.dtype));
  if (start + low < 0 || start + high >= elements) return false;
  if (!v.on_chip()) return true;
  const int64_t within = start % v.row_elements();
  return within + low_free >= 0 && within + high_free < v.row_elements();
}

}  // namespace

int64_t CoreMemory::scalar_index(const Call& call, int slot, const Layout& layout) {
  if (layout.reg != program::kNone) {
    if (layout.reg >= state_.registers.size() || !state_.register_defined[layout.reg])
      throw Error(Code::E211, fmt::format("{}: a register without a value is used as an address",
                                          call.spec().name));
    return state_.registers[layout.reg];
  }
  if (undefined(call, slot + 1))
    throw Error(Code::E211, fmt::format("{}: the offset tile of {} is undefined", call.spec().name,
                                        call.view(slot).describe()));
  const Bytes index = resolve(call, slot + 1);
  uint32_t word = 0;
  isa::load_words(index, 0, &word);
  return index.dtype == DType::u32 ? int64_t{word} : int64_t{static_cast<int32_t>(word)};
}

int64_t CoreMemory::checked_index(const Call& call, int slot, int64_t index, const Layout& layout) {
  if (index >= 0 && index < layout.limit && stays_inside(call.view(slot), index)) return index;
  const int oob = call.spec().find("oob_mode");
  if (oob >= 0 && call.choice<isa::OobMode>(oob) == isa::OobMode::skip) return -1;
  const Tensor& t = program_.tensor(call.raw(slot).tensor);
  throw Error(Code::E212, fmt::format("{}: index {} is outside dimension {} of {}: {}{} in {}",
                                      call.spec().name, index, layout.indirect_dim,
                                      t.name.empty() ? "tensor" : t.name, base::name_of(t.dtype),
                                      t.shape, name_of(t.buffer)))
      .limit(std::to_string(index), fmt::format("0 to {}", layout.limit - 1),
             fmt::format("dimension {} of the tensor", layout.indirect_dim));
}

CoreMemory::Located CoreMemory::locate(const Call& call, int slot) {
  const isa::Operand& o = call.raw(slot);
  const Tensor& t = program_.tensor(o.tensor);
  const Layout& l = program_.layout(o.layout);
  const auto element = static_cast<int64_t>(base::size_of(l.dtype));
  int64_t offset = o.offset;
  if (l.indirect == Indirect::scalar) {
    const int64_t index = checked_index(call, slot, scalar_index(call, slot, l), l);
    if (index < 0) return {storage(o.tensor), -1, 0, 0};
    offset += index * l.scale;
  }
  Located at{storage(o.tensor), offset * element, t.row_bytes(), t.row_bytes()};
  if (t.has_address()) {
    at.pitch = static_cast<int64_t>(at.storage->bytes()) / program_.machine().core.partitions;
    const int64_t row = std::max<int64_t>(1, at.row);
    const int64_t partition = at.offset / row + std::max<int64_t>(0, t.address_partition);
    at.offset = partition * at.pitch + t.address_bytes + at.offset % row;
  }
  return at;
}

Bytes CoreMemory::resolve(const Call& call, int slot) {
  const isa::Operand& o = call.raw(slot);
  const Layout& l = program_.layout(o.layout);
  const Located at = locate(call, slot);
  Bytes b;
  b.dtype = l.dtype;
  b.element = static_cast<int>(base::size_of(l.dtype));
  b.ndim = l.ndim;
  for (int d = 0; d < l.ndim; ++d)
    b.dims[d] = {l.dims[d].count, static_cast<ptrdiff_t>(l.dims[d].step * b.element)};
  if (b.ndim == 1) {  // one partition row has at least one column
    b.ndim = 2;
    b.dims[1] = {1, b.element};
  }
  if (at.pitch != at.row) b.dims[0].step = b.dims[0].step / at.row * at.pitch;
  b.data = at.offset < 0 ? nullptr : at.storage->data() + at.offset;
  return b;
}

namespace {

// The values of an index tile, row by row.
std::vector<int64_t> index_words(const Bytes& index) {
  const int64_t columns = index.row_elements();
  std::vector<uint32_t> words(index.elements());
  for (int i = 0; i < index.rows(); ++i) isa::load_words(index, i, &words[i * columns]);
  std::vector<int64_t> values(words.begin(), words.end());
  if (index.dtype != DType::u32)
    std::transform(words.begin(), words.end(), values.begin(),
                   [](uint32_t word) { return int64_t{static_cast<int32_t>(word)}; });
  return values;
}

}  // namespace

std::vector<int64_t> CoreMemory::index_rows(const Call& call, int slot) {
  const Layout& l = program_.layout(call.raw(slot).layout);
  if (undefined(call, slot + 1))
    throw Error(Code::E211, fmt::format("{}: the index tile of {} is undefined", call.spec().name,
                                        call.view(slot).describe()));
  const Bytes index = resolve(call, slot + 1);
  const auto element = static_cast<int64_t>(base::size_of(l.dtype));
  const int64_t columns = index.row_elements();
  const std::vector<int64_t> words = index_words(index);
  std::vector<int64_t> rows(l.dims[0].count);
  for (size_t i = 0; i < rows.size(); ++i) {  // column by column
    const int64_t value = words[i % index.rows() * columns + i / index.rows()];
    const int64_t row = checked_index(call, slot, value, l);
    rows[i] = row < 0 ? -1 : row * l.scale * element;
  }
  return rows;
}

std::vector<int64_t> CoreMemory::columns_of(const Call& call, int slot) {
  return isa::is_indirect(call.view(slot)) ? column_offsets(call, slot) : std::vector<int64_t>{};
}

std::vector<int64_t> CoreMemory::column_offsets(const Call& call, int slot) {
  const isa::OperandView v = call.view(slot);
  if (undefined(call, slot + 1))
    throw Error(Code::E211, fmt::format("{}: the index tile of {} is undefined", call.spec().name,
                                        v.describe()));
  const Bytes index = resolve(call, slot + 1);
  const int64_t columns = index.row_elements(), group = isa::index_group(call);
  const std::vector<int64_t> words = index_words(index);
  const auto element = static_cast<int64_t>(base::size_of(v.dtype()));
  std::vector<int64_t> offsets(v.free_elements());
  for (int64_t i = 0; i < v.free_elements(); ++i) {
    const int64_t column = i / group, offset = words[i % group * columns + column];
    for (int64_t row = i % group + group; row < index.rows(); row += group)
      if (words[row * columns + column] != offset)
        throw Error(Code::K001,
                    fmt::format("{}: offset {} of {} differs between groups of {} partitions",
                                call.spec().name, i, v.describe(), group))
            .limit(fmt::format("{} and {}", offset, words[row * columns + column]),
                   "one list in every group", "nki.language.NkiTensor.indirect")
            .fix("Write the same offsets to each group of partitions of the index.");
    if (offset < 0 || offset >= v.layout->limit)
      throw Error(Code::E120, fmt::format("{}: offset {} of {}", call.spec().name, i, v.describe()))
          .limit(std::to_string(offset), fmt::format("0 to {}", v.layout->limit - 1),
                 "free elements of the view that indirect() was called on");
    offsets[i] = offset * v.layout->scale * element;
  }
  return offsets;
}

// Calls visit(storage, byte offset, byte count) for the runs of an operand, in element order, and
// skip(elements) for those that an index out of bounds leaves out.
template <class Visit, class Skip>
void CoreMemory::for_each_run(const Call& call, int slot, Visit visit, Skip skip) {
  Bytes b = resolve(call, slot);
  if (!b.data) return skip(b.elements());
  Storage& s = *storage(call.raw(slot).tensor);
  const Indirect indirect = program_.layout(call.raw(slot).layout).indirect;
  if (indirect == Indirect::column) {
    const std::vector<int64_t> columns = column_offsets(call, slot);
    for (int r = 0; r < b.rows(); ++r)
      for (const int64_t column : columns)
        visit(s, static_cast<size_t>(b.row(r) + column - s.data()), static_cast<size_t>(b.element));
    return;
  }
  const bool gathers = indirect == Indirect::vector;
  const std::vector<int64_t> rows = gathers ? index_rows(call, slot) : std::vector<int64_t>{};
  if (!gathers && b.packed())
    return visit(s, static_cast<size_t>(b.data - s.data()),
                 static_cast<size_t>(b.elements() * b.element));
  for (int r = 0; r < b.rows(); ++r) {
    if (gathers && rows[r] < 0) {
      skip(b.row_elements());
      continue;
    }
    std::byte* row = gathers ? b.data + rows[r] : b.row(r);
    isa::for_each_run(b, row, [&](std::byte* p, int64_t count, ptrdiff_t step) {
      if (step == b.element)
        return visit(s, static_cast<size_t>(p - s.data()), static_cast<size_t>(count * b.element));
      for (int64_t i = 0; i < count; ++i)
        visit(s, static_cast<size_t>(p + i * step - s.data()), static_cast<size_t>(b.element));
    });
  }
}

template <class Visit>
void CoreMemory::for_each_run(const Call& call, int slot, Visit visit) {
  for_each_run(call, slot, visit, [](int64_t) {});
}

bool CoreMemory::undefined(const Call& call, int slot) {
  if (storage(call.raw(slot).tensor)->all_defined()) return false;
  bool all = true;
  for_each_run(call, slot,
               [&](Storage& s, size_t offset, size_t n) { all &= s.defined(offset, n); });
  return !all;
}

namespace {

// The operand within its own tensor, as if the tensor started at byte 0 of memory.
Bytes within_tensor(const isa::OperandView& v) {
  Bytes b;
  b.dtype = v.dtype();
  b.element = static_cast<int>(base::size_of(v.dtype()));
  b.ndim = std::max<int>(2, v.layout->ndim);
  b.dims[1] = {1, b.element};
  for (int d = 0; d < v.layout->ndim; ++d)
    b.dims[d] = {v.layout->dims[d].count,
                 static_cast<ptrdiff_t>(v.layout->dims[d].step * b.element)};
  b.data = reinterpret_cast<std::byte*>(v.offset * b.element);
  return b;
}

// Calls visit(byte offset within the tensor, byte count) for the packed runs of an operand, or for
// its elements if they lie at `columns`.
template <class Visit>
void for_each_own_run(const isa::OperandView& v, const std::vector<int64_t>& columns, Visit visit) {
  const Bytes b = within_tensor(v);
  if (isa::is_indirect(v)) {
    for (int r = 0; r < b.rows(); ++r)
      for (const int64_t column : columns)
        visit(reinterpret_cast<size_t>(b.row(r)) + column, static_cast<size_t>(b.element));
    return;
  }
  for (int r = 0; r < b.rows(); ++r) {
    isa::for_each_run(b, b.row(r), [&](std::byte* p, int64_t count, ptrdiff_t step) {
      const auto at = reinterpret_cast<size_t>(p);
      if (step == b.element) return visit(at, static_cast<size_t>(count * b.element));
      for (int64_t i = 0; i < count; ++i) visit(at + i * step, static_cast<size_t>(b.element));
    });
  }
}

}  // namespace

void CoreMemory::define(const Call& call, int slot, bool defined) {
  const TensorId id = call.raw(slot).tensor;
  // `written_` forgets what an older tenant of the arena left behind.
  if (const auto it = written_.find(id); it != written_.end())
    for_each_own_run(call.view(slot), columns_of(call, slot),
                     [&](size_t offset, size_t n) { it->second->define(offset, n, true); });
  if (defined && storage(id)->all_defined()) return;
  for_each_run(call, slot,
               [&](Storage& s, size_t offset, size_t n) { s.define(offset, n, defined); });
}

std::vector<uint8_t> CoreMemory::written(const Call& call, int slot, bool& all) {
  const TensorId id = call.raw(slot).tensor;
  const auto it = written_.find(id);
  const isa::OperandView v = call.view(slot);
  const Storage& s = it == written_.end() ? *storage(id) : *it->second;
  all = s.all_defined();
  if (all || s.none_defined()) return {};
  bool none = true;
  all = true;
  const std::vector<int64_t> columns = columns_of(call, slot);
  for_each_own_run(v, columns, [&](size_t offset, size_t n) {
    const size_t defined = s.defined_bytes(offset, n);
    all &= defined == n;
    none &= defined == 0;
  });
  if (all || none) return {};
  std::vector<uint8_t> mask;
  const size_t element = base::size_of(v.dtype());
  for_each_own_run(v, columns, [&](size_t offset, size_t n) {
    for (size_t i = 0; i < n; i += element) mask.push_back(s.defined(offset + i, element));
  });
  return mask;
}

std::vector<uint8_t> CoreMemory::undefined_mask(const Call& call, int slot) {
  std::vector<uint8_t> mask;
  const size_t element = base::size_of(program_.layout(call.raw(slot).layout).dtype);
  for_each_run(
      call, slot,
      [&](Storage& s, size_t offset, size_t n) {
        for (size_t i = 0; i < n; i += element) mask.push_back(!s.defined(offset + i, element));
      },
      [&](int64_t skipped) { mask.insert(mask.end(), skipped, 0); });
  return mask;
}

std::vector<uint8_t> CoreMemory::skipped_mask(const Call& call, int slot) {
  const int oob = call.spec().find("oob_mode");
  if (oob < 0 || call.choice<isa::OobMode>(oob) != isa::OobMode::skip ||
      program_.layout(call.raw(slot).layout).indirect == Indirect::none)
    return {};
  std::vector<uint8_t> mask;
  bool any = false;
  const size_t element = base::size_of(program_.layout(call.raw(slot).layout).dtype);
  for_each_run(
      call, slot, [&](Storage&, size_t, size_t n) { mask.insert(mask.end(), n / element, 0); },
      [&](int64_t skipped) {
        mask.insert(mask.end(), skipped, 1);
        any = true;
      });
  return any ? mask : std::vector<uint8_t>{};
}

void CoreMemory::define_mask(const Call& call, int slot, const std::vector<uint8_t>& undefined) {
  size_t k = 0;
  const size_t element = base::size_of(program_.layout(call.raw(slot).layout).dtype);
  for_each_run(
      call, slot,
      [&](Storage& s, size_t offset, size_t n) {
        for (size_t i = 0; i < n && k < undefined.size(); i += element, ++k)
          s.define(offset + i, element, !undefined[k]);
      },
      [&](int64_t skipped) { k += skipped; });
}

void CoreMemory::note_origin(TensorId tensor, UndefinedOrigin origin) {
  const std::lock_guard lock(mutex_);
  origins_.try_emplace(tensor, origin);
}

UndefinedOrigin CoreMemory::origin(TensorId tensor) const {
  const std::lock_guard lock(mutex_);
  const auto it = origins_.find(tensor);
  return it == origins_.end() ? UndefinedOrigin{} : it->second;
}

}  // namespace trainyard::core
