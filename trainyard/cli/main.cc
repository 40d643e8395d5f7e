// The program `trainyard`. Everything is in the library, so that tests can call it.
#include <unistd.h>

#include <csignal>

#include "trainyard/cli/command.h"

namespace {
constexpr int kInterrupted = 130;  // as shells report Ctrl-C
}

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { _exit(kInterrupted); });
  return trainyard::cli::run(argc, argv);
}
