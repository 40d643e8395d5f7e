// The shape of an instance's network, from its name in machines/*.toml.
#pragma once

#include <string_view>
#include <vector>

namespace trainyard::machine {

/// {4, 4} of "torus-4x4", {4, 4, 4} of "torus-4x4x4"; empty for anything else.
std::vector<int> torus_sides(std::string_view topology);

}  // namespace trainyard::machine
