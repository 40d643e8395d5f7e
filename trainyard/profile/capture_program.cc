// Operands that share bytes become views of one tensor, at the address where the capture has it.

#include "trainyard/profile/capture_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "trainyard/profile/capture_statements.h"

namespace trainyard::profile {

namespace {

using Memory = Extent::Memory;

constexpr int64_t kAlignment = 4;  // of a tensor's bytes, so that any type may lie in it

// Bytes that no operand straddles the end of.
struct Region {
  Memory memory;
  int table;
  int64_t begin, end;  // bytes; on chip of each partition
  bool read_first = false, read = false, written = false;
  int64_t bytes() const { return end - begin; }
};

class Regions {
 public:
  explicit Regions(const machine::Machine& machine) : machine_(machine) {}

  void add(const Extent& e) {
    const int64_t unit =
        e.memory == Memory::psum ? machine_.core.memory.psum_bank_bytes : kAlignment;
    const int64_t begin = e.address / unit * unit;
    const int64_t end = (e.address + e.bytes() + unit - 1) / unit * unit;
    all_.push_back({e.memory, e.table, begin, end});
  }
  /// Those that overlap become one.
  void merge() {
    std::ranges::sort(all_, {},
                      [](const Region& r) { return std::tuple(r.memory, r.table, r.begin); });
    std::vector<Region> merged;
    for (const Region& r : all_) {
      Region* last = merged.empty() ? nullptr : &merged.back();
      if (last && last->memory == r.memory && last->table == r.table && r.begin < last->end)
        last->end = std::max(last->end, r.end);
      else merged.push_back(r);
    }
    all_ = std::move(merged);
  }
  size_t index_of(const Extent& e) const {
    const auto after = std::ranges::upper_bound(
        all_, std::tuple(e.memory, e.table, e.address), {},
        [](const Region& r) { return std::tuple(r.memory, r.table, r.begin); });
    return static_cast<size_t>(after - all_.begin()) - 1;
  }
  std::vector<Region>& all() { return all_; }

 private:
  const machine::Machine& machine_;
  std::vector<Region> all_;
};

std::string declaration(size_t i, const Region& r, const machine::Machine& machine) {
  if (r.memory == Memory::hbm)
    return fmt::format("t{}: uint8[{}] shared_hbm{}\n", i, r.bytes(), r.read_first ? " input" : "");
  return fmt::format("t{}: uint8[{}, {}] {} at=(0, {})\n", i, machine.core.partitions, r.bytes(),
                     r.memory == Memory::sbuf ? "sbuf" : "psum", r.begin);
}

std::string access(size_t i, const Region& r, const Extent& e) {
  const int64_t size = e.element_bytes(), pitch = r.bytes() / size;
  const int64_t within = (e.address - r.begin) / size;
  const bool on_chip = e.memory != Memory::hbm;
  std::string dims = on_chip ? fmt::format("[{}, {}]", pitch, e.partitions) : std::string();
  const std::vector<Stride> free = e.dims.empty() ? std::vector<Stride>{{1, 1}} : e.dims;
  for (const Stride& d : free)
    dims += fmt::format("{}[{}, {}]", dims.empty() ? "" : ", ", d.step, d.count);
  return fmt::format("t{}@{}[{}]:{}", i, on_chip ? e.partition * pitch + within : within, dims,
                     base::name_of(e.dtype));
}

// A name that needs no care in quotes.
std::string plain(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  return name;
}

// What an instruction of the runtime waited for holds up the kernel's next one on that engine.
std::map<uint32_t, std::set<uint32_t>> waits_of(const CapturedCore& core) {
  std::map<uint32_t, std::set<uint32_t>> waits;
  const auto engine = [](const CapturedInstruction& in) {
    return in.lane == CaptureLane::tensor_load ? CaptureLane::tensor : in.lane;
  };
  for (uint32_t k = 0; k < core.instructions.size(); ++k) {
    const CapturedInstruction& in = core.instructions[k];
    if (in.after.empty()) continue;
    uint32_t holds = k;
    if (is_runtime(in)) {
      // Sequencers run ahead of their engines: the next one is by its place, not by time.
      const auto next = std::find_if(core.instructions.begin() + k, core.instructions.end(),
                                     [&](const CapturedInstruction& other) {
                                       return engine(other) == engine(in) && other.pc > in.pc &&
                                              !is_runtime(other);
                                     });
      if (next == core.instructions.end()) continue;
      holds = static_cast<uint32_t>(next - core.instructions.begin());
    }
    waits[holds].insert(in.after.begin(), in.after.end());
  }
  return waits;
}

// "after=[%1, %2]", of the statements that these wait for.
std::string edges_text(const Statement& s, size_t place,
                       const std::map<uint32_t, std::set<uint32_t>>& waits,
                       const std::map<uint32_t, size_t>& places) {
  std::set<size_t> before;
  for (const uint32_t k : s.captured) {
    const auto found = waits.find(k);
    if (found == waits.end()) continue;
    for (const uint32_t producer : found->second) {
      const auto at = places.find(producer);
      if (at != places.end() && at->second < place) before.insert(at->second);
    }
  }
  if (before.empty()) return "";
  std::vector<std::string> list;
  for (const size_t p : before) list.push_back(fmt::format("%{}", p));
  return fmt::format(" after=[{}]", fmt::join(list, ", "));
}

}  // namespace

CaptureProgram program_of(const Capture& capture, const CapturedCore& core,
                          const machine::Machine& machine) {
  CaptureProgram program;
  const std::vector<Statement> statements = statements_of(core, program.left_out);
  Regions regions(machine);
  for (const Statement& s : statements)
    for (const auto& [parameter, extent] : s.tensors) regions.add(extent);
  regions.merge();

  std::map<uint32_t, size_t> places;
  for (size_t place = 0; place < statements.size(); ++place)
    for (const uint32_t k : statements[place].captured) places[k] = place;
  const auto waits = waits_of(core);
  std::string body;
  for (size_t place = 0; place < statements.size(); ++place) {
    const Statement& s = statements[place];
    body += fmt::format("%{}: {}", place, s.name);
    for (size_t t = 0; t < s.tensors.size(); ++t) {
      const auto& [parameter, extent] = s.tensors[t];
      const size_t i = regions.index_of(extent);
      Region& r = regions.all()[i];
      body += fmt::format(" {}={}", parameter, access(i, r, extent));
      (t == 0 ? r.written : r.read) = true;
      r.read_first |= t > 0 && !r.written;
    }
    body += s.arguments + edges_text(s, place, waits, places) + "\n";
    program.captured.push_back(s.captured);
  }

  std::vector<std::string> inputs, outputs;
  std::string declarations;
  for (size_t i = 0; i < regions.all().size(); ++i) {
    const Region& r = regions.all()[i];
    declarations += declaration(i, r, machine);
    if (r.memory != Memory::hbm) continue;
    if (r.read_first) inputs.push_back(fmt::format("t{}", i));
    if (r.written && !r.read) outputs.push_back(fmt::format("t{}", i));
  }
  program.text = fmt::format("program \"{}\" machine=\"{}\" core=0\n{}", plain(capture.kernel),
                             machine.name, declarations);
  if (!inputs.empty()) program.text += fmt::format("inputs {}\n", fmt::join(inputs, ", "));
  if (!outputs.empty()) program.text += fmt::format("outputs {}\n", fmt::join(outputs, ", "));
  program.text += body;
  return program;
}

}  // namespace trainyard::profile
