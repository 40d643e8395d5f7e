// Reads "torus-AxB" and "torus-AxBxC"; sides are kept small so that their product cannot overflow.
#include "trainyard/machine/topology.h"

namespace trainyard::machine {
namespace {

constexpr std::string_view kTorus = "torus-";
constexpr int kLongestSide = 1000;
constexpr size_t kMostSides = 3;

}  // namespace

std::vector<int> torus_sides(std::string_view topology) {
  if (!topology.starts_with(kTorus)) return {};
  std::vector<int> sides{0};
  for (const char c : topology.substr(kTorus.size())) {
    if (c >= '0' && c <= '9') {
      sides.back() = sides.back() * 10 + (c - '0');
    } else if (c == 'x' && sides.back() > 0 && sides.size() < kMostSides) {
      sides.push_back(0);
    } else {
      return {};
    }
    if (sides.back() > kLongestSide) return {};
  }
  return sides.size() > 1 && sides.back() > 0 ? sides : std::vector<int>();
}

}  // namespace trainyard::machine
