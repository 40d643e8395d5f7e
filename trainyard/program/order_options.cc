// The names of scheduling and placement policies, as commands and machine files spell them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainyard/program/order.h"

namespace trainyard::program {

namespace {

int choose(std::string_view what, std::string_view name, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<int>(i);
  base::Error e(base::Code::E001, fmt::format("no {} is called {}", what, name));
  const std::string near = base::did_you_mean(name, names);
  throw e.fix(near.empty() ? fmt::format("one of: {}", fmt::join(names, ", "))
                           : fmt::format("did you mean {}?", near));
}

}  // namespace

OrderOptions order_options(const machine::Machine& machine, std::string_view schedule,
                           std::string_view place) {
  OrderOptions options;
  if (!schedule.empty())
    options.schedule =
        static_cast<SchedulePolicy>(choose("schedule", schedule, {"program", "list"}));
  if (place.empty()) place = machine.core.placement;
  if (!place.empty())
    options.place = static_cast<PlacePolicy>(choose("placement", place, {"ring", "first-fit"}));
  return options;
}

}  // namespace trainyard::program
