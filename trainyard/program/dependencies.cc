// Finds dependencies by keeping, per memory, the regions last written and who read them since.

#include "trainyard/program/dependencies.h"

#include <algorithm>

namespace trainyard::program {

namespace {

constexpr int kGrid = 16;          // cells along each axis of a memory
constexpr int64_t kSmall = 16384;  // bytes below which a memory is one cell

void set_grid(int64_t rows, int64_t bytes, int64_t& per_row, int64_t& per_byte, int& row_cells,
              int& byte_cells) {
  if (rows * bytes < kSmall) return;
  per_row = std::max<int64_t>(1, (rows + kGrid - 1) / kGrid);
  per_byte = std::max<int64_t>(64, (bytes + kGrid - 1) / kGrid);
  row_cells = static_cast<int>((rows + per_row - 1) / per_row);
  byte_cells = static_cast<int>((bytes + per_byte - 1) / per_byte);
}

}  // namespace

template <class Visit>
void Dependencies::for_each_cell(const Memory& m, const Region& r, Visit visit) {
  const auto clamp = [](int64_t v, int cells) {
    return static_cast<int>(std::clamp<int64_t>(v, 0, cells - 1));
  };
  const int r0 = clamp(r.row0 / m.rows_per_cell, m.row_cells);
  const int r1 = clamp((r.row1 - 1) / m.rows_per_cell, m.row_cells);
  const int b0 = clamp(r.byte0 / m.bytes_per_cell, m.byte_cells);
  const int b1 = clamp((r.byte1 - 1) / m.bytes_per_cell, m.byte_cells);
  for (int row = r0; row <= r1; ++row)
    for (int byte = b0; byte <= b1; ++byte) visit(row * m.byte_cells + byte);
}

Dependencies::Memory& Dependencies::memory_of(TensorId id) {
  const isa::Tensor& t = program_.tensor(id);
  Memory* m = nullptr;
  int64_t rows, bytes;
  if (t.has_address()) {
    const machine::Memory& sizes = program_.machine().core.memory;
    m = t.buffer == isa::Buffer::sbuf ? &sbuf_ : &psum_;
    rows = program_.machine().core.partitions;
    bytes = t.buffer == isa::Buffer::sbuf ? sizes.sbuf_partition_bytes : sizes.psum_partition_bytes;
  } else {
    if (id >= tensors_.size()) tensors_.resize(program_.tensor_count());
    m = &tensors_[id];
    const Region whole = region_of(t);
    rows = whole.row1;
    bytes = whole.byte1;
  }
  if (m->cells.empty()) {
    // On-chip tiles are addressed by all their partitions at once: cells along the bytes only.
    if (isa::is_on_chip(t.buffer)) rows = 1;
    set_grid(rows, bytes, m->rows_per_cell, m->bytes_per_cell, m->row_cells, m->byte_cells);
    if (isa::is_on_chip(t.buffer)) m->rows_per_cell = program_.machine().core.partitions;
    m->cells.resize(static_cast<size_t>(m->row_cells) * m->byte_cells);
  }
  return *m;
}

void Dependencies::follow(InstructionId earlier, InstructionId i, bool data,
                          std::vector<Dependence>& before) {
  if (earlier == kNone || earlier == i) return;
  if (earlier >= followed_by_.size()) followed_by_.resize(program_.size(), kNone);
  if (followed_by_[earlier] == i) return;
  followed_by_[earlier] = i;
  before.push_back({earlier, data});
}

uint32_t Dependencies::insert(Memory& m, const Region& region) {
  uint32_t id;
  if (m.free.empty()) {
    id = static_cast<uint32_t>(m.entries.size());
    m.entries.emplace_back();
    m.seen.push_back(0);
  } else {
    id = m.free.back();
    m.free.pop_back();
    m.entries[id].readers.clear();
    m.entries[id].writer = kNone;
  }
  m.entries[id].region = region;
  for_each_cell(m, region, [&](int cell) { m.cells[cell].push_back(id); });
  return id;
}

void Dependencies::access(Memory& m, const Region& region, isa::Access kind, InstructionId i,
                          std::vector<Dependence>& before) {
  ++visit_;
  const bool write = kind != isa::Access::read;
  uint32_t same = kNone;
  std::vector<uint32_t> covered;
  for_each_cell(m, region, [&](int cell) {
    for (uint32_t id : m.cells[cell]) {
      if (m.seen[id] == visit_) continue;
      m.seen[id] = visit_;
      Entry& e = m.entries[id];
      if (!may_overlap(e.region, region)) continue;
      follow(e.writer, i, kind != isa::Access::write, before);
      if (!write) {
        // A reader inside an entry is kept with it: a later write of any part will find it.
        if (e.region.covers(region)) same = id;
        continue;
      }
      for (InstructionId reader : e.readers) follow(reader, i, false, before);
      if (region.covers(e.region)) covered.push_back(id);
    }
  });
  if (!write) {
    if (same == kNone) same = insert(m, region);
    m.entries[same].readers.push_back(i);
    return;
  }
  for (uint32_t id : covered) {
    for_each_cell(m, m.entries[id].region, [&](int cell) { std::erase(m.cells[cell], id); });
    m.free.push_back(id);
  }
  m.entries[insert(m, region)].writer = i;
}

void Dependencies::add(InstructionId i, std::vector<Dependence>& before) {
  const Call call = program_.call(i);
  for (const bool writes : {false, true}) {
    for_each_operand(call, [&](int slot, isa::Access access_kind) {
      if ((access_kind != isa::Access::read) != writes) return;
      const isa::OperandView v = call.view(slot);
      access(memory_of(v.id), region_of(v), access_kind, i, before);
    });
  }
  const auto whole = [&](Entry& e, isa::Access kind) {
    const bool reads = kind == isa::Access::none || kind == isa::Access::read;
    follow(e.writer, i, kind != isa::Access::write, before);
    if (reads) {
      e.readers.push_back(i);
      return;
    }
    for (InstructionId reader : e.readers) follow(reader, i, false, before);
    e.readers.clear();
    e.writer = i;
  };
  for_each_register(call, [&](uint32_t reg, isa::Access kind) {
    if (reg >= registers_.size()) registers_.resize(program_.register_count());
    whole(registers_[reg], kind);
  });
  if (!call.spec().accumulators) return;
  const isa::Access kind = call.spec().accumulators(call);
  if (kind != isa::Access::none) whole(accumulators_[static_cast<size_t>(call.engine())], kind);
}

void Dependencies::last_accesses(TensorId tensor, std::vector<InstructionId>& out) const {
  if (tensor >= tensors_.size()) return;
  for (const auto& cell : tensors_[tensor].cells) {
    for (uint32_t id : cell) {
      const Entry& e = tensors_[tensor].entries[id];
      if (e.writer != kNone) out.push_back(e.writer);
      out.insert(out.end(), e.readers.begin(), e.readers.end());
    }
  }
}

}  // namespace trainyard::program
