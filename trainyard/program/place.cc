// Placement by lifetimes: a tensor lives from its first to its last use in issue order.

#include "trainyard/program/place.h"

#include "trainyard/program/addressed.h"
#include "trainyard/program/quadrants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <list>
#include <optional>

namespace trainyard::program {

using base::Code;
using base::Error;
using isa::Buffer;

namespace {

// How long a tensor with an address of its own holds its bytes.
enum class Hold : uint8_t { always, in_use };

std::vector<Life> lives_of(const Program& program, const std::vector<InstructionId>& order) {
  std::vector<Life> lives(program.tensor_count());
  for (uint32_t k = 0; k < order.size(); ++k) {
    for (const Operand& o : program.operands(order[k])) {
      Life& life = lives[o.tensor];
      life.first = std::min(life.first, k);
      life.last = std::max(life.last, k);
    }
  }
  return lives;
}

// What a tensor with an address reads before it writes was there under another name: it is in use
// from the start. (A matmul updates PSUM, but may begin there.)
void begin_with_what_was_there(const Program& program, const std::vector<InstructionId>& order,
                               std::vector<Life>& lives) {
  for (uint32_t k = 0; k < order.size(); ++k) {
    const std::span<const isa::Access> accesses = program.accesses(order[k]);
    const std::span<const Operand> operands = program.operands(order[k]);
    for (size_t o = 0; o < operands.size(); ++o) {
      const TensorId id = operands[o].tensor;
      const isa::Tensor& t = program.tensor(id);
      const bool reads = accesses[o] == isa::Access::read ||
                         (accesses[o] == isa::Access::update && t.buffer != Buffer::psum);
      if (reads && t.has_address() && lives[id].first == k) lives[id].first = 0;
    }
  }
}

// One on-chip memory as a list of neighbouring regions, free or held.
class Arena {
 public:
  Arena(const Program& program, PlacePolicy policy, Buffer buffer, Placement& placement,
        const std::vector<Life>& lives, Hold hold, bool beyond)
      : program_(program),
        policy_(policy),
        placement_(placement),
        lives_(lives),
        psum_(buffer == Buffer::psum),
        beyond_(beyond && program.strictness.relaxed(psum_ ? Code::E202 : Code::E201)),
        held_(program.tensor_count()) {
    const machine::Memory& m = program.machine().core.memory;
    size_ = psum_ ? m.psum_partition_bytes : m.sbuf_partition_bytes - m.sbuf_reserved_bytes;
    bank_ = psum_ ? m.psum_bank_bytes : size_;
    if (hold == Hold::always) reserve_addressed(buffer);
    else remember_addressed(buffer);
    latest_ = regions_.begin();
  }

  void take(TensorId id) {
    life_ = lives_[id];
    const int64_t bytes = align(program_.tensor(id).row_bytes());
    auto found = find(bytes);
    if (found == regions_.end()) {
      join_all();
      found = find(bytes);
    }
    if (found == regions_.end()) {
      if (!beyond_) overflow(id, bytes);
      grow(bytes);
      found = find(bytes);
    }
    // Inside a free region, start at the next bank if the tile would cross one.
    const int64_t start = fit(*found, bytes);
    auto evicted = std::move(found->previous);
    if (start > found->start) {
      regions_.insert(found, {found->start, start, kNone, evicted});
      found->start = start;
    }
    if (found->end > start + bytes)
      regions_.insert(std::next(found), {start + bytes, found->end, kNone, evicted});
    found->end = start + bytes;
    found->tenant = id;
    found->previous.clear();
    held_[id] = found;
    placement_.address[id] = start;
    placement_.evicts[id] = std::move(evicted);
    addressed_.take_over(id, start, start + bytes, life_, placement_.evicts);
    cursor_ = found->end;
    latest_ = found;
    live_ += bytes;
    int64_t& peak = psum_ ? placement_.psum_peak : placement_.sbuf_peak;
    peak = std::max(peak, live_);
  }

  void give(TensorId id) {
    const auto found = held_[id];
    live_ -= found->end - found->start;
    found->tenant = kNone;
    found->previous = {id};
    merge(found);
  }

 private:
  struct Region {
    int64_t start, end;
    TensorId tenant;                 // kNone: free
    std::vector<TensorId> previous;  // who held these bytes last, by number
  };
  using Iterator = std::list<Region>::iterator;

  // Tensors with addresses of their own keep their bytes for the whole program.
  void reserve_addressed(Buffer buffer) {
    std::vector<Region> held;
    for (TensorId id = 0; id < program_.tensor_count(); ++id) {
      const isa::Tensor& t = program_.tensor(id);
      if (t.buffer == buffer && t.has_address())
        held.push_back({t.address_bytes, t.address_bytes + t.row_bytes(), id, {}});
    }
    std::sort(held.begin(), held.end(),
              [](const Region& a, const Region& b) { return a.start < b.start; });
    int64_t at = 0;
    for (const Region& h : held) {
      if (h.start > at) regions_.push_back({at, std::min(h.start, size_), kNone, {}});
      if (h.end > at) regions_.push_back({std::max(at, h.start), h.end, h.tenant, {}});
      at = std::max(at, h.end);
    }
    if (at < size_) regions_.push_back({at, size_, kNone, {}});
  }

