// A kernel being traced: the program it appends to, the values that run behind it, and the Python
// objects that both keep alive.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "python/bind/team.h"
#include "trainyard/core/breakpoint.h"
#include "trainyard/core/number_watch.h"
#include "trainyard/core/values.h"
#include "trainyard/program/psum_starts.h"
#include "trainyard/program/view.h"

namespace trainyard::bind {

namespace nb = nanobind;
using program::TensorId;
using program::View;

/// Source places as (code object, instruction offset); lines are looked up only for messages.
class Sites {
 public:
  ~Sites();
  /// The innermost frame outside this package.
  uint32_t here();
  base::Place place(uint32_t site) const;
  /// Files of this package and of Python's library are never the user's place.
  static void set_folders(std::string package, std::string library);

 private:
  struct Key {
    PyCodeObject* code;
    int offset;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& k) const {
      return reinterpret_cast<size_t>(k.code) * 31 + static_cast<size_t>(k.offset);
    }
  };
  bool internal(PyCodeObject* code);

  std::unordered_map<Key, uint32_t, Hash> index_;
  std::vector<Key> keys_;
  std::unordered_map<PyCodeObject*, bool> internal_;
};

/// The user's place in the frames of this thread, for errors outside any trace.
base::Place place_of_caller();
/// Whether the innermost Python frame of this thread is not one of this package.
bool called_by_user();

struct TraceOptions {
  core::ValueOptions values;
  bool eager = false;                ///< flush after every instruction
  bool time_only = false;            ///< never run values
  bool sanitize = false;             ///< look for what spoils values or wastes time
  std::string break_at;              ///< where values stop, as --break says; empty: nowhere
  double timeout_s = 0;              ///< host seconds for tracing and values together; 0: none
  int nki = 0;                       ///< the rules of NKI 0.`nki` hold; 0: of no certain version
  std::vector<std::string> relaxed;  ///< rules that are remarks
};

class Trace : public std::enable_shared_from_this<Trace> {
 public:
  /// `team`: of all cores that run the kernel, if there are several.
  Trace(std::shared_ptr<const machine::Machine> machine, std::string name, const isa::Seat& seat,
        std::shared_ptr<Team> team, TraceOptions options);
  ~Trace();
  Trace(const Trace&) = delete;

  static Trace* current();   ///< of this thread, or null
  static Trace& required();  ///< E305 outside a kernel
  static void set_current(Trace* trace);

  const uint64_t serial;  ///< tells traces of this process apart
  program::Program program;
  Sites sites;
  bool has_grid = false;  ///< launched as kernel[n](…)
  /// Python's judge of names and parameters if a version of NKI was chosen, else null.
  nb::object judge;
  /// Called now and then with the share of the values that have run; or null.
  nb::object progress;

  /// A remark that is no error, kept once a place; without a place, at the user's line.
  void note(const std::string& text, base::Place place = {});
  const std::vector<profile::Finding>& notes() const { return notes_; }

  /// nl.no_reorder blocks: within the outermost one each instruction waits for the one before.
  void enter_fixed_order();
  void leave_fixed_order();
  bool in_fixed_order() const { return fixed_depth_ > 0; }

  /// Declares a tensor. The n-th tensor that each core of a logical core declares in shared HBM is
  /// one tensor.
  TensorId declare(isa::Tensor tensor);
  /// An array of the caller's, or data that comes with the program; `owner` keeps it alive.
  TensorId add_input(isa::Tensor tensor, const std::byte* data, nb::object owner);
  TensorId add_constant(isa::Tensor tensor, const std::byte* data, nb::object owner);

