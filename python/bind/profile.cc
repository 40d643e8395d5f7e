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
#include "trainyard/core/make_report.h"
#include "trainyard/core/make_trace.h"
#include "trainyard/core/store_check.h"
#include "trainyard/profile/perfetto.h"
#include "trainyard/profile/summary.h"

namespace trainyard::bind {

namespace {

using Profile = profile::Trace;

// What is timed together: one program a physical core of each logical core.
struct Together {
  std::vector<const program::Program*> programs;
  core::Meetings meetings = core::Meetings::alone(0);
  core::TimeOptions options;
  std::vector<device::Group::Finding> races;
};

Together together(const std::vector<Trace*>& traces, const std::optional<std::string>& schedule,
                  const std::optional<std::string>& place) {
  if (traces.empty()) throw base::Error(base::Code::B001, "nothing to time");
  Together all;
  const program::Program& first = traces.front()->program;
  all.options.order =
      program::order_options(first.machine(), schedule.value_or(""), place.value_or(""));
  all.options.cores = first.cores();
  all.options.ranks = first.seat().ranks;
  if (const auto& team = traces.front()->team()) {
    all.meetings = team->group.meetings();
    all.races = team->find_races();
  }
  for (Trace* trace : traces) all.programs.push_back(&trace->program);
  return all;
}

Profile time_cores(const std::vector<Trace*>& traces, const std::optional<std::string>& schedule,
                   const std::optional<std::string>& place, bool intervals) {
  const nb::gil_scoped_release release;
  const Together all = together(traces, schedule, place);
  const std::vector<core::Timed> timed = core::time(all.programs, all.meetings, all.options);
  std::vector<Profile> cores;
  for (size_t core = 0; core < traces.size(); ++core)
    cores.push_back(core::make_trace(*all.programs[core], timed[core], all.options, intervals));
  Profile profile = profile::combine(cores, static_cast<size_t>(all.options.cores));
  for (size_t core = 0; core < traces.size(); ++core)
    if (core::Breakpoint* stop = traces[core]->breakpoint())
      stop->place(timed[core].ordered.placement, traces[core]->values().done());
  profile.sanitized = traces.front()->options().sanitize;
  for (const device::Group::Finding& race : all.races) {
    const profile::Source here{race.place.file, race.place.line};
    const profile::Source there{race.other.file, race.other.line};
    if (profile.sanitized)
      profile.sanitizer.push_back({"race", race.text, here, there, "the one core", "the other"});
    else profile.findings.push_back({race.text, here});
  }
  for (size_t core = 0; profile.sanitized && core < traces.size(); ++core) {
    auto found = core::check_stores(*all.programs[core], timed[core], traces[core]->read_by_host());
    std::ranges::move(found, std::back_inserter(profile.sanitizer));
  }
  return profile;
}

profile::Report report_on(const std::vector<Trace*>& traces, const Profile& profile,
                          const std::optional<std::string>& schedule,
                          const std::optional<std::string>& place) {
  const nb::gil_scoped_release release;
  const Together all = together(traces, schedule, place);
  profile::Report report = core::make_report(all.programs, all.meetings, all.options);
  report.trace.findings = profile.findings;
  report.trace.sanitized = profile.sanitized;
  report.trace.sanitizer = profile.sanitizer;
  return report;
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

std::map<std::string, std::tuple<double, double, double>> energy_of(const Profile& p) {
  const auto triple = [](const profile::Ranged& r) { return std::tuple(r.value, r.low, r.high); };
  std::map<std::string, std::tuple<double, double, double>> parts;
  for (const profile::EnergyPart& part : p.energy.parts) parts[part.name] = triple(part.joules);
  parts["idle"] = triple(p.energy.idle(p.span, p.low, p.high));
  parts["total"] = triple(p.joules());
  return parts;
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
      .def_prop_ro("dma_active_seconds", [](const Profile& p) { return seconds(p.dma_active()); })
      .def_prop_ro("dma_busy_seconds", [](const Profile& p) { return seconds(p.dma_busy); })
      .def_prop_ro("hbm_gb_s", &Profile::hbm_gb_s)
      .def_ro("hbm_gb_s_peak", &Profile::hbm_gb_s_peak)
      .def_prop_ro("tflops", &Profile::tflops)
      .def_ro("peak_tflops", &Profile::peak_tflops)
      .def_prop_ro("watts", &Profile::watts)
      .def_prop_ro("energy", energy_of, "Joules by part and in total: value, least, most.")
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
  nb::class_<profile::Report>(m, "Report", "A kernel as a report tells it.")
      .def("to_text", &profile::report_text)
      .def("to_json", [](const profile::Report& r) { return profile::report_json({&r}); });
  m.def("report", report_on, nb::arg("traces"), nb::arg("profile"),
        nb::arg("schedule") = nb::none(), nb::arg("place") = nb::none(),
        "Times finished traces once more for a report, in detail and on changed machines.");
  m.def(
      "write_report",
      [](const std::string& path, const std::vector<const profile::Report*>& kernels) {
        const nb::gil_scoped_release release;
        profile::write_report(path, kernels);
      },
      nb::arg("path"), nb::arg("kernels"));
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
