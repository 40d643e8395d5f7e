// Drawing operands and what they should have been.

#include "trainyard/isa/layout_drawing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace trainyard::isa {

using base::Code;
using base::Error;

namespace {

constexpr int kWidth = 12;  // inside of a box, in characters
constexpr int kQuadrant = 32;

int height(const Box& b) {
  return static_cast<int>(std::clamp<int64_t>((b.partitions + kQuadrant - 1) / kQuadrant, 1, 4));
}

// Line `i` of a box: the number of partitions stands left of its middle, the elements below it.
std::string line(const Box& b, int i) {
  const int rows = height(b);
  const auto edged = [](std::string_view left, std::string_view inside) {
    return fmt::format("{:>6} {:<{}}", left, inside, kWidth + 2);
  };
  if (i == 0) return edged("", b.title);
  if (i == 1 || i == rows + 2) return edged("", "+" + std::string(kWidth, '-') + "+");
  if (i == rows + 3) return edged("", fmt::format("{:^{}}", b.free, kWidth + 2));
  if (i > rows + 3) return edged("", "");
  const std::string count = i == 1 + (rows + 1) / 2 ? std::to_string(b.partitions) : "";
  return edged(count, "|" + std::string(kWidth, ' ') + "|");
}

std::string free_text(const OperandView& v) {
  std::vector<int64_t> shape = v.shape();
  shape.erase(shape.begin());
  return shape.empty() ? "1" : fmt::format("{}", fmt::join(shape, " x "));
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "[128, 1]"
std::vector<int64_t> shape_in(std::string_view text) {
  std::vector<int64_t> shape;
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return shape;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const size_t comma = std::min(text.find(", "), text.size());
    const auto size = number(text.substr(0, comma));
    if (!size) return {};
    shape.push_back(*size);
    text.remove_prefix(std::min(comma + 2, text.size()));
  }
  return shape;
}

// What the operand should have been, as far as the limit says it.
std::optional<Box> expected(const Error& e, const Box& found) {
  Box box = found;
  box.title = "fits";
  const auto limit = number(e.allowed());
  switch (e.code()) {
    case Code::E101:
    case Code::E102:
      if (!limit) return std::nullopt;
      box.partitions = *limit;
      return box;
    case Code::E103:
      if (e.message().find("per partition") == std::string::npos) return std::nullopt;
      [[fallthrough]];
    case Code::E104:
      if (!limit) return std::nullopt;
      box.free = std::to_string(*limit);
      return box;
    default: {
      std::vector<int64_t> shape = shape_in(e.allowed());
      if (shape.size() < 2) return std::nullopt;
      box.partitions = shape[0];
      shape.erase(shape.begin());
      box.free = fmt::format("{}", fmt::join(shape, " x "));
      return box;
    }
  }
}

// The slice that makes one of the operands fit, in the words of Python; empty: slicing is not
// enough. `wrong` is what the message complains about, `other` what it is compared with (or
// itself).
std::string slicing(const Error& e, const Call& call, int wrong, int other) {
  const auto name = [&](int param) { return call.spec().params[param].name; };
  const auto plain = [&](int param) { return call.operand(param).layout->ndim == 2; };
  const OperandView v = call.operand(wrong);
  if (const auto limit = number(e.allowed()); limit && e.code() == Code::E102) {
    if (v.partitions() > *limit) return fmt::format("{}[0:{}]", name(wrong), *limit);
    if (wrong != other) return fmt::format("{}[0:{}]", name(other), v.partitions());
  } else if (limit && e.code() == Code::E103 && plain(wrong) && plain(other)) {
    const int64_t found = v.free_elements();
    if (found == 1) return fmt::format("{}.broadcast(1, {})", name(wrong), *limit);
    if (found > *limit) return fmt::format("{}[:, 0:{}]", name(wrong), *limit);
    if (wrong != other && found < call.operand(other).free_elements())
      return fmt::format("{}[:, 0:{}]", name(other), found);
  }
  const std::vector<int64_t> shape = shape_in(e.allowed());
  const bool inside = shape.size() == 2 && plain(wrong) && v.partitions() >= shape[0] &&
                      v.free_elements() >= shape[1];
  if (e.code() != Code::E110 || !inside) return "";
  return fmt::format("{}[0:{}, 0:{}]", name(wrong), shape[0], shape[1]);
}

// The first two parameters with a tensor whose names are words of the message, in its order.
std::vector<int> named(const Call& call, std::string_view message) {
  std::vector<std::pair<size_t, int>> found;
  for (size_t p = 0; p < call.spec().params.size(); ++p) {
    const int param = static_cast<int>(p);
    if (!call.is_tensor(param) || call.tensor_count(param) != 1) continue;
    const std::string padded = fmt::format(" {} ", message);
    for (const char* end : {" ", "'", ","}) {
      const size_t at = padded.find(fmt::format(" {}{}", call.spec().params[p].name, end));
      if (at != padded.npos) {
        found.emplace_back(at, param);
        break;
      }
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<int> params;
  for (const auto& [at, param] : found)
    if (params.size() < 2) params.push_back(param);
  return params;
}

}  // namespace

std::vector<std::string> draw_boxes(const std::vector<Box>& boxes) {
  int lines = 0;
  for (const Box& b : boxes) lines = std::max(lines, height(b) + 4);
  std::vector<std::string> drawn(static_cast<size_t>(lines));
  for (int i = 0; i < lines; ++i) {
    std::string& text = drawn[static_cast<size_t>(i)];
    for (const Box& b : boxes) text += line(b, i);
    text.erase(text.find_last_not_of(' ') + 1);
  }
  return drawn;
}

void explain_shapes(const Call& call, Error& e) {
  using enum Code;
  const Code drawn[] = {E101, E102, E103, E104, E110};
  if (std::find(std::begin(drawn), std::end(drawn), e.code()) == std::end(drawn)) return;
  const std::vector<int> params = named(call, e.message());
  if (params.empty()) return;
  std::vector<Box> boxes;
  for (const int p : params) {
    const OperandView v = call.operand(p);
    boxes.push_back({std::string(call.spec().params[p].name), v.partitions(), free_text(v)});
  }
  const OperandView wrong = call.operand(params[0]);
  if (const auto box = expected(e, boxes[0])) boxes.push_back(*box);
  const bool on_chip = wrong.on_chip();
  e.note(fmt::format("{} down, elements of each to the right:\n    {}",
                     on_chip ? "partitions" : "rows", fmt::join(draw_boxes(boxes), "\n    ")));
  const std::string slice = slicing(e, call, params.front(), params.back());
  if (!slice.empty()) e.fix(fmt::format("{} Here: {}.", e.advice(), slice));
}

}  // namespace trainyard::isa
