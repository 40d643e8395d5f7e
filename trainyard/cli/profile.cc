// `trainyard profile`: profiles of real chips. Its parts are in profile_<part>.cc.
#include "trainyard/cli/profile.h"

#include <memory>

namespace trainyard::cli {

Action add_profile(CLI::App& app) {
  auto parts = std::make_shared<std::vector<std::pair<CLI::App*, Action>>>();
  const auto add = [&](const char* name, const char* summary, Action (*part)(CLI::App&)) {
    CLI::App* sub = app.add_subcommand(name, summary);
    sub->allow_extras();
    sub->set_help_flag("-h,--help", "this page");
    parts->emplace_back(sub, part(*sub));
  };
  add("import", "read a capture: what was busy, what each opcode took", add_profile_import);
  add("compare", "time a captured kernel again and say how far off each instruction is",
      add_profile_compare);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  trainyard profile import profile.json\n"
      "  trainyard profile compare profile.json\n"
      "  trainyard profile import --help");
  return [parts] {
    for (const auto& [sub, action] : *parts)
      if (sub->parsed()) return action();
  };
}

}  // namespace trainyard::cli
