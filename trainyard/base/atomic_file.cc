// A temporary file in the same folder (renaming does not cross file systems), then a rename. What
// is not a regular file (a pipe, a terminal) is written to directly: there is nothing to replace.
#include "trainyard/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"

namespace trainyard::base {

namespace {
constexpr size_t kBufferBytes = 1 << 20;
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  struct stat found{};
  if (stat(path_.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);  // /dev/stdout, a pipe
  } else {
    temporary_ = path_ + ".XXXXXX";
    descriptor_ = mkostemp(temporary_.data(), O_CLOEXEC);
  }
  if (descriptor_ < 0) refuse(errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void AtomicFile::flush() {
  for (std::string_view rest = buffer_; !rest.empty();) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse(errno);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (!temporary_.empty()) {
    const mode_t mask = umask(0);  // mkstemp makes files that only their owner reads
    umask(mask);
    if (fchmod(descriptor_, 0666 & ~mask) != 0) refuse(errno);
  }
  if (close(std::exchange(descriptor_, -1)) != 0) refuse(errno);
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) refuse(errno);
  temporary_.clear();
}

void AtomicFile::refuse(int problem) const {
  throw Error(Code::E006, fmt::format("cannot write {}: {}", path_, std::strerror(problem)));
}

}  // namespace trainyard::base
