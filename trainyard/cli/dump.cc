// `trainyard dump`: a program's text, checked and in its one canonical form.
#include <memory>

#include <fmt/format.h>

#include "trainyard/cli/command.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/program/text.h"

namespace trainyard::cli {

Action add_dump(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  auto check = std::make_shared<bool>(false);
  app.add_option("FILE", *file, "the text of a program, or - for standard input")
      ->required()
      ->type_name("");
  app.add_flag("--check", *check, "print nothing: only refuse what is wrong with it");
  app.footer(
      "Examples:\n"
      "  trainyard run kernels.py --dump softmax.program     the text of a kernel's program\n"
      "  trainyard dump softmax.program --check");
  return [file, check] {
    const program::Program program = program::parse_program(read_file(*file), *file);
    if (!*check) fmt::print("{}", program::print_program(program));
  };
}

}  // namespace trainyard::cli
