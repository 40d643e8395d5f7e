// The page is page/index.html with its marks replaced: style and scripts, and each kernel's data
// in elements that browsers do not run.

#include "trainyard/profile/page.h"

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/profile/page_data.h"
#include "trainyard/profile/page_files.h"
#include "trainyard/profile/summary.h"

namespace trainyard::profile {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

// JSON inside a script element: no "<" can end the element or begin a comment.
std::string without_markup(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') out += "\\u003c";
    else out += c;
  }
  return out;
}

void put_kernel(const Report& report, size_t number, const PutText& put) {
  page_data(report, [&](std::string_view name, std::string_view content) {
    const bool json = name == "tables";
    put(fmt::format("<script type=\"{}\" id=\"k{}-{}\">", json ? "application/json" : "text/plain",
                    number, name));
    put(json ? without_markup(content) : std::string(content));
    put("</script>\n");
  });
}

std::string title_of(const std::vector<const Report*>& kernels) {
  if (kernels.empty()) return "Trainyard";
  const Trace& t = kernels.front()->trace;
  return fmt::format("{} on {}", t.kernel, t.machine);
}

std::string lead_of(const std::vector<const Report*>& kernels) {
  return kernels.empty() ? "" : time_text(kernels.front()->trace);
}

}  // namespace

void write_page(const std::vector<const Report*>& kernels, const PutText& put) {
  std::string_view rest = page_file("index.html");
  constexpr std::string_view kOpen = "{{", kClose = "}}";
  while (true) {
    const size_t open = rest.find(kOpen);
    put(rest.substr(0, open));
    if (open == rest.npos) return;
    const size_t close = rest.find(kClose, open);
    const std::string_view mark = rest.substr(open + 2, close - open - 2);
    rest.remove_prefix(close + 2);
    if (mark == "title") put(escaped(title_of(kernels)));
    else if (mark == "lead") put(escaped(lead_of(kernels)));
    else if (mark == "style") put(page_file("style.css"));
    else if (mark == "chart") put(page_file("chart.min.js"));
    else if (mark == "scripts") put(page_scripts());
    else if (mark == "data")
      for (size_t k = 0; k < kernels.size(); ++k) put_kernel(*kernels[k], k, put);
    else throw base::Error(base::Code::B001, fmt::format("page mark {}", mark));
  }
}

}  // namespace trainyard::profile
