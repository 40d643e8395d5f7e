// Affine patterns: their limits and their values.

#include "trainyard/isa/affine.h"

#include <fmt/format.h>

#include <limits>

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

using base::Code;
using base::Error;

namespace {

constexpr size_t kPairsMax = 4;

void check_int32(const Call& c, int param, int64_t value) {
  using Limits = std::numeric_limits<int32_t>;
  if (value < Limits::min() || value > Limits::max())
    throw Error(Code::E111, label(c, param) + " does not fit int32")
        .limit(std::to_string(value), fmt::format("{} to {}", Limits::min(), Limits::max()),
               std::string(c.spec().name));
}

}  // namespace

void check_affine(const Call& c, int pattern, int offset, int channel_multiplier, int like) {
  const auto pairs = c.integers(pattern);
  if (pairs.empty() || pairs.size() % 2 != 0 || pairs.size() > 2 * kPairsMax)
    throw Error(Code::E111, label(c, pattern))
        .limit(fmt::format("{} numbers", pairs.size()),
               fmt::format("1 to {} pairs [step, count]", kPairsMax), std::string(c.spec().name));
  int64_t elements = 1;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    check_int32(c, pattern, pairs[i]);
    check_int32(c, pattern, pairs[i + 1]);
    if (pairs[i + 1] < 1)
      throw Error(Code::E111, label(c, pattern) + " has a count below 1")
          .limit(std::to_string(pairs[i + 1]), "1 or more", std::string(c.spec().name));
    elements *= pairs[i + 1];
    if (elements > c.operand(like).free_elements()) break;
  }
  if (elements != c.operand(like).free_elements())
    throw Error(Code::E103, label(c, pattern) + " does not make up the elements of a partition")
        .limit(std::to_string(elements), std::to_string(c.operand(like).free_elements()),
               std::string(c.spec().name))
        .note(c.operand(like).describe());
  check_int32(c, offset, c.integer(offset));
  check_int32(c, channel_multiplier, c.integer(channel_multiplier));
}

std::vector<int32_t> affine_values(const Call& c, int pattern, int offset) {
  const auto pairs = c.integers(pattern);
  size_t n = 1;
  for (size_t i = 0; i < pairs.size(); i += 2) n *= pairs[i + 1];
  std::vector<int32_t> values(n);
  values[0] = static_cast<int32_t>(c.integer(offset));
  size_t done = 1;  // from the innermost pair on, each repeats what there is, shifted
  for (size_t i = pairs.size(); i >= 2; i -= 2) {
    const auto step = static_cast<uint32_t>(pairs[i - 2]);
    const auto count = static_cast<size_t>(pairs[i - 1]);
    for (size_t k = 1; k < count; ++k) {
      const auto shift = static_cast<int32_t>(step * static_cast<uint32_t>(k));
      for (size_t e = 0; e < done; ++e) values[k * done + e] = wrapping_add(values[e], shift);
    }
    done *= count;
  }
  return values;
}

}  // namespace trainyard::isa
