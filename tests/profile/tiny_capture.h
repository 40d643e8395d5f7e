// A capture written by hand in the form of neuron-profile's: one load, two products (bf16, and
// float32 in its two halves), what reads them, one store.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace trainyard::profile {

inline std::string tiny_capture() {
  std::ifstream in(TRAINYARD_TINY_CAPTURE);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The same with the first `from` replaced.
inline std::string tiny_capture(const std::string& from, const std::string& to) {
  std::string text = tiny_capture();
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace trainyard::profile
