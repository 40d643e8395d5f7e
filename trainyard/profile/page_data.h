// One kernel's data inside a page: tables as JSON, intervals as packed columns.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "trainyard/profile/report.h"

namespace trainyard::profile {

/// Hands over each piece by name: "tables" is JSON, the rest is what packing.h makes.
using PutPiece = std::function<void(std::string_view name, std::string_view content)>;
void page_data(const Report& report, const PutPiece& put);

}  // namespace trainyard::profile
