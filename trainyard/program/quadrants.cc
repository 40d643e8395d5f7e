// First fit in two dimensions. Only kernels that fit in no other way come here, and they have few
// tiles alive.

#include "trainyard/program/quadrants.h"

#include <algorithm>

namespace trainyard::program {

namespace {

constexpr int kQuadrants = 4;

// How many groups of 32 partitions a tile needs: 1, 2 or all.
int width_of(const isa::Tensor& t, int partitions) {
  const int group = partitions / kQuadrants;
  if (t.partitions() <= group) return 1;
  return t.partitions() <= 2 * group ? 2 : kQuadrants;
}

int64_t align(int64_t bytes) { return (bytes + 31) / 32 * 32; }

}  // namespace

Quadrants::Quadrants(const Program& program, Placement& placement)
    : program_(program), placement_(placement) {
  const machine::Memory& m = program.machine().core.memory;
  size_ = m.sbuf_partition_bytes - m.sbuf_reserved_bytes;
  // Tensors with addresses of their own keep their bytes for the whole program.
  for (TensorId id = 0; id < program.tensor_count(); ++id) {
    const isa::Tensor& t = program.tensor(id);
    if (t.buffer == isa::Buffer::sbuf && t.has_address())
      held_.push_back(
          {id, 0, kQuadrants - 1, t.address_bytes, t.address_bytes + align(t.row_bytes())});
  }
}

bool Quadrants::is_free(const Box& box) const {
  return box.end <= size_ &&
         std::ranges::none_of(held_, [&](const Box& held) { return held.meets(box); });
}

void Quadrants::take(TensorId id, const Call& birth, const std::vector<TensorId>& dying) {
  if (take_over(id, birth, dying)) return;
  const isa::Tensor& t = program_.tensor(id);
  const int width = width_of(t, program_.machine().core.partitions);
  const int64_t bytes = align(t.row_bytes());
  std::vector<int64_t> starts{0};
  for (const Box& box : held_) starts.push_back(box.end);
  std::ranges::sort(starts);
  for (const int64_t start : starts) {
    for (int first = 0; first < kQuadrants; first += width) {
      const Box box{id, first, first + width - 1, start, start + bytes};
      if (!is_free(box)) continue;
      return hold(box);
    }
  }
  throw base::Error(base::Code::E201, "tiles that lie side by side do not fit either");
}

bool Quadrants::take_over(TensorId id, const Call& birth, const std::vector<TensorId>& dying) {
  if (birth.spec().definedness != isa::Definedness::elementwise) return false;
  const Operand* written = nullptr;
  for_each_operand(birth, [&](int slot, isa::Access access) {
    if (access == isa::Access::write && birth.raw(slot).tensor == id) written = &birth.raw(slot);
  });
  if (!written) return false;
  bool taken = false;
  for_each_operand(birth, [&](int slot, isa::Access access) {
    const Operand& read = birth.raw(slot);
    // Element by element at the same places: each is read before it is written.
    const bool same = access == isa::Access::read && read.layout == written->layout &&
                      read.offset == written->offset && read.tensor != id &&
                      program_.tensor(read.tensor).row_bytes() == program_.tensor(id).row_bytes();
    if (taken || !same || !std::ranges::count(dying, read.tensor)) return;
    const auto old = std::ranges::find(held_, read.tensor, &Box::tensor);
    if (old == held_.end() || program_.tensor(read.tensor).has_address()) return;
    const Box box{id, old->first, old->last, old->start, old->end};
    give(read.tensor);
    hold(box);
    taken = true;
  });
  return taken;
}

void Quadrants::hold(const Box& box) {
  held_.push_back(box);
  placement_.address[box.tensor] = box.start;
  placement_.partition[box.tensor] =
      static_cast<uint8_t>(box.first * program_.machine().core.partitions / kQuadrants);
  for (const Box& old : previous_)
    if (old.meets(box)) placement_.evicts[box.tensor].push_back(old.tensor);
  std::erase_if(previous_, [&](const Box& old) { return box.covers(old); });
  placement_.sbuf_peak = std::max(placement_.sbuf_peak, box.end);
}

void Quadrants::give(TensorId id) {
  const auto found = std::ranges::find(held_, id, &Box::tensor);
  if (found == held_.end()) return;  // taken over
  previous_.push_back(*found);
  held_.erase(found);
}

}  // namespace trainyard::program
