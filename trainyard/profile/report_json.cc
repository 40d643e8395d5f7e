// Reports as JSON, and the choice of form by the name of the file.

#include "trainyard/base/atomic_file.h"
#include "trainyard/profile/page.h"
#include "trainyard/profile/report.h"
#include "trainyard/profile/report_tables.h"

namespace trainyard::profile {

std::string report_json(const std::vector<const Report*>& kernels) {
  using Json = nlohmann::ordered_json;
  constexpr int kIndent = 2;
  Json list = Json::array();
  for (const Report* report : kernels)
    list.push_back(report_tables(*report, analyse(report->trace)));
  const Json json = {{"kernels", std::move(list)}};
  return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_report(const std::string& path, const std::vector<const Report*>& kernels) {
  base::AtomicFile file(path);
  if (path.ends_with(".json")) file.write(report_json(kernels));
  else write_page(kernels, [&](std::string_view text) { file.write(text); });
  file.commit();
}

}  // namespace trainyard::profile
