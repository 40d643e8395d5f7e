// Tracing: source places, flushing values, and the lifetime of tensors that Python still holds.

#include "python/bind/trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>

#include "trainyard/base/diagnostics.h"

namespace trainyard::bind {

using base::Code;
using base::Error;

namespace {

thread_local Trace* current_trace = nullptr;
std::atomic<uint64_t> traces_made = 0;
std::string package_folder, library_folder;

bool lies_in(std::string_view file, std::string_view folder) {
  return !folder.empty() && file.starts_with(folder);
}

// Our own frames, and those of Python's own library, are nobody's place; what pip installs is, and
// may lie within the latter's folder.
bool in_package(PyCodeObject* code) {
  const char* file = PyUnicode_AsUTF8(code->co_filename);
  if (!file) return false;
  const std::string_view name(file);
  if (name.starts_with("<frozen ") || lies_in(name, package_folder)) return true;
  return lies_in(name, library_folder) && name.find("-packages/") == name.npos;
}

// Calls visit(code, offset) for the frames of this thread, innermost first, until it returns true.
template <class Visit>
void walk_frames(Visit visit) {
  PyFrameObject* frame = PyEval_GetFrame();
  Py_XINCREF(frame);
  while (frame) {
    PyCodeObject* code = PyFrame_GetCode(frame);
    const bool done = visit(code, PyFrame_GetLasti(frame));
    Py_DECREF(code);
    PyFrameObject* back = done ? nullptr : PyFrame_GetBack(frame);
    Py_DECREF(frame);
    frame = back;
  }
}

base::Place place_at(PyCodeObject* code, int offset) {
  base::Place p;
  if (const char* file = PyUnicode_AsUTF8(code->co_filename)) p.file = file;
  if (const char* name = PyUnicode_AsUTF8(code->co_qualname)) p.function = name;
  p.line = PyCode_Addr2Line(code, offset);
  return p;
}

}  // namespace

void Sites::set_folders(std::string package, std::string library) {
  package_folder = std::move(package);
  library_folder = std::move(library);
}

Sites::~Sites() {
  for (const Key& k : keys_) Py_DECREF(k.code);
}

bool Sites::internal(PyCodeObject* code) {
  const auto [it, fresh] = internal_.try_emplace(code, false);
  if (fresh) it->second = in_package(code);
  return it->second;
}

uint32_t Sites::here() {
  uint32_t site = program::kNone;
  walk_frames([&](PyCodeObject* code, int offset) {
    const auto found = index_.find({code, offset});
    if (found != index_.end()) {
      site = found->second;
      return true;
    }
    if (internal(code)) return false;
    Py_INCREF(code);
    site = static_cast<uint32_t>(keys_.size());
    keys_.push_back({code, offset});
    index_.emplace(Key{code, offset}, site);
    return true;
  });
  return site;
}

base::Place Sites::place(uint32_t site) const {
  if (site >= keys_.size()) return {};
  const nb::gil_scoped_acquire gil;
  return place_at(keys_[site].code, keys_[site].offset);
}

base::Place place_of_caller() {
  base::Place place;
  walk_frames([&](PyCodeObject* code, int offset) {
    if (in_package(code)) return false;
    place = place_at(code, offset);
    return true;
  });
  return place;
}

bool called_by_user() {
  bool user = false;
  walk_frames([&](PyCodeObject* code, int) {
    user = !in_package(code);
    return true;
  });
  return user;
}

namespace {

constexpr std::chrono::milliseconds kGlance{20};  // how often a long run looks up

// Long runs of values stop on Ctrl-C and at the time limit.
core::ValueOptions with_signals(core::ValueOptions options, const Trace& trace) {
  options.progress = [&trace, last = std::chrono::steady_clock::now()](double share) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < kGlance) return true;
    last = now;
    trace.check_deadline();
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (trace.progress.is_valid() && !trace.progress.is_none()) trace.progress(share);
    return true;
  };
  return options;
}

}  // namespace