  // They hold their bytes while they are in use only.
  void remember_addressed(Buffer buffer) {
    for (TensorId id = 0; id < program_.tensor_count(); ++id) {
      const isa::Tensor& t = program_.tensor(id);
      if (t.buffer == buffer && t.has_address() && lives_[id].first != Life::kNever)
        addressed_.add(id, t.address_bytes, t.address_bytes + t.row_bytes(), lives_[id]);
    }
    regions_.push_back({0, size_, kNone, {}});
  }

  static int64_t align(int64_t bytes) { return (bytes + 31) / 32 * 32; }

  // Where a tile of `bytes` would start in a free region, or -1.
  int64_t fit(const Region& r, int64_t bytes) const {
    int64_t start = in_banks(r.start, bytes);
    for (int64_t end = 0; start + bytes <= r.end; start = in_banks(end, bytes)) {
      end = addressed_.in_the_way(start, start + bytes, life_);
      if (end < 0) return start;
    }
    return -1;
  }

  // The first start from there on at which a tile crosses no bank that it need not cross.
  int64_t in_banks(int64_t start, int64_t bytes) const {
    if (bytes <= bank_ && start / bank_ != (start + bytes - 1) / bank_)
      start = (start / bank_ + 1) * bank_;
    if (bytes > bank_) start = (start + bank_ - 1) / bank_ * bank_;
    return start;
  }

  bool suits(Iterator r, int64_t bytes) const { return r->tenant == kNone && fit(*r, bytes) >= 0; }

  Iterator find(int64_t bytes) {
    if (policy_ != PlacePolicy::first_fit) {
      // The ring goes on from where it last placed.
      for (Iterator r = latest_; r != regions_.end(); ++r) {
        if (!suits(r, bytes)) continue;
        if (r->start >= cursor_) return r;
        if (r->end >= cursor_ + bytes && split_at(r, cursor_) && suits(std::next(r), bytes))
          return std::next(r);
      }
    }
    Iterator first = regions_.begin();
    while (first != regions_.end() && !suits(first, bytes)) ++first;
    return first;
  }

  // Cuts a free region in two at `at`, so that the ring can go on from there.
  bool split_at(Iterator r, int64_t at) {
    if (at <= r->start || at >= r->end) return false;
    regions_.insert(std::next(r), {at, r->end, kNone, r->previous});
    r->end = at;
    return true;
  }

  static void add_past(Region& region, const Region& other) {
    std::vector<TensorId> both;
    std::ranges::set_union(region.previous, other.previous, std::back_inserter(both));
    region.previous = std::move(both);
  }

  // Joins two neighbours into the second.
  void join(Iterator a, Iterator b) {
    b->start = a->start;
    add_past(*b, *a);
    if (latest_ == a) latest_ = b;
    regions_.erase(a);
  }

  // Joins a freed region with free neighbours whose last tenants it then shares.
  void merge(Iterator r) {
    // Regions with different pasts stay apart while both could serve a tile by themselves: a new
    // tenant then waits for one of them only.
    const auto small = [&](const Region& x) { return x.end - x.start < kWorthKeeping; };
    if (r != regions_.begin() && std::prev(r)->tenant == kNone &&
        (small(*r) || small(*std::prev(r))))
      join(std::prev(r), r);
    if (std::next(r) != regions_.end() && std::next(r)->tenant == kNone &&
        (small(*r) || small(*std::next(r))))
      join(r, std::next(r));
  }

  void join_all() {
    for (Iterator r = regions_.begin(); r != regions_.end() && std::next(r) != regions_.end();) {
      const Iterator next = std::next(r);
      if (r->tenant == kNone && next->tenant == kNone) join(r, next);
      r = next;
    }
  }

  // A free region of whole banks beyond the end.
  void grow(int64_t bytes) {
    const int64_t end = size_ + (bytes + bank_ - 1) / bank_ * bank_;
    regions_.push_back({size_, end, kNone, {}});
    size_ = end;
  }

