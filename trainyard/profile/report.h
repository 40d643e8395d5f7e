// The report of kernels: one page for a browser, the same as text, and as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

/// What a program would take on a changed machine, found by timing it again.
struct WhatIf {
  std::string change;  ///< "Tensor Engine at twice the clock"
  Picoseconds span = 0;
};

/// A kernel as a report tells it. Traces of real chips come without rows of `what_if`, and may
/// lack sources, arguments, tensors and who waited for whom: the report then leaves that out.
struct Report {
  Trace trace;
  std::vector<WhatIf> what_if;
};

/// What a reader is told, as tables and short series: no interval by itself. Ends with a newline.
std::string report_text(const Report& report);
/// The same for programs, `{"kernels": [...]}` of several, indented.
std::string report_json(const std::vector<const Report*>& kernels);

/// Writes the report to `path`: JSON where that ends in ".json", else a page that needs nothing
/// but a browser. Whole or not at all (E006).
void write_report(const std::string& path, const std::vector<const Report*>& kernels);

}  // namespace trainyard::profile
