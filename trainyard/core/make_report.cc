// Everything that a report tells of programs; whoever wants only their time pays for none of it.

#include "trainyard/core/make_report.h"

#include "trainyard/core/report_detail.h"
#include "trainyard/core/what_if.h"

namespace trainyard::core {

profile::Report make_report(const std::vector<const program::Program*>& cores,
                            const Meetings& meetings, const TimeOptions& options) {
  const std::vector<Timed> timed = time(cores, meetings, options);
  std::vector<profile::Trace> traces;
  for (size_t core = 0; core < cores.size(); ++core) {
    traces.push_back(make_trace(*cores[core], timed[core], options, true));
    add_report_detail(traces.back(), *cores[core], timed[core]);
  }
  return {profile::combine(traces, static_cast<size_t>(options.cores)),
          what_if(cores, timed, meetings, options)};
}

}  // namespace trainyard::core
