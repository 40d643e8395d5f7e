// Timing a traced kernel, and reading the result.

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <iterator>

#include "python/bind/bind.h"
#include "python/bind/trace.h"
#include "trainyard/base/atomic_file.h"
#include "trainyard/core/host_estimate.h"
#include "trainyard/core/make_trace.h"
#include "trainyard/core/store_check.h"
#include "trainyard/profile/perfetto.h"
#include "trainyard/profile/summary.h"

namespace trainyard::bind {

namespace {

using Profile = profile::Trace;

// One program a physical core of a logical core, timed together.
Profile time_cores(const std::vector<Trace*>& traces, const std::optional<std::string>& schedule,
                   const std::optional<std::string>& place, bool intervals) {
  if (traces.empty()) throw base::Error(base::Code::B001, "nothing to time");
  core::TimeOptions options;
  options.order = program::order_options(traces.front()->program.machine(), schedule.value_or(""),
                                         place.value_or(""));
  options.cores = traces.front()->program.cores();
  options.ranks = traces.front()->program.seat().ranks;
  const nb::gil_scoped_release release;
  std::vector<device::Group::Finding> races;
  core::Meetings meetings = core::Meetings::alone(0);
  if (const auto& team = traces.front()->team()) {
    meetings = team->group.meetings();
    races = team->find_races();
  }
  std::vector<const program::Program*> programs;
  for (Trace* trace : traces) programs.push_back(&trace->program);
  const std::vector<core::Timed> timed = core::time(programs, meetings, options);
  std::vector<Profile> cores;
  for (size_t core = 0; core < traces.size(); ++core)
    cores.push_back(core::make_trace(*programs[core], timed[core], options, intervals));
  Profile all = profile::combine(cores, static_cast<size_t>(options.cores));
  for (size_t core = 0; core < traces.size(); ++core)
    if (core::Breakpoint* stop = traces[core]->breakpoint())
      stop->place(timed[core].ordered.placement, traces[core]->values().done());
  all.sanitized = traces.front()->options().sanitize;
  for (const device::Group::Finding& race : races) {
    const profile::Source here{race.place.file, race.place.line};
    const profile::Source there{race.other.file, race.other.line};
    if (all.sanitized)
      all.sanitizer.push_back({"race", race.text, here, there, "the one core", "the other"});
    else all.findings.push_back({race.text, here});
  }
  for (size_t core = 0; all.sanitized && core < traces.size(); ++core) {
    auto found = core::check_stores(*programs[core], timed[core], traces[core]->read_by_host());
    std::ranges::move(found, std::back_inserter(all.sanitizer));
  }
  return all;
}

std::map<std::string, double> engines_of(const Profile& p) {
  std::map<std::string, double> shares{{"dma", p.dma_share()}};
  for (const profile::Lane& lane : p.lanes) shares[lane.name] = p.busy_share(lane);
  return shares;
}

nb::dict fidelity_of(const Profile& p) {
  nb::dict d;
  d["exact"] = p.fidelity.exact;
  d["order_defined"] = p.fidelity.order_defined;
  d["approximate"] = p.fidelity.approximate;
  d["approximate_functions"] = p.fidelity.approximate_functions;
  d["reached_control_flow"] = p.fidelity.reached_control_flow;
  return d;
}

void add_findings(Profile& p, const std::vector<Trace*>& traces) {
  const auto add = [&](const profile::Finding& found) {
    if (std::find(p.findings.begin(), p.findings.end(), found) == p.findings.end())
      p.findings.push_back(found);
  };
  for (const Trace* trace : traces) {
    std::ranges::for_each(trace->notes(), add);
    if (!p.sanitized) std::ranges::for_each(trace->values().findings(), add);
  }
}

// (lane, instruction, file, line, start, freed, end), times in picoseconds.
using Row = std::tuple<std::string, std::string, std::string, int, int64_t, int64_t, int64_t>;

std::vector<Row> intervals_of(const Profile& p) {
  std::vector<Row> rows(p.intervals.size());
  for (const profile::Lane& lane : p.lanes) {
    for (const uint32_t k : lane.intervals) {
      const profile::Interval& i = p.intervals[k];
      const profile::Source& s = p.sources[i.source];
      rows[k] = {lane.name, p.labels[i.label], s.file, s.line, i.start, i.freed, i.end};
    }
  }
  return rows;
}

// What the sanitiser found, once the values have run.
void add_sanitizer(Profile& p, const std::vector<Trace*>& traces) {
  for (const Trace* trace : traces) {
    if (!trace->numbers()) continue;
    const auto found = trace->numbers()->findings();
    p.sanitizer.insert(p.sanitizer.end(), found.begin(), found.end());
  }
  p.sanitizer = profile::merged(std::move(p.sanitizer));
}

// Seconds and bytes that the values still to run will take on this host.
std::pair<double, int64_t> estimate_host(const std::vector<Trace*>& traces) {
  core::HostEstimate all;
  for (const Trace* trace : traces) {
    const TraceOptions& o = trace->options();
    const core::HostEstimate one =
        core::estimate_host(trace->program, trace->values().done(), o.values.threads, o.sanitize);
    all.seconds += one.seconds;
    all.bytes += one.bytes;
  }
  return {all.seconds, all.bytes};
}

double seconds(base::Picoseconds t) { return static_cast<double>(t) * 1e-12; }

}  // namespace

void bind_profile(nb::module_& m) {
  nb::class_<Profile>(m, "Profile", "Where the simulated time of one kernel went.")
      .def_ro("kernel", &Profile::kernel)
      .def_ro("machine", &Profile::machine)
      .def_ro("machine_line", &Profile::machine_line)
      .def_ro("instructions", &Profile::instructions)
      .def_ro("span_ps", &Profile::span)
      .def_ro("low_ps", &Profile::low)
      .def_ro("high_ps", &Profile::high)
      .def_prop_ro("seconds", [](const Profile& p) { return seconds(p.span); })
      .def_prop_ro("seconds_range",
                   [](const Profile& p) { return std::pair(seconds(p.low), seconds(p.high)); })
      .def_prop_ro("engines", engines_of, "Busy share of each engine and DMA queue, and of `dma`.")
      .def_ro("hbm_bytes", &Profile::hbm_bytes)
      .def_prop_ro("hbm_gb_s", &Profile::hbm_gb_s)
      .def_prop_ro("tflops", &Profile::tflops)
      .def_prop_ro("fidelity", fidelity_of)
      .def_prop_ro("fidelity_text",
                   [](const Profile& p) { return profile::fidelity_text(p.fidelity); })
      .def_prop_ro("findings",
                   [](const Profile& p) {
                     std::vector<std::tuple<std::string, std::string, int>> list;
                     for (const profile::Finding& f : p.findings)
                       list.emplace_back(f.text, f.source.file, f.source.line);
                     return list;
                   })
      .def("add_findings", add_findings, nb::arg("traces"),
           "Adds the remarks on these traces, and what their values have shown.")
      .def("add_sanitizer", add_sanitizer, nb::arg("traces"), "Adds what --sanitize found.")
      .def_prop_ro("sanitizer_json",
                   [](const Profile& p) { return profile::sanitizer_json(p.sanitizer); })
      .def_prop_ro("intervals", intervals_of)
      .def("time_text", &profile::time_text)
      .def("to_text", &profile::summary_text)
      .def("to_json", [](const Profile& p) { return profile::summary_json(p); });
  m.def("time", time_cores, nb::arg("traces"), nb::arg("schedule") = nb::none(),
        nb::arg("place") = nb::none(), nb::arg("intervals") = false,
        "Times the finished traces of the cores of one logical core, without values.");
  m.def("host_estimate", estimate_host, nb::arg("traces"),
        "(seconds, bytes) that the values of these traces will take on this host.");
  m.def(
      "check_break", [](const std::string& text) { core::parse_break(text); }, nb::arg("text"),
      "Refuses what is no place to stop at (E001).");
  m.def(
      "write_file",
      [](const std::string& path, const std::string& text) {
        base::AtomicFile file(path);
        file.write(text);
        file.commit();
      },
      nb::arg("path"), nb::arg("text"));
  m.def(
      "write_perfetto",
      [](const std::string& path, const std::vector<const Profile*>& kernels) {
        const nb::gil_scoped_release release;
        profile::write_perfetto(path, kernels);
      },
      nb::arg("path"), nb::arg("kernels"));
}

}  // namespace trainyard::bind