Trace::Trace(std::shared_ptr<const machine::Machine> machine, std::string name,
             const isa::Seat& seat, std::shared_ptr<Team> team, TraceOptions options)
    : serial(++traces_made),
      program(std::move(machine), seat),
      options_(std::move(options)),
      values_(program, with_signals(options_.values, *this)),
      team_(std::move(team)) {
  program.name = std::move(name);
  program.strictness.nki = options_.nki;
  for (const std::string& rule : options_.relaxed) program.strictness.relax(rule);
  program.strictness.tell = [this](const std::string& text, const base::Place& place) {
    note(text, place);
  };
  program.resolve_site = [this](uint32_t site) { return sites.place(site); };
  if (!options_.break_at.empty()) {
    breakpoint_ = std::make_shared<core::Breakpoint>(program, core::parse_break(options_.break_at));
    values_.add_watcher(breakpoint_);
  }
  if (options_.sanitize) {
    numbers_ = std::make_shared<core::NumberWatch>(program);
    values_.add_watcher(numbers_);
  }
  if (!team_) return;
  number_ = team_->number_of(seat);
  team_->group.join(number_, program, &values_);
  team_->traces[number_] = this;
}

Trace::~Trace() {
  if (team_) team_->traces[number_] = nullptr;
}

Trace* Trace::current() { return current_trace; }

Trace& Trace::required() {
  if (!current_trace)
    throw Error(Code::E305, "this can only be used while a kernel runs").at(place_of_caller());
  return *current_trace;
}

void Trace::set_current(Trace* trace) { current_trace = trace; }

void Trace::note(const std::string& text, base::Place place) {
  if (place.line == 0) place = place_of_caller();
  if (noted_.emplace(place.file, place.line, text).second)
    notes_.push_back({text, {place.file, place.line}});
}

void Trace::note_foreign_start() {
  note(
      "accumulates onto PSUM that no matmul wrote last: undefined up to NeuronCore-v3; start with "
      "accumulate=False");
}

void Trace::check_deadline() const {
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - started_;
  if (options_.timeout_s <= 0 || spent.count() <= options_.timeout_s) return;
  throw Error(Code::E008, fmt::format("{}: stopped after {} instructions, {} of them run",
                                      program.name, program.size(), values_.done()))
      .limit(fmt::format("{:.1f} s", spent.count()), fmt::format("{:.3g} s", options_.timeout_s),
             "timeout");
}

void Trace::enter_fixed_order() {
  if (fixed_depth_++ == 0) fixed_first_ = static_cast<program::InstructionId>(program.size());
}

void Trace::leave_fixed_order() {
  if (--fixed_depth_ > 0) return;
  for (program::InstructionId i = fixed_first_ + 1; i < program.size(); ++i)
    program.add_edge(i, i - 1);
}

TensorId Trace::declare(isa::Tensor tensor) {
  tensor.site = sites.here();
  const bool shared = tensor.buffer == isa::Buffer::shared_hbm;
  const TensorId id = program.add_tensor(std::move(tensor));
  if (!shared || !team_) return id;
  shared_.push_back(id);
  team_->group.share(number_, id, nullptr, !options_.time_only);
  return id;
}

TensorId Trace::add_constant(isa::Tensor tensor, const std::byte* data, nb::object owner) {
  const auto bytes = static_cast<size_t>(tensor.bytes());
  tensor.input = true;
  const TensorId id = program.add_tensor(std::move(tensor));
  values_.memory().bind(id, std::make_shared<core::Storage>(data, bytes));
  owners_.push_back(std::move(owner));
  bound_.push_back(id);
  return id;
}

TensorId Trace::add_input(isa::Tensor tensor, const std::byte* data, nb::object owner) {
  const TensorId id = add_constant(std::move(tensor), data, std::move(owner));
  program.inputs.push_back(id);
  if (team_) team_->group.share(number_, id, values_.memory().shared_storage(id), true);
  return id;
}

void Trace::retain(TensorId id) {
  if (id >= handles_.size()) handles_.resize(std::max<size_t>(id + 1, 2 * handles_.size()));
  ++handles_[id];
}

