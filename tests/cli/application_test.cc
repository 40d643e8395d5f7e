// Help, versions, slips of the pen, exit statuses, completions.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/cli/run_command.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/machine/machine.h"

namespace trainyard::cli {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Help, ListsEveryCommand) {
  for (const std::vector<const char*>& words : {std::vector<const char*>{}, {"--help"}, {"-h"}}) {
    const Printed printed = run_command(words);
    EXPECT_EQ(printed.status, 0);
    for (const Command& command : all_commands()) {
      EXPECT_TRUE(has(printed.out, std::string(command.summary))) << command.name;
      EXPECT_TRUE(has(printed.out, "\n" + std::string(command.group) + "\n")) << command.group;
    }
    EXPECT_FALSE(has(printed.out, "\033")) << "colour that is not on a terminal";
  }
}

TEST(Help, OfEachCommandNamesItsOptions) {
  const Printed printed = run_command({"machines", "--help"});
  EXPECT_EQ(printed.status, 0);
  for (const char* part : {"[NAME]", "--set KEY=VALUE", "--json", "--svg FILE", "Examples:"}) {
    EXPECT_TRUE(has(printed.out, part)) << part;
  }
}

TEST(Help, LinesFitATerminal) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--help"}, {"machines", "--help"}, {"completion", "--help"}}) {
    std::istringstream lines(run_command(words).out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 100U) << line;
  }
}

TEST(Commands, PythonsAreThoseOfItsOwnList) {
  std::ifstream list(machine::machines_folder() + "/../python/trainyard/commands.list");
  std::vector<std::string> theirs, ours;
  for (std::string name; list >> name;) theirs.push_back(name);
  for (const Command& command : all_commands()) {
    if (command.add == nullptr) ours.emplace_back(command.name);
  }
  std::ranges::sort(theirs);
  std::ranges::sort(ours);
  EXPECT_EQ(ours, theirs);
}

TEST(Commands, GroupsStandTogether) {
  std::vector<std::string_view> groups;
  for (const Command& command : all_commands()) {
    if (groups.empty() || groups.back() != command.group) groups.push_back(command.group);
  }
  auto once = groups;
  std::ranges::sort(once);
  EXPECT_EQ(std::ranges::adjacent_find(once), once.end());
}

TEST(Refusal, SlipsAreNamedAndEndWithStatusTwo) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> slips{
      {{"machnes"}, "did you mean machines?"},
      {{"--versoin"}, "did you mean --version?"},
      {{"machines", "--jsn"}, "did you mean --json?"},
      {{"machines", "trn2", "--seet", "a=1"}, "did you mean --set?"},
      {{"machines", "trn2", "trn3"}, "unexpected trn3"},
      {{"machines", "trn2", "--json=3"}, "json"},
      {{"machines", "--set"}, "--set"},
      {{"machines", "--draw"}, "name it"},
      {{"machines", "trn2", "--set", "core"}, "key=value"},
      {{"completion"}, "SHELL is required"},
      {{"completion", "tcsh"}, "there are bash, zsh and fish"},
      {{"completion", "bsh"}, "did you mean bash?"},
      {{"run", "x.py", "--fast"}, "bin/trainyard run"},
      {{"zzz"}, "trainyard --help"},
      {{""}, "unknown command"},
  };
  for (const auto& [words, part] : slips) {
    const Printed printed = run_command(words);
    EXPECT_EQ(printed.status, 2) << part;
    EXPECT_TRUE(printed.err.starts_with("error E001 bad-option: ")) << printed.err;
    EXPECT_TRUE(has(printed.err, part)) << printed.err;
    EXPECT_EQ(printed.out, "");
  }
}

TEST(Refusal, OfACommandEndsWithStatusTwo) {
  EXPECT_EQ(run_command({"machines", "trn22"}).status, 2);
  EXPECT_EQ(run_command({"machines", "trn2", "--set", "core.tensor.rows=0"}).status, 2);
}

TEST(Refusal, AFullDiskIsReported) {
  std::fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  const int full = open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "no /dev/full here";
  for (const char* flag : {"--names", "--json"}) {  // one fits into the buffer, one does not
    dup2(full, STDOUT_FILENO);
    testing::internal::CaptureStderr();
    const char* words[] = {"trainyard", "machines", flag};
    const int status = run(3, words);
    const std::string text = testing::internal::GetCapturedStderr();
    dup2(before, STDOUT_FILENO);
    clearerr(stdout);
    EXPECT_EQ(status, 2) << flag;
    EXPECT_TRUE(has(text, "E006 file: cannot write the output")) << text;
  }
  close(full);
  close(before);
}

TEST(Version, IsPrinted) {
  const Printed printed = run_command({"--version"});
  EXPECT_EQ(printed.status, 0);
  EXPECT_TRUE(printed.out.starts_with("trainyard 0.")) << printed.out;
}

TEST(Style, ColoursOnlyWhereAsked) {
  EXPECT_EQ(Style(false).red("x"), "x");
  EXPECT_EQ(Style(true).red("x"), "\033[1;31mx\033[0m");
  EXPECT_EQ(padded("µs", 4), "µs  ");
  EXPECT_EQ(padded("long", 2), "long");
}

TEST(Completion, KnowsCommandsOptionsAndMachines) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Printed printed = run_command({"completion", shell});
    EXPECT_EQ(printed.status, 0);
    for (const Command& command : all_commands()) {
      EXPECT_TRUE(has(printed.out, std::string(command.name))) << shell << " " << command.name;
    }
    EXPECT_TRUE(has(printed.out, "json")) << shell;
    EXPECT_TRUE(has(printed.out, "machines --names")) << shell;
  }
}

/// What bash offers for a line, with the machines' names as the command prints them.
std::string bash_offers(const std::string& words, int current) {
  const std::string script = run_command({"completion", "bash"}).out;
  const std::string names = run_command({"machines", "--names"}).out;
  const std::string file = testing::TempDir() + "completion.bash";
  std::ofstream(file) << script << "trainyard() { cat <<'NAMES'\n"
                      << names << "NAMES\n}\n"
                      << "COMP_WORDS=(" << words << "); COMP_CWORD=" << current
                      << "; _trainyard; echo \"${COMPREPLY[@]}\"\n";
  std::FILE* pipe = popen(("bash " + file + " 2>&1").c_str(), "r");
  std::string offers;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) offers += static_cast<char>(c);
  pclose(pipe);
  std::remove(file.c_str());
  return offers;
}

TEST(Completion, WorksInBash) {
  EXPECT_EQ(bash_offers("trainyard mach", 1), "machines\n");
  EXPECT_EQ(bash_offers("trainyard machines trn2.4", 2), "trn2.48xlarge\n");
  EXPECT_EQ(bash_offers("trainyard machines --j", 2), "--json\n");
  EXPECT_EQ(bash_offers("trainyard run --machine trainium1", 3), "trainium1\n");
  EXPECT_EQ(bash_offers("trainyard completion z", 2), "zsh\n");
}

}  // namespace
}  // namespace trainyard::cli
