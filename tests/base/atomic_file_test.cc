// Files appear whole or not at all.

#include "trainyard/base/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "trainyard/base/diagnostics.h"

namespace trainyard::base {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("atomic_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, AppearsOnCommit) {
  const fs::path path = folder_ / "file";
  const std::string long_text(3 << 20, 'x');
  AtomicFile file(path);
  file.write("first ");
  file.write(long_text);
  EXPECT_FALSE(fs::exists(path));
  file.commit();
  EXPECT_EQ(content(path), "first " + long_text);
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, WithoutCommitTheOldFileStays) {
  const fs::path path = folder_ / "file";
  std::ofstream(path) << "old";
  {
    AtomicFile file(path);
    file.write("new");
  }
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFileTest, ObeysTheUmask) {
  const mode_t before = umask(027);
  AtomicFile file(folder_ / "file");
  file.commit();
  umask(before);
  EXPECT_EQ(fs::status(folder_ / "file").permissions(), fs::perms(0640));
}

TEST_F(AtomicFileTest, PipesAreWrittenToAndStayPipes) {
  const fs::path path = folder_ / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  AtomicFile file(path);
  file.write("text");
  file.commit();
  char read_back[8] = {};
  EXPECT_EQ(read(reader, read_back, sizeof read_back), 4);
  close(reader);
  EXPECT_STREQ(read_back, "text");
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST_F(AtomicFileTest, RefusesFoldersThatAreNotThere) {
  try {
    AtomicFile file(folder_ / "missing" / "file");
    FAIL() << "not refused";
  } catch (const Error& e) { EXPECT_EQ(e.code(), Code::E006); }
}

TEST_F(AtomicFileTest, RefusesAFolder) { EXPECT_THROW(AtomicFile file(folder_), Error); }

}  // namespace
}  // namespace trainyard::base
