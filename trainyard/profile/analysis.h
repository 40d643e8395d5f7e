// Where the time of a trace went, in tables and short series: what every form of a report shows.
#pragma once

#include <string>
#include <vector>

#include "trainyard/profile/critical_path.h"
#include "trainyard/profile/trace.h"

namespace trainyard::profile {

/// One lane that waits for what one place of the kernel does on another.
struct Stall {
  size_t lane = 0;      ///< who waits
  size_t producer = 0;  ///< the lane waited for
  uint32_t label = 0, source = 0;
  Picoseconds time = 0, critical = 0;  ///< idle because of it, and of that on the critical path
  uint64_t count = 0;
  uint32_t longest = 0;  ///< the interval that waited longest
  std::string text;      ///< "vector waits 38.0 % for the load of `w`"
  std::string advice;
};

/// A line of source.
struct LineTime {
  Source source;
  Picoseconds busy = 0, waiting = 0, critical = 0;
  uint64_t count = 0;
};

/// The instructions of one name on one lane.
struct OperationTime {
  uint32_t label = 0;
  size_t lane = 0;
  Picoseconds busy = 0, critical = 0;
  uint64_t count = 0;
};

/// Transfers of one size.
struct TransferSize {
  int64_t row_bytes = 0, bytes = 0;
  uint64_t count = 0;
  double gb_s = 0;  ///< back to back
};

/// Means over equal parts of the span.
struct Utilisation {
  std::vector<std::vector<double>> lanes;  ///< busy share
  std::vector<double> hbm_gb_s, in_flight;
  std::vector<int64_t> sbuf_bytes, psum_bytes;  ///< in use in each partition, at most; of any core
};

struct Analysis {
  std::vector<PathStep> path;
  std::vector<Picoseconds> path_by_lane;  ///< time of the path's steps
  std::vector<Stall> stalls;              ///< longest first
  std::vector<LineTime> lines;            ///< by file and line
  std::vector<OperationTime> operations;  ///< longest first
  std::vector<TransferSize> sizes;        ///< most bytes first
  Utilisation utilisation;
};

inline constexpr size_t kUtilisationParts = 240;

Analysis analyse(const Trace& trace);

/// By interval, its lane. What is on no lane gets the number of lanes.
std::vector<uint32_t> lanes_of(const Trace& trace);

/// By source: the first one of the same file and line. Calls of one line are sites of their own.
std::vector<uint32_t> places_of(const Trace& trace);

std::vector<Stall> find_stalls(const Trace& trace, const std::vector<PathStep>& path);
Utilisation utilisation_of(const Trace& trace, size_t parts);

/// Words for a stall: what waits for what, and what would help.
void explain(Stall& stall, const Trace& trace, const std::vector<const Transfer*>& transfers);

}  // namespace trainyard::profile
