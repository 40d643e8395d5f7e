// Workers run everything once, pass on exceptions, nest, and survive fork().
#include "trainyard/base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

namespace trainyard::base {
namespace {

TEST(ThreadPool, RunsEveryNumberOnce) {
  for (int threads : {1, 2, 5, 16}) {
    std::vector<std::atomic<int>> runs(threads);
    for (int round = 0; round < 50; ++round) {
      run_on_threads(threads, [&](int thread) { ++runs[thread]; });
    }
    for (const auto& count : runs) EXPECT_EQ(count, 50);
  }
}

TEST(ThreadPool, CallerIsThreadZero) {
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<int> wrong{0};
  run_on_threads(3, [&](int thread) {
    if ((std::this_thread::get_id() == caller) != (thread == 0)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadPool, RethrowsAfterAllHaveFinished) {
  for (int thrower : {0, 1, 3}) {
    std::atomic<int> finished{0};
    const auto work = [&](int thread) {
      if (thread >= thrower) throw std::runtime_error("thread " + std::to_string(thread));
      ++finished;
    };
    try {
      run_on_threads(4, work);
      FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "thread " + std::to_string(thrower));
    }
    EXPECT_EQ(finished, thrower);
  }
  std::atomic<int> runs{0};
  run_on_threads(4, [&](int) { ++runs; });  // the workers live on
  EXPECT_EQ(runs, 4);
}

TEST(ThreadPool, CallsMayNestAndComeFromSeveralThreads) {
  std::atomic<int> runs{0};
  const auto nested = [&] {
    run_on_threads(3, [&](int) { run_on_threads(2, [&](int) { ++runs; }); });
  };
  std::thread other([&] {
    for (int i = 0; i < 20; ++i) nested();
  });
  for (int i = 0; i < 20; ++i) nested();
  other.join();
  EXPECT_EQ(runs, 2 * 20 * 6);
}

TEST(ThreadPool, WorksInAForkedChild) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer refuses threads in a forked child";
#endif
  run_on_threads(3, [](int) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> runs{0};
    run_on_threads(3, [&](int) { ++runs; });
    _exit(runs == 3 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(ThreadPool, ObeysTheEnvironment) {
  setenv("TRAINYARD_THREADS", "7", 1);
  EXPECT_EQ(default_threads(), 7);
  setenv("TRAINYARD_THREADS", "none", 1);
  EXPECT_GE(default_threads(), 1);
  unsetenv("TRAINYARD_THREADS");
  EXPECT_GE(default_threads(), 1);
}

}  // namespace
}  // namespace trainyard::base
