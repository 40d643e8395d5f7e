// Files that appear whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace trainyard::base {

/// Writes beside `path` and takes its place on commit(); without one, nothing is left behind.
/// Throws E006 where the file cannot be written.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void commit();

 private:
  void flush();
  [[noreturn]] void refuse(int problem) const;

  std::string path_, temporary_, buffer_;  // temporary_: empty once there is none
  int descriptor_ = -1;
};

}  // namespace trainyard::base
