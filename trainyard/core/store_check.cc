// One walk through the program with a shadow of its memories. What has no exact place (dynamic
// addresses, many stripes) is taken to be well: better to miss something than to cry wolf.

#include "trainyard/core/store_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "trainyard/core/finding_list.h"
#include "trainyard/core/reloads.h"
#include "trainyard/core/shadow.h"

namespace trainyard::core {

using isa::Access;
using isa::Buffer;
using isa::Call;
using profile::SanitizerFinding;
using program::Boxes;
using program::for_each_operand;
using program::kNone;

namespace {

constexpr size_t kWritersMax = 3;  // named as neighbours

// How a write treats what is there.
enum class Mode { overwrite, add, add_where_written };

std::string tensor_text(const isa::Tensor& t) {
  return fmt::format("{}{}{} in {}", t.name.empty() ? "" : t.name + ": ", base::name_of(t.dtype),
                     t.shape, name_of(t.buffer));
}

std::string box_text(const Box& b) {
  return fmt::format("bytes {} to {} of partition{}", b.byte0, b.byte1 - 1,
                     b.row1 - b.row0 == 1 ? fmt::format(" {}", b.row0)
                                          : fmt::format("s {} to {}", b.row0, b.row1 - 1));
}

// How long a position holds its engine; for a DMA, its queue or, if that is longer, all engines.
base::Picoseconds work_of(const Timed& timed, uint32_t position) {
  const program::Step& step = timed.ordered.steps[position];
  if (step.dma == kNone) return step.busy;
  const program::DmaWork& dma = timed.ordered.dmas[step.dma];
  const double moved =
      dma.element_ps * static_cast<double>(dma.elements) / std::max(1, timed.timeline.dma_engines);
  return std::max(step.busy, static_cast<base::Picoseconds>(moved));
}

class StoreCheck {
 public:
  StoreCheck(const Program& program, const Timed& timed, const std::vector<TensorId>& read_by_host)
      : program_(program),
        findings_(program),
        shadow_(program),
        reloads_(program, timed.ordered.placement, shadow_, findings_),
        cost_(program.size()),
        last_use_(program.tensor_count()),
        ignored_(program.tensor_count()),
        used_(program.size()),
        overwriter_(program.size(), kNone) {
    const program::Ordered& o = timed.ordered;
    for (uint32_t k = 0; k < o.sequence.size(); ++k) cost_[o.sequence[k]] = work_of(timed, k);
    for (InstructionId i = 0; i < program.size(); ++i)
      for (const isa::Operand& operand : program.operands(i)) last_use_[operand.tensor] = i;
    for (TensorId id = 0; id < program.tensor_count(); ++id) {
      const isa::Tensor& t = program.tensor(id);
      // Written and read by others too.
      ignored_[id] = t.input || (t.buffer == Buffer::shared_hbm && program.cores() > 1);
    }
    for (const TensorId id : program.outputs) ignored_[id] = 1;
    for (const TensorId id : read_by_host) host_.insert(id);
  }

  std::vector<SanitizerFinding> run() {
    for (InstructionId i = 0; i < program_.size(); ++i) {
      const Call call = program_.call(i);
      const Mode mode = mode_of(call);
      reloads_.before(i, call, cost_[i]);
      for_each_operand(call, [&](int slot, Access access) {
        const bool reads = access == Access::read ||
                           (access == Access::update && call.spec().find("accumulate") < 0);
        if (reads) read(i, call, slot, access == Access::read);
      });
      for_each_operand(call, [&](int slot, Access access) {
        if (access != Access::read) write(i, call, slot, mode);
      });
      reloads_.after(i, call);
      for_each_operand(call, [&](int slot, Access) {
        const TensorId id = call.raw(slot).tensor;
        if (last_use_[id] != i) return;
        reloads_.leave(id);
        shadow_.forget(id);
      });
    }
    tell_dead();
    return findings_.take();
  }

 private:
  static Mode mode_of(const Call& call) {
    const int accumulate = call.spec().find("accumulate");
    if (accumulate < 0) return Mode::overwrite;
    if (!call.has(accumulate)) return Mode::add_where_written;
    return call.flag(accumulate) ? Mode::add : Mode::overwrite;
  }

  uint32_t site(InstructionId i) const { return program_.instruction(i).site; }
  std::string at(InstructionId i) const {
    const profile::Source s = findings_.source(site(i));
    return fmt::format("{} at {}:{}", program_.spec(i).name, s.file, s.line);
  }