  /// Runs the values of everything traced so far.
  void flush();
  /// The kernel's Python has ended: runs the rest of its values.
  void finish_tracing();
  /// Refuses outputs that hold undefined data; after finish_tracing() of every core.
  void finish_values();
  /// Null: nobody asked for it.
  const core::NumberWatch* numbers() const { return numbers_.get(); }
  core::Breakpoint* breakpoint() const { return breakpoint_.get(); }
  const core::Values& values() const { return values_; }
  core::Values& values() { return values_; }
  const TraceOptions& options() const { return options_; }
  void after_instruction(const isa::Call& call) {
    if (psum_starts_.add(call)) note_foreign_start();
    if (team_ && team_->baton.cancelled()) stop();
    if (options_.eager) flush();
    if (options_.timeout_s > 0 && program.size() % 256 == 0) check_deadline();
  }
  /// Throws E008 when the run has taken longer than it may.
  void check_deadline() const;

  const std::shared_ptr<Team>& team() const { return team_; }
  /// By tensor: whether it must outlive its last use, because Python may still ask for it.
  std::vector<uint8_t> kept() const;

  void retain(TensorId id);
  void release(TensorId id);

  /// Copies the elements of a view, row-major, to `out`.
  void read(const View& view, std::byte* out);
  /// Tensors that were read so.
  const std::vector<TensorId>& read_by_host() const { return read_by_host_; }

 private:
  void note_foreign_start();
  void flush_with_team(program::InstructionId end);
  [[noreturn]] void stop() const;

  TraceOptions options_;
  program::PsumStarts psum_starts_;
  std::vector<profile::Finding> notes_;
  std::set<std::tuple<std::string, int, std::string>> noted_;  // file, line, text
  int number_ = 0;                                             // of this core in the team
  int fixed_depth_ = 0;                                        // nl.no_reorder blocks that are open
  program::InstructionId fixed_first_ = 0;                     // of the outermost one
  core::Values values_;
  std::shared_ptr<core::NumberWatch> numbers_;
  std::shared_ptr<core::Breakpoint> breakpoint_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::shared_ptr<Team> team_;
  std::vector<TensorId> shared_;  // tensors in shared HBM, as declared
  std::vector<TensorId> bound_;   // arguments and constants
  std::vector<TensorId> read_by_host_;
  std::vector<uint32_t> handles_;  // by tensor: NkiTensor objects alive
  std::vector<nb::object> owners_;
};

/// What Python calls NkiTensor.
struct PyTensor {
  std::shared_ptr<Trace> trace;
  View view;

  PyTensor(std::shared_ptr<Trace> t, View v) : trace(std::move(t)), view(std::move(v)) {
    trace->retain(view.tensor);
    if (view.index) trace->retain(view.index->tensor);
  }
  PyTensor(const PyTensor& o) : PyTensor(o.trace, o.view) {}
  PyTensor(PyTensor&& o) noexcept : trace(std::move(o.trace)), view(std::move(o.view)) {}
  PyTensor& operator=(const PyTensor&) = delete;
  ~PyTensor() {
    if (!trace) return;  // moved from
    trace->release(view.tensor);
    if (view.index) trace->release(view.index->tensor);
  }
};

/// What Python calls VirtualRegister.
struct PyRegister {
  std::shared_ptr<Trace> trace;
  uint32_t id;
  int64_t value() const;  ///< flushes
};

/// Declares a tensor as nl.ndarray does.
PyTensor declare(Trace& trace, nb::handle shape, nb::handle dtype, nb::handle buffer,
                 const std::string& name, nb::handle address);

/// A number format as Python sees it: nl.float32 and the like.
struct PyDType {
  base::DType dtype;
};

/// The number format named by nl.float32, "float32", numpy.float32, numpy.dtype(…), ….
base::DType to_dtype(nb::handle object);
nb::object dtype_object(base::DType dtype);
isa::Buffer to_buffer(nb::handle object);
nb::object buffer_object(isa::Buffer buffer);

/// The int64 of a Python or NumPy integer, or a Python error.
int64_t to_integer(nb::handle object);

/// Sets the Python exception for a C++ error, with the caller's place if it has none.
void raise(base::Error& error);

void bind_instruction_functions(nb::module_& m);
void bind_names(nb::module_& m);  // number formats and memories
void bind_packs(nb::module_& m);  // NumPy types of the packs of four
void bind_tensor(nb::module_& m);
void bind_trace(nb::module_& m);

}  // namespace trainyard::bind
