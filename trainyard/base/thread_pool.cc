// Worker threads, kept between calls. Each call borrows idle workers and makes more when there are
// too few, so that calls may nest or come from several threads at once without waiting for each
// other. Which thread runs what is fixed by the caller's `work(thread)`, never by the pool.
#include "trainyard/base/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

namespace trainyard::base {
namespace {

struct Job {
  const std::function<void(int)>* work;
  int thread;
  std::exception_ptr* error;
  std::latch* done;
};

void run_job(const Job& job) {
  try {
    (*job.work)(job.thread);
  } catch (...) { *job.error = std::current_exception(); }
}

/// A detached thread that sleeps until it is handed a job.
class Worker {
 public:
  Worker() {
    std::thread([this] { serve(); }).detach();
  }
  void hand(const Job& job) {
    job_ = job;
    has_job_.store(true, std::memory_order_release);
    has_job_.notify_one();
  }

 private:
  void serve();

  Job job_{};
  std::atomic<bool> has_job_{false};
};

/// The idle workers. Never destroyed: a worker may outlive the static objects of the program.
struct Pool {
  std::mutex mutex;
  std::vector<Worker*> idle;

  Worker* borrow() {
    {
      std::lock_guard lock(mutex);
      if (!idle.empty()) {
        Worker* worker = idle.back();
        idle.pop_back();
        return worker;
      }
    }
    return new Worker;
  }
  void give_back(Worker* worker) {
    std::lock_guard lock(mutex);
    idle.push_back(worker);
  }
};

std::atomic<Pool*> the_pool{nullptr};

/// The pool of this process. Threads do not survive fork(), so the child starts with a new one.
Pool& pool() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { the_pool.store(nullptr, std::memory_order_release); });
  (void)registered;
  Pool* current = the_pool.load(std::memory_order_acquire);
  if (!current) {
    Pool* fresh = new Pool;
    if (the_pool.compare_exchange_strong(current, fresh)) return *fresh;
    delete fresh;
  }
  return *current;
}

void Worker::serve() {
  Pool& home = pool();
  for (;;) {
    has_job_.wait(false, std::memory_order_acquire);
    has_job_.store(false, std::memory_order_relaxed);
    const Job job = job_;
    run_job(job);
    home.give_back(this);
    job.done->count_down();  // last: the caller's stack may be gone after this
  }
}

}  // namespace

int default_threads() {
  if (const char* wanted = std::getenv("TRAINYARD_THREADS")) {
    if (const int threads = std::atoi(wanted); threads > 0) return threads;
  }
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  const unsigned processors = std::thread::hardware_concurrency();
  return processors ? static_cast<int>(processors) : 1;
}

void run_on_threads(int threads, const std::function<void(int)>& work) {
  if (threads <= 1) return work(0);
  std::vector<std::exception_ptr> errors(threads);
  std::latch done(threads - 1);
  for (int thread = 1; thread < threads; ++thread) {
    pool().borrow()->hand({&work, thread, &errors[thread], &done});
  }
  run_job({&work, 0, &errors[0], nullptr});
  done.wait();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);  // the lowest thread's, so that runs agree
  }
}

}  // namespace trainyard::base