  void read(InstructionId i, const Call& call, int slot, bool all) {
    const isa::OperandView v = call.view(slot);
    if (ignored_[v.id]) return;
    ShadowMemory& memory = shadow_.memory(v.id);
    const Boxes boxes = program::boxes_of(v);
    for (const Box& box : boxes.list) {
      int64_t covered = 0;
      std::vector<Cell> halves;  // sums of which a part is read
      for (Cell& cell : memory.cells) {
        if (!cell.box.meets(box)) continue;
        covered += cell.box.common(box).bytes();
        used_[cell.writer] = 1;
        if (cell.tensor != v.id && !memory.vague) check_alias(i, v, cell);
        if (cell.reader != kNone) continue;
        if (v.buffer() == Buffer::psum && cell.box.common(box) != cell.box) halves.push_back(cell);
        else cell.reader = i;
      }
      for (Cell& half : halves) {
        const Box part = half.box.common(box);
        program::cut(memory.cells, part);
        half.box = part;
        half.reader = i;
        memory.cells.push_back(half);
      }
      if (all && boxes.exact && !memory.vague && covered < box.bytes())
        tell_undefined(i, call, v, memory, box);
    }
  }

  void check_alias(InstructionId i, const isa::OperandView& v, const Cell& cell) {
    for (const Victim& victim : shadow_.victims(cell)) {
      if (victim.tensor != v.id) continue;
      findings_.add("alias", site(cell.writer), i, [&](SanitizerFinding& f) {
        f.text = fmt::format(
            "{} is read after {} at the same address was written: {} are no longer what {} wrote",
            tensor_text(*v.tensor), tensor_text(program_.tensor(cell.tensor)), box_text(cell.box),
            at(victim.writer));
        f.made_by = fmt::format("{} overwrites them", program_.spec(cell.writer).name);
        f.hurts_by = fmt::format("{} reads them", program_.spec(i).name);
      });
    }
  }

  void tell_undefined(InstructionId i, const Call& call, const isa::OperandView& v,
                      const ShadowMemory& memory, const Box& box) {
    findings_.add("uninitialised", v.tensor->site, i, [&](SanitizerFinding& f) {
      std::vector<Box> missing{box};
      std::vector<std::string> writers;
      for (const Cell& cell : memory.cells) {
        if (cell.tensor == v.id && std::ranges::find(writers, at(cell.writer)) == writers.end())
          writers.push_back(at(cell.writer));
        std::vector<Box> rest;
        for (const Box& m : missing)
          for (const Box& part : program::beside(m, cell.box)) rest.push_back(part);
        missing = std::move(rest);
      }
      int64_t bytes = 0;
      for (const Box& m : missing) bytes += m.bytes();
      if (writers.size() > kWritersMax) writers.resize(kWritersMax);
      f.text = fmt::format("{} reads {} bytes of {} that nobody wrote: {}{}", call.spec().name,
                           bytes, tensor_text(*v.tensor), box_text(missing.front()),
                           missing.size() > 1 ? ", and others" : "");
      f.made_by = writers.empty() ? "the tensor, to which nobody has written"
                                  : fmt::format("the tensor, whose other bytes are of {}",
                                                fmt::join(writers, ", "));
      f.hurts_by = fmt::format("{} reads them", call.spec().name);
    });
  }

  void write(InstructionId i, const Call& call, int slot, Mode mode) {
    const isa::OperandView v = call.view(slot);
    if (ignored_[v.id]) {
      used_[i] = 1;
      return;
    }
    ShadowMemory& memory = shadow_.memory(v.id);
    const Boxes boxes = program::boxes_of(v);
    if (!boxes.exact) {
      memory.vague = true;
      used_[i] = 1;
      for (const Cell& cell : memory.cells)
        if (cell.box.meets(boxes.list.front())) used_[cell.writer] = 1;
      return;
    }
    for (const Box& box : boxes.list) write_box(i, call, v, memory, box, mode);
  }

