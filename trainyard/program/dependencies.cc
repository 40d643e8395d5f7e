// Finds dependencies by keeping, per memory, the regions last written and who read them since.

#include "trainyard/program/dependencies.h"

#include <algorithm>

namespace trainyard::program {

using Kind = Dependence::Kind;

namespace {

constexpr int kGrid = 16;          // cells along each axis of a memory
constexpr int64_t kSmall = 16384;  // bytes below which a memory has no grid

}  // namespace

template <class Visit>
void Dependencies::for_each_cell(const Grid& g, const Region& r, Visit visit) {
  const auto clamp = [](int64_t v, int cells) {
    return static_cast<int>(std::clamp<int64_t>(v, 0, cells - 1));
  };
  const int r0 = clamp(r.row0 / g.rows_per_cell, g.row_cells);
  const int r1 = clamp((r.row1 - 1) / g.rows_per_cell, g.row_cells);
  const int b0 = clamp(r.byte0 / g.bytes_per_cell, g.byte_cells);
  const int b1 = clamp((r.byte1 - 1) / g.bytes_per_cell, g.byte_cells);
  for (int row = r0; row <= r1; ++row)
    for (int byte = b0; byte <= b1; ++byte) visit(row * g.byte_cells + byte);
}

template <class Visit>
void Dependencies::for_each_near(const Memory& m, const Region& region, Visit visit) {
  if (!m.grid) {
    for (uint32_t id = m.first; id != kNone; id = entries_[id].next) visit(id);
    return;
  }
  ++visit_;
  for_each_cell(*m.grid, region, [&](int cell) {
    for (uint32_t id : m.grid->cells[cell]) {
      if (entries_[id].seen == visit_) continue;
      entries_[id].seen = visit_;
      visit(id);
    }
  });
}

void Dependencies::set_grid(Memory& m, const isa::Tensor& t, const Frame& frame) const {
  m.known = true;
  const machine::Core& core = program_.machine().core;
  Region whole = frame.whole();
  if (t.has_address()) {
    whole.row1 = core.partitions;
    whole.byte1 = t.buffer == isa::Buffer::sbuf ? core.memory.sbuf_partition_bytes
                                                : core.memory.psum_partition_bytes;
  }
  // On-chip tiles are addressed by all their partitions at once: cells along the bytes only.
  const bool on_chip = isa::is_on_chip(t.buffer);
  const int64_t rows = on_chip ? 1 : whole.row1, bytes = whole.byte1;
  if (rows * bytes < kSmall) return;
  m.grid = std::make_unique<Grid>();
  Grid& g = *m.grid;
  g.rows_per_cell = std::max<int64_t>(1, (rows + kGrid - 1) / kGrid);
  g.bytes_per_cell = std::max<int64_t>(64, (bytes + kGrid - 1) / kGrid);
  g.row_cells = static_cast<int>((rows + g.rows_per_cell - 1) / g.rows_per_cell);
  g.byte_cells = static_cast<int>((bytes + g.bytes_per_cell - 1) / g.bytes_per_cell);
  if (on_chip) g.rows_per_cell = core.partitions;
  g.cells.resize(static_cast<size_t>(g.row_cells) * g.byte_cells);
}

void Dependencies::follow(InstructionId earlier, InstructionId i, Dependence::Kind kind,
                          std::vector<Dependence>& before) {
  if (earlier == kNone || earlier == i) return;
  if (earlier >= followed_by_.size()) followed_by_.resize(program_.size(), kNone);
  if (followed_by_[earlier] == i) return;
  followed_by_[earlier] = i;
  before.push_back({earlier, kind});
}

void Dependencies::follow_readers(const Entry& e, InstructionId i,
                                  std::vector<Dependence>& before) {
  for (uint32_t r = e.readers; r != kNone; r = readers_[r].next)
    follow(readers_[r].id, i, Kind::memory, before);
}

void Dependencies::add_reader(Entry& e, InstructionId i) {
  uint32_t r = free_reader_;
  if (r == kNone) {
    r = static_cast<uint32_t>(readers_.size());
    readers_.emplace_back();
  } else {
    free_reader_ = readers_[r].next;
  }
  readers_[r] = {i, e.readers};
  e.readers = r;
}

void Dependencies::drop_readers(Entry& e) {
  while (e.readers != kNone) {
    const uint32_t next = readers_[e.readers].next;
    readers_[e.readers].next = free_reader_;
    free_reader_ = e.readers;
    e.readers = next;
  }
}

uint32_t Dependencies::insert(Memory& m, const Region& region) {
  uint32_t id = free_entry_;
  if (id == kNone) {
    id = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_entry_ = entries_[id].next;
    entries_[id] = {};
  }
  entries_[id].region = region;
  if (m.grid) {
    for_each_cell(*m.grid, region, [&](int cell) { m.grid->cells[cell].push_back(id); });
  } else {
    entries_[id].next = m.first;
    m.first = id;
  }
  return id;
}

void Dependencies::remove(Memory& m, uint32_t id) {
  Entry& e = entries_[id];
  if (m.grid) {
    for_each_cell(*m.grid, e.region, [&](int cell) { std::erase(m.grid->cells[cell], id); });
  } else {
    uint32_t* link = &m.first;
    while (*link != id) link = &entries_[*link].next;
    *link = e.next;
  }
  drop_readers(e);
  e.next = free_entry_;
  free_entry_ = id;
}

void Dependencies::forget(TensorId id) {
  if (id >= tensors_.size()) return;
  Memory& m = tensors_[id].own;
  while (!m.grid && m.first != kNone) remove(m, m.first);
}

void Dependencies::access(Memory& m, const Region& region, isa::Access kind, InstructionId i,
                          std::vector<Dependence>& before) {
  const bool write = kind != isa::Access::read;
  uint32_t same = kNone;
  covered_.clear();
  for_each_near(m, region, [&](uint32_t id) {
    const Entry& e = entries_[id];
    if (!may_overlap(e.region, region)) return;
    follow(e.writer, i, kind == isa::Access::write ? Kind::memory : Kind::data, before);
    if (!write) {
      // A reader inside an entry is kept with it: a later write of any part will find it.
      if (e.region.covers(region)) same = id;
      return;
    }
    follow_readers(e, i, before);
    if (region.covers(e.region)) covered_.push_back(id);
  });
  if (!write) {
    if (same == kNone) same = insert(m, region);
    add_reader(entries_[same], i);
    return;
  }
  for (uint32_t id : covered_) remove(m, id);
  entries_[insert(m, region)].writer = i;
}

void Dependencies::access_whole(Entry& e, isa::Access kind, InstructionId i,
                                std::vector<Dependence>& before) {
  follow(e.writer, i, kind == isa::Access::write ? Kind::memory : Kind::data, before);
  if (kind == isa::Access::none || kind == isa::Access::read) return add_reader(e, i);
  follow_readers(e, i, before);
  drop_readers(e);
  e.writer = i;
}

void Dependencies::touch(const Operand& o, isa::Access kind, InstructionId i,
                         std::vector<Dependence>& before) {
  const isa::Tensor& t = program_.tensor(o.tensor);
  if (!t.has_address() && !t.written) return;
  if (o.tensor >= tensors_.size()) tensors_.resize(program_.tensor_count());
  TensorMemory& tensor = tensors_[o.tensor];
  if (tensor.frame.pitch == 0) tensor.frame = frame_of(t);
  Memory& m = !t.has_address() ? tensor.own : t.buffer == isa::Buffer::sbuf ? sbuf_ : psum_;
  if (!m.known) set_grid(m, t, tensor.frame);
  access(m, region_of(program_.layout(o.layout), o.offset, tensor.frame), kind, i, before);
}

void Dependencies::add(InstructionId i, std::vector<Dependence>& before) {
  const std::span<const Operand> operands = program_.operands(i);
  const std::span<const isa::Access> accesses = program_.accesses(i);
  for (const bool writes : {false, true})  // they come after all reads
    for (size_t k = 0; k < operands.size(); ++k)
      if (accesses[k] != isa::Access::none && (accesses[k] != isa::Access::read) == writes)
        touch(operands[k], accesses[k], i, before);
  const Call call = program_.call(i);
  if (program_.instruction(i).dynamic || !call.spec().register_params.empty())
    add_registers(call, i, before);
  if (call.spec().uses_generators)
    access_whole(generators_[static_cast<size_t>(call.engine())], isa::Access::update, i, before);
  if (!call.spec().accumulators) return;
  const isa::Access kind = call.spec().accumulators(call);
  if (kind != isa::Access::none)
    access_whole(accumulators_[static_cast<size_t>(call.engine())], kind, i, before);
}

void Dependencies::add_registers(const Call& call, InstructionId i,
                                 std::vector<Dependence>& before) {
  for_each_register(call, [&](uint32_t reg, isa::Access kind) {
    if (reg >= registers_.size()) registers_.resize(program_.register_count());
    access_whole(registers_[reg], kind, i, before);
  });
}

}  // namespace trainyard::program
