// The page that a browser shows.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "trainyard/profile/report.h"

namespace trainyard::profile {

using PutText = std::function<void(std::string_view)>;

/// HTML with everything inside: style, scripts and data. Names and sources are data: nothing in
/// them is ever taken for markup.
void write_page(const std::vector<const Report*>& kernels, const PutText& put);

}  // namespace trainyard::profile