  [[noreturn]] void overflow(TensorId id, int64_t bytes) {
    const isa::Tensor& t = program_.tensor(id);
    const std::string_view memory = isa::name_of(t.buffer);
    const std::string name = t.name.empty() ? "a tile" : t.name;
    Error e(psum_ ? Code::E202 : Code::E201,
            fmt::format("{} {}[{}] needs {} bytes in each partition of {}", name,
                        base::name_of(t.dtype), fmt::join(t.shape, ", "), bytes, memory));
    int64_t largest = 0, free = 0;
    std::vector<const Region*> held;
    for (const Region& r : regions_) {
      if (r.tenant != kNone) {
        held.push_back(&r);
        continue;
      }
      free += r.end - r.start;
      largest = std::max(largest, r.end - r.start);
    }
    e.limit(fmt::format("{} bytes", bytes),
            fmt::format("{} bytes ({} free in all, {} live of {})", largest, free, live_, size_),
            fmt::format("{}: core.memory.{}_partition_bytes", program_.machine().name, memory));
    std::sort(held.begin(), held.end(), [](const Region* a, const Region* b) {
      return a->end - a->start > b->end - b->start;
    });
    for (size_t k = 0; k < held.size() && k < 8; ++k) {
      const isa::Tensor& h = program_.tensor(held[k]->tenant);
      const base::Place p = program_.place(h.site);
      e.note(fmt::format("{} bytes: {}{}[{}] declared at {}:{}", held[k]->end - held[k]->start,
                         h.name.empty() ? "" : h.name + ": ", base::name_of(h.dtype),
                         fmt::join(h.shape, ", "), p.file, p.line));
    }
    if (held.size() > 8) e.note(fmt::format("and {} more", held.size() - 8));
    throw e.at(program_.place(t.site));
  }

  static constexpr int64_t kWorthKeeping = 256;
  const Program& program_;
  PlacePolicy policy_;
  Placement& placement_;
  const std::vector<Life>& lives_;
  Life life_;            // of the tile that is being placed
  Addressed addressed_;  // those that hold their bytes only while they are in use
  bool psum_, beyond_;
  int64_t size_, bank_, cursor_ = 0, live_ = 0;
  std::list<Region> regions_;
  Iterator latest_;             // where the cursor is, or before it
  std::vector<Iterator> held_;  // by tensor: its region
};

Placement place_holding(const Program& program, const std::vector<InstructionId>& order,
                        PlacePolicy policy, Hold hold, bool beyond) {
  Placement placement;
  const size_t n = program.tensor_count();
  placement.address.assign(n, -1);
  placement.evicts.resize(n);
  std::vector<Life> lives = lives_of(program, order);
  if (hold == Hold::in_use) begin_with_what_was_there(program, order, lives);
  placement.partition.resize(n);
  Arena sbuf(program, policy, Buffer::sbuf, placement, lives, hold, beyond);
  std::optional<Quadrants> quadrants;
  if (policy == PlacePolicy::quadrants) quadrants.emplace(program, placement);
  Arena psum(program, policy, Buffer::psum, placement, lives, hold, beyond);
  const auto placed = [&](const Operand& o) {
    const isa::Tensor& t = program.tensor(o.tensor);
    return isa::is_on_chip(t.buffer) && !t.has_address();
  };
  std::vector<TensorId> ending;
  for (uint32_t k = 0; k < order.size(); ++k) {
    ending.clear();
    for (const Operand& o : program.operands(order[k])) {
      if (placed(o) && lives[o.tensor].last == k &&
          std::find(ending.begin(), ending.end(), o.tensor) == ending.end())
        ending.push_back(o.tensor);
    }
    for (const Operand& o : program.operands(order[k])) {
      if (!placed(o) || lives[o.tensor].first != k || placement.address[o.tensor] >= 0) continue;
      if (program.tensor(o.tensor).buffer == Buffer::psum) psum.take(o.tensor);
      else if (quadrants) quadrants->take(o.tensor, program.call(order[k]), ending);
      else sbuf.take(o.tensor);
    }
    for (TensorId id : ending) {
      if (program.tensor(id).buffer == Buffer::psum) psum.give(id);
      else if (quadrants) quadrants->give(id);
      else sbuf.give(id);
    }
  }
  // HBM: addresses one after another, 64-byte aligned.
  for (TensorId id = 0; id < n; ++id) {
    const isa::Tensor& t = program.tensor(id);
    if (isa::is_on_chip(t.buffer)) continue;
    placement.address[id] = placement.hbm_bytes;
    placement.hbm_bytes += (t.bytes() + 63) / 64 * 64;
  }
  const int64_t hbm = program.machine().core.memory.hbm_bytes;
  if (hbm > 0 && placement.hbm_bytes > hbm)
    throw Error(Code::E203, fmt::format("the kernel's tensors need {} bytes of device memory",
                                        placement.hbm_bytes))
        .limit(std::to_string(placement.hbm_bytes), std::to_string(hbm),
               fmt::format("{}: core.memory.hbm_bytes", program.machine().name));
  return placement;
}

}  // namespace

Placement place(const Program& program, const std::vector<InstructionId>& order, PlacePolicy policy,
                bool beyond) {
  bool addressed = false;
  for (TensorId id = 0; id < program.tensor_count() && !addressed; ++id)
    addressed = isa::is_on_chip(program.tensor(id).buffer) && program.tensor(id).has_address();
  if (!addressed) return place_holding(program, order, policy, Hold::always, beyond);
  // Bytes with an address are the kernel's for good if the rest suffices.
  try {
    return place_holding(program, order, policy, Hold::always, false);
  } catch (const Error& always) {
    try {
      return place_holding(program, order, policy, Hold::in_use, beyond);
    } catch (const Error&) { throw always; }
  }
}

}  // namespace trainyard::program
