// The tables of one kernel's report as JSON: what programs read, and what the page shows.
#pragma once

#include <nlohmann/json.hpp>

#include "trainyard/profile/analysis.h"
#include "trainyard/profile/report.h"

namespace trainyard::profile {

nlohmann::ordered_json report_tables(const Report& report, const Analysis& analysis);

}  // namespace trainyard::profile