void Trace::release(TensorId id) { --handles_[id]; }

std::vector<uint8_t> Trace::kept() const {
  std::vector<uint8_t> keep(program.tensor_count());
  for (size_t i = 0; i < handles_.size() && i < keep.size(); ++i) keep[i] = handles_[i] > 0;
  for (TensorId id : bound_) keep[id] = 1;
  for (TensorId id : program.outputs) keep[id] = 1;
  for (TensorId id : shared_) keep[id] = 1;
  return keep;
}

void Trace::flush() {
  if (options_.time_only)
    throw Error(Code::E302, "the kernel asks for a value, but values do not run");
  const auto end = static_cast<program::InstructionId>(program.size());
  if (team_) return flush_with_team(end);
  const std::vector<uint8_t> keep = kept();
  const nb::gil_scoped_release release;
  values_.run(end, keep);
}

void Trace::flush_with_team(program::InstructionId end) {
  for (;;) {
    if (team_->baton.cancelled()) stop();
    team_->keep_of_all();
    bool there;
    {
      const nb::gil_scoped_release release;
      there = team_->group.run(number_, end);
    }
    if (there) return team_->baton.progress();
    if (!team_->baton.pass(number_)) throw team_->group.deadlock();
  }
}

void Trace::stop() const {
  throw Error(Code::E311, "stopped: another core of the logical core has failed");
}

void Trace::finish_tracing() {
  if (options_.time_only) return;
  if (team_ && team_->in_step) {
    team_->keep_of_all();
    const nb::gil_scoped_release release;
    team_->group.run_in_step();
  }
  flush();
}

void Trace::finish_values() {
  if (options_.time_only || !options_.values.checks) return;
  for (TensorId id : program.outputs) values_.check_output(id);
}

void Trace::read(const View& view, std::byte* out) {
  flush();
  read_by_host_.push_back(view.tensor);
  values_.memory().begin_window();
  values_.memory().prepare(view.tensor, false);
  core::Storage& s = *values_.memory().storage(view.tensor);
  // Host reads address the tensor itself; on-chip tensors with an address lie in the arena.
  const isa::Tensor& t = program.tensor(view.tensor);
  const auto element = static_cast<int64_t>(base::size_of(view.dtype));
  if (view.is_indirect())
    throw Error(Code::E121, "a view with a dynamic index has no values of its own");
  std::vector<program::Operand> operands;
  view.append_operands(program, operands);  // refuses what reaches outside
  int64_t pitch = t.row_bytes(), origin = 0;
  if (t.has_address()) {
    pitch = static_cast<int64_t>(s.bytes()) / program.machine().core.partitions;
    origin = std::max<int64_t>(0, t.address_partition) * pitch + t.address_bytes;
  }
  const int64_t row = std::max<int64_t>(1, t.row_bytes());
  // Adjacent elements are copied at once; those of the arena lie in rows of their own.
  const int last = view.ndim() - 1;
  const bool adjacent = last >= 0 && view.dims[last].step == 1 && !t.has_address();
  const int64_t run = adjacent ? view.dims[last].count : 1;
  const int outer = adjacent ? last : view.ndim();
  std::vector<int64_t> index(outer, 0);
  for (int64_t k = 0, n = view.elements(); k < n; k += run) {
    int64_t at = view.offset;
    for (int d = 0; d < outer; ++d) at += index[d] * view.dims[d].step;
    at *= element;
    if (t.has_address()) at = origin + at / row * pitch + at % row;
    std::memcpy(out + k * element, s.data() + at, run * element);
    for (int d = outer - 1; d >= 0 && ++index[d] == view.dims[d].count; --d) index[d] = 0;
  }
}

int64_t PyRegister::value() const {
  trace->flush();
  const isa::CoreState& state = trace->values().state();
  if (id >= state.registers.size() || !state.register_defined[id])
    throw Error(Code::E303, "a register is read before it has a value");
  return state.registers[id];
}

}  // namespace trainyard::bind
