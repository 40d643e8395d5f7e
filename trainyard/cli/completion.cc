// `trainyard completion SHELL`: a script made from the commands and options as they are declared.
// Names of machines are asked for when they are needed, so that new files complete too; so are the
// options of Python's commands, which this program does not know.
#include <memory>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/command.h"

namespace trainyard::cli {
namespace {

constexpr std::string_view kBash =
    R"sh(# trainyard completion bash: put `eval "$(trainyard completion bash)"` into ~/.bashrc
_trainyard() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{commands} --help --version" -- "$word"))
    return
  fi
  [[ $word != -* ]] || case ${{COMP_WORDS[1]}} in
{cases}  esac
  if [ "$before" = --svg ]; then
    COMPREPLY=($(compgen -f -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [ "$before" = --machine ] || [ "${{COMP_WORDS[1]}}" = machines ]; then
    COMPREPLY=($(compgen -W "$(trainyard machines --names)" -- "$word"))
  elif [ "${{COMP_WORDS[1]}}" = completion ]; then
    COMPREPLY=($(compgen -W "bash zsh fish" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _trainyard trainyard
)sh";

constexpr std::string_view kZsh =
    R"sh(#compdef trainyard
# trainyard completion zsh: put `eval "$(trainyard completion zsh)"` into ~/.zshrc, after compinit
_trainyard() {{
  local -a commands options
  commands=(
{commands}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  [[ $PREFIX != -* ]] || case ${{words[2]}} in
{cases}  esac
  if [[ ${{words[CURRENT-1]}} == --svg ]]; then
    _files
  elif [[ $PREFIX == -* ]]; then
    compadd -- $options
  elif [[ ${{words[CURRENT-1]}} == --machine || ${{words[2]}} == machines ]]; then
    compadd -- ${{(f)"$(trainyard machines --names)"}}
  elif [[ ${{words[2]}} == completion ]]; then
    compadd bash zsh fish
  else
    _files
  fi
}}
compdef _trainyard trainyard
)sh";

constexpr std::string_view kFish =
    R"sh(# trainyard completion fish: save as ~/.config/fish/completions/trainyard.fish
complete -c trainyard -n __fish_use_subcommand -f -l help
complete -c trainyard -n __fish_use_subcommand -f -l version
set -l of __fish_seen_subcommand_from
{lines}complete -c trainyard -n "$of machines" -f -a '(trainyard machines --names)'
complete -c trainyard -n "$of {machines}" -l machine -x -a '(trainyard machines --names)'
complete -c trainyard -n "$of completion" -f -a 'bash zsh fish'
)sh";

/// Prints the options that the help of a Python command lists, one a line.
std::string ask_for_options(std::string_view command) {
  return fmt::format("trainyard {} --help | sed -nE 's/^  (-., )?(--[a-z-]+).*/\\2/p'", command);
}

bool is_python(const Command& command) { return command.add == nullptr; }

/// `text` between single quotes of a POSIX shell.
std::string shell_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The same for fish, which has backslashes inside single quotes.
std::string fish_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// "--json --set ..." of one command and its parts.
std::string options_of(const CLI::App& app) {
  std::string names;
  for (const CLI::App* part : app.get_subcommands({}))
    names += (names.empty() ? "" : " ") + options_of(*part);
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names += fmt::format("{}--{}", names.empty() ? "" : " ", name);
    }
  }
  return names;
}

std::string bash_script(const CLI::App& root) {
  std::string commands, cases;
  for (const Command& command : all_commands()) {
    const std::string name(command.name);
    const std::string options = is_python(command) ? "$(" + ask_for_options(name) + ")"
                                                   : options_of(*root.get_subcommand(name));
    commands += (commands.empty() ? "" : " ") + name;
    cases += fmt::format("    {}) options=\"{}\" ;;\n", name, options);
  }
  return fmt::format(kBash, fmt::arg("commands", commands), fmt::arg("cases", cases));
}

std::string zsh_script(const CLI::App& root) {
  std::string commands, cases;
  for (const Command& command : all_commands()) {
    const std::string name(command.name);
    const std::string options = is_python(command) ? "${(f)\"$(" + ask_for_options(name) + ")\"}"
                                                   : options_of(*root.get_subcommand(name));
    commands += fmt::format("    {}\n", shell_text(fmt::format("{}:{}", name, command.summary)));
    cases += fmt::format("    {}) options=({}) ;;\n", name, options);
  }
  return fmt::format(kZsh, fmt::arg("commands", commands), fmt::arg("cases", cases));
}

std::string fish_script(const CLI::App& root) {
  std::string lines, machines;  // machines: the commands that may have --machine
  for (const Command& command : all_commands()) {
    lines += fmt::format("complete -c trainyard -n __fish_use_subcommand -f -a {} -d {}\n",
                         command.name, fish_text(command.summary));
    const CLI::App* sub = root.get_subcommand(std::string(command.name));
    if (is_python(command) || sub->get_option_no_throw("--machine") != nullptr)
      machines += fmt::format("{}{}", machines.empty() ? "" : " ", command.name);
    if (is_python(command)) {
      lines += fmt::format("complete -c trainyard -n \"$of {}\" -a \"({})\"\n", command.name,
                           ask_for_options(command.name));
      continue;
    }
    for (const CLI::Option* option : sub->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        lines += fmt::format("complete -c trainyard -n \"$of {}\" -l {} -d {}\n", command.name,
                             name, fish_text(option->get_description()));
      }
    }
  }
  return fmt::format(kFish, fmt::arg("lines", lines), fmt::arg("machines", machines));
}

}  // namespace

Action add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->type_name("");
  app.footer("Example:\n  eval \"$(trainyard completion bash)\"");
  return [shell, root = app.get_parent()] {
    const std::vector<std::pair<std::string, std::string (*)(const CLI::App&)>> scripts = {
        {"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    std::vector<std::string> names;
    for (const auto& [name, script] : scripts) {
      if (name == *shell) return fmt::print("{}", script(*root));
      names.push_back(name);
    }
    base::Error error(base::Code::E001, fmt::format("completion: no shell {}", *shell));
    const std::string near = base::did_you_mean(*shell, names);
    throw error.fix(near.empty() ? "there are bash, zsh and fish"
                                 : fmt::format("did you mean {}?", near));
  };
}

}  // namespace trainyard::cli