  void write_box(InstructionId i, const Call& call, const isa::OperandView& v, ShadowMemory& memory,
                 const Box& box, Mode mode) {
    std::vector<Cell> hit;
    for (const Cell& cell : memory.cells) {
      if (!cell.box.meets(box)) continue;
      hit.push_back(cell);
      hit.back().box = cell.box.common(box);
    }
    if (!hit.empty()) program::cut(memory.cells, box);
    const bool adds = mode == Mode::add ||
                      (mode == Mode::add_where_written &&
                       std::ranges::any_of(hit, [&](const Cell& c) { return c.tensor == v.id; }));
    Cell fresh{box, v.id, i, i};
    if (!adds) {
      for (const Cell& cell : hit) {
        if (overwriter_[cell.writer] == kNone) overwriter_[cell.writer] = i;
        if (cell.reader == kNone && is_sum(cell) && call.spec().find("accumulate") >= 0)
          fresh.lost = cell.writer;
      }
      if (v.tensor->has_address()) fresh.victims = shadow_.victims_of(hit, v.id);
      memory.cells.push_back(fresh);
      return;
    }
    std::vector<Cell> pieces{fresh};  // what is not there yet starts here
    for (Cell cell : hit) {
      program::cut(pieces, cell.box);
      used_[cell.writer] = 1;
      check_sum(i, v, cell);
      cell.writer = i;
      cell.tensor = v.id;
      cell.reader = kNone;
      pieces.push_back(cell);
    }
    memory.cells.insert(memory.cells.end(), pieces.begin(), pieces.end());
  }

  bool is_sum(const Cell& cell) const { return program_.spec(cell.writer).find("accumulate") >= 0; }

  // What a matmul adds onto.
  void check_sum(InstructionId i, const isa::OperandView& v, const Cell& cell) {
    std::string what;
    InstructionId made = cell.writer;
    if (cell.tensor != v.id)
      what = fmt::format("what another tensor, {}, left there",
                         tensor_text(program_.tensor(cell.tensor)));
    else if (!is_sum(cell) && program_.machine().core.version <= 3)
      what = fmt::format("what {} wrote, undefined up to NeuronCore-v3",
                         program_.spec(cell.writer).name);
    else if (cell.reader != kNone)
      what =
          fmt::format("sums that {} has read already: nothing starts them anew", at(cell.reader));
    else if (cell.lost != kNone && site(cell.lost) == site(i) && site(cell.start) != site(i)) {
      what = "the sums of another group, which overwrote its own before they were read";
      made = cell.start;
    }
    if (what.empty()) return;
    findings_.add("foreign-sum", site(made), i, [&](SanitizerFinding& f) {
      f.text = fmt::format("{} accumulates in {}, {}, onto {}", program_.spec(i).name,
                           tensor_text(*v.tensor), box_text(cell.box), what);
      f.made_by = fmt::format("{} wrote them", program_.spec(made).name);
      f.hurts_by =
          fmt::format("{} adds to them; accumulate=False would start", program_.spec(i).name);
    });
  }

  bool only_stores(InstructionId i, const Call& call) const {
    const isa::Spec& spec = call.spec();
    if (used_[i] || spec.meet || spec.uses_generators) return false;
    if (spec.accumulators && spec.accumulators(call) != Access::none) return false;
    bool writes = false, side_effect = false;
    program::for_each_register(call, [&](uint32_t, Access a) {
      side_effect |= a == Access::write || a == Access::update;
    });
    for_each_operand(call, [&](int slot, Access access) {
      if (access == Access::read) return;
      writes = true;
      side_effect |= host_.contains(call.raw(slot).tensor);
    });
    return writes && !side_effect;
  }

  void tell_dead() {
    for (InstructionId i = 0; i < program_.size(); ++i) {
      const Call call = program_.call(i);
      if (!only_stores(i, call)) continue;
      const InstructionId next = overwriter_[i];
      findings_.add(
          "dead-store", site(i), i,
          [&](SanitizerFinding& f) {
            std::string to;
            for_each_operand(call, [&](int slot, Access access) {
              if (access != Access::read && to.empty()) to = tensor_text(*call.view(slot).tensor);
            });
            f.text = fmt::format("{} writes {}, which nobody reads{}", call.spec().name, to,
                                 next == kNone ? "" : " before it is overwritten");
            f.made_by = fmt::format("{} writes", call.spec().name);
            f.hurts_by = next == kNone ? std::string("its time is lost")
                                       : fmt::format("{} overwrites", program_.spec(next).name);
          },
          cost_[i], next == kNone ? kNone : site(next));
    }
  }

  const Program& program_;
  FindingList findings_;
  Shadow shadow_;
  Reloads reloads_;
  std::vector<base::Picoseconds> cost_;    // by instruction
  std::vector<InstructionId> last_use_;    // by tensor
  std::vector<uint8_t> ignored_;           // by tensor: others use it as well
  std::vector<uint8_t> used_;              // by instruction: somebody reads what it wrote
  std::vector<InstructionId> overwriter_;  // by instruction: the first
  std::set<TensorId> host_;                // read by the host
};

}  // namespace

std::vector<SanitizerFinding> check_stores(const Program& program, const Timed& timed,
                                           const std::vector<TensorId>& read_by_host) {
  return StoreCheck(program, timed, read_by_host).run();
}

}  // namespace trainyard::core
