// A temporary file in the same folder (renaming does not cross file systems), then a rename.
#include "trainyard/cli/write_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"

namespace trainyard::cli {
namespace {

[[noreturn]] void refuse(const std::string& path, int problem) {
  throw base::Error(base::Code::E006,
                    fmt::format("cannot write {}: {}", path, std::strerror(problem)));
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

void write_file(const std::string& path, std::string_view text) {
  std::string temporary = path + ".XXXXXX";
  const int descriptor = mkstemp(temporary.data());
  if (descriptor < 0) refuse(path, errno);
  const mode_t mask = umask(0);
  umask(mask);
  bool done = write_all(descriptor, text) && fchmod(descriptor, 0666 & ~mask) == 0;
  int problem = errno;
  if (close(descriptor) != 0 && done) {
    done = false;
    problem = errno;
  }
  if (done && std::rename(temporary.c_str(), path.c_str()) == 0) return;
  if (done) problem = errno;
  unlink(temporary.c_str());
  refuse(path, problem);
}

}  // namespace trainyard::cli
