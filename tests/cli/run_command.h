// Runs a command in the test's own process and catches what it prints.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "trainyard/cli/command.h"

namespace trainyard::cli {

struct Printed {
  int status = 0;
  std::string out, err;
};

inline Printed run_command(std::vector<const char*> words) {
  words.insert(words.begin(), "trainyard");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Printed printed;
  printed.status = run(static_cast<int>(words.size()), words.data());
  fflush(stdout);
  printed.out = testing::internal::GetCapturedStdout();
  printed.err = testing::internal::GetCapturedStderr();
  return printed;
}

}  // namespace trainyard::cli
