// What is in trainyard/profile/page/, compiled in.
#pragma once

#include <string_view>

namespace trainyard::profile {

/// A file by its name, such as "timeline.js".
std::string_view page_file(std::string_view name);
/// The scripts one after another, in the order in which they need each other.
std::string_view page_scripts();

}  // namespace trainyard::profile
