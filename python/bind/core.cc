// Recording what each instruction of a traced kernel writes.

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <map>

#include "python/bind/bind.h"
#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/core/recorder.h"

namespace trainyard::bind {

namespace {

void record(Trace& trace, int64_t most_bytes) {
  trace.values().record_into(std::make_shared<core::Recorder>(trace.program, most_bytes));
}

template <class T>
nb::bytes bytes_of(const std::vector<T>& items) {
  return nb::bytes(items.data(), items.size() * sizeof(T));
}

// Names and places repeat, so each is listed once; instructions refer to them by number.
nb::dict instructions_of(const Trace& trace, program::InstructionId end) {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, int>> places;
  std::map<std::string, uint32_t> name_numbers;
  std::map<uint32_t, uint32_t> place_numbers;
  std::vector<uint32_t> name_of(end), place_of(end);
  for (program::InstructionId i = 0; i < end; ++i) {
    std::string name(trace.program.spec(i).name);
    if (const auto label = trace.program.label(i); !label.empty()) name += " " + std::string(label);
    const auto [n, new_name] = name_numbers.try_emplace(name, names.size());
    if (new_name) names.push_back(name);
    name_of[i] = n->second;
    const uint32_t site = trace.program.instruction(i).site;
    const auto [p, new_place] = place_numbers.try_emplace(site, places.size());
    if (new_place) {
      const base::Place place = trace.program.place(site);
      places.emplace_back(place.file, place.line);
    }
    place_of[i] = p->second;
  }
  nb::dict d;
  d["names"] = names;
  d["places"] = places;
  d["name_of"] = bytes_of(name_of);
  d["place_of"] = bytes_of(place_of);
  return d;
}

// What was recorded, as plain Python objects; the recording ends.
nb::dict recorded(Trace& trace) {
  const std::shared_ptr<core::Recorder> recorder = trace.values().recorder();
  if (!recorder) throw base::Error(base::Code::B001, "nothing was recorded");
  trace.values().record_into(nullptr);
  nb::dict d =
      instructions_of(trace, static_cast<program::InstructionId>(recorder->checksums().size()));
  nb::list tiles;
  for (const core::RecordedTile& tile : recorder->take_tiles()) {
    nb::dict t;
    t["instruction"] = tile.instruction;
    t["operand"] = trace.program.call(tile.instruction).view(tile.slot).describe();
    t["dtype"] = std::string(base::name_of(tile.dtype));
    t["shape"] = tile.shape;
    t["bytes"] = bytes_of(tile.bytes);
    tiles.append(t);
  }
  d["checksums"] = bytes_of(recorder->checksums());
  d["tiles"] = tiles;
  return d;
}

}  // namespace

void bind_core(nb::module_& m) {
  m.def("record", record, nb::arg("trace"), nb::arg("most_bytes"),
        "Records what each instruction from here on writes: a checksum, and values that fit.");
  m.def("recorded", recorded, nb::arg("trace"));
}

}  // namespace trainyard::bind
