// Traces for Python: declaring tensors, running what was traced, and reading what came out.

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/machine/check.h"
#include "trainyard/program/text.h"

namespace trainyard::bind {

using base::Code;
using base::Error;
using isa::Tensor;
using machine::Machine;

namespace {

PyTensor add_input(Trace& trace, const std::string& name, nb::handle dtype,
                   const std::vector<int64_t>& shape, size_t address, nb::object owner,
                   bool constant) {
  Tensor t;
  t.name = name;
  t.dtype = to_dtype(dtype);
  t.buffer = isa::Buffer::shared_hbm;
  t.shape = shape;
  const auto* data = reinterpret_cast<const std::byte*>(address);
  const TensorId id = constant ? trace.add_constant(std::move(t), data, std::move(owner))
                               : trace.add_input(std::move(t), data, std::move(owner));
  return {trace.shared_from_this(), View::whole(trace.program.tensor(id), id)};
}

// Instructions with these names keep their order.
void add_edge(Trace& t, const std::string& consumer, const std::string& producer) {
  const auto find = [&](const std::string& name) {
    std::vector<std::string> names;
    for (program::InstructionId i = 0; i < t.program.size(); ++i) {
      if (t.program.label(i) == name) return i;
      if (!t.program.label(i).empty()) names.emplace_back(t.program.label(i));
    }
    Error e(Code::E111, fmt::format("with_schedule: no instruction is named {}", name));
    const std::string nearest = base::did_you_mean(name, names);
    if (!nearest.empty()) e.fix(fmt::format("did you mean {}?", nearest));
    throw e;
  };
  t.program.add_edge(find(consumer), find(producer));
}

// The name of a memory instead of the memory.
void refuse_text(const Trace& trace, nb::handle buffer) {
  const auto name = nb::cast<std::string>(buffer);
  trace.program.strictness.refuse_since(
      3, Error(Code::E124, fmt::format("buffer is the string '{}'", name))
             .limit("a string", "a memory", "nl.ndarray, NKI 0.3 and later")
             .fix(fmt::format("Pass nl.{}.", name)));
}

}  // namespace

PyTensor declare(Trace& trace, nb::handle shape, nb::handle dtype, nb::handle buffer,
                 const std::string& name, nb::handle address) {
  Tensor t;
  t.name = name;
  t.dtype = to_dtype(dtype);
  t.buffer = to_buffer(buffer);
  if (PyIndex_Check(shape.ptr())) {
    t.shape.push_back(to_integer(shape));
  } else {
    for (nb::handle s : nb::borrow<nb::iterable>(shape)) t.shape.push_back(to_integer(s));
  }
  for (int64_t s : t.shape)
    if (s < 1) throw Error(Code::E120, "ndarray: a dimension of size " + std::to_string(s));
  if (!address.is_none()) {
    t.address_partition = nb::cast<int64_t>(address[0]);
    t.address_bytes = nb::cast<int64_t>(address[1]);
  }
  program::check_tensor(trace.program, t);
  const TensorId id = trace.declare(std::move(t));
  return {trace.shared_from_this(), View::whole(trace.program.tensor(id), id)};
}

void bind_trace(nb::module_& m) {
  nb::class_<Team>(m, "Team", "The physical cores of a logical core, which take turns.")
      .def(nb::init<int, int>(), nb::arg("ranks"), nb::arg("cores_a_rank"))
      .def("begin", [](Team& t, int core) { t.baton.begin(core); })
      .def("finish", [](Team& t, int core) { t.baton.finish(core); })
      .def("cancel", [](Team& t) { t.baton.cancel(); });
  nb::class_<Trace>(m, "Trace", nb::dynamic_attr())
      .def("__init__",
           [](nb::pointer_and_handle<Trace>) {
             throw Error(Code::B001, "traces are made by _core.new_trace");
           })
      .def("add_input", add_input, nb::arg("name"), nb::arg("dtype"), nb::arg("shape"),
           nb::arg("address"), nb::arg("owner"), nb::arg("constant") = false)
      .def("add_register",
           [](Trace& t) { return PyRegister{t.shared_from_this(), t.program.add_register()}; })
      .def("flush", &Trace::flush)
      .def("set_outputs",
           [](Trace& t, const std::vector<uint32_t>& ids) { t.program.outputs = ids; })
      .def("finish_tracing", &Trace::finish_tracing)
      .def("finish_values", &Trace::finish_values)
      .def("written_inputs",
           [](Trace& t) {
             nb::list ids;
             for (TensorId id : t.program.inputs)
               if (!t.values().memory().storage(id)->borrowed()) ids.append(id);
             return ids;
           })
      .def("copy_tensor",
           [](Trace& t, uint32_t id, size_t address) {
             core::Storage& s = *t.values().memory().storage(id);
             std::memcpy(reinterpret_cast<void*>(address), s.data(), s.bytes());
           })
      .def_prop_ro(
          "machine",
          [](Trace& t) { return std::const_pointer_cast<Machine>(t.program.shared_machine()); })
      .def_prop_ro("name", [](Trace& t) { return t.program.name; })
      .def_prop_ro("core", [](Trace& t) { return t.program.core(); })
      .def_prop_ro("cores", [](Trace& t) { return t.program.cores(); })
      .def_prop_ro("rank", [](Trace& t) { return t.program.seat().rank; })
      .def_prop_ro("ranks", [](Trace& t) { return t.program.seat().ranks; })
      .def_prop_ro("size", [](Trace& t) { return t.program.size(); })
      .def_prop_ro("text", [](Trace& t) { return program::print_program(t.program); })
      .def_rw("has_grid", &Trace::has_grid)
      .def(
          "note",
          [](Trace& t, const std::string& text,
             const std::optional<std::tuple<std::string, int>>& place) {
            if (place) t.note(text, {std::get<0>(*place), std::get<1>(*place), ""});
            else t.note(text);
          },
          nb::arg("text"), nb::arg("place") = nb::none(),
          "Adds a remark to the findings, once a place: (file, line), else the user's line.")
      .def_prop_ro("nki", [](Trace& t) { return t.options().nki; })
      .def_rw("judge", &Trace::judge, nb::arg().none())
      .def_rw("progress", &Trace::progress, nb::arg().none())
      .def_prop_ro("time_only", [](Trace& t) { return t.options().time_only; })
      .def_prop_ro("eager", [](Trace& t) { return t.options().eager; })
      // A whole tensor of this trace, by its id.
      .def("tensor",
           [](Trace& t, uint32_t id) {
             return PyTensor{t.shared_from_this(), View::whole(t.program.tensor(id), id)};
           })
      .def("add_branch", [](Trace& t, bool taken) { t.program.add_branch(taken); })
      .def("enter_fixed_order", &Trace::enter_fixed_order)
      .def("leave_fixed_order", &Trace::leave_fixed_order)
      .def_prop_ro("in_fixed_order", &Trace::in_fixed_order)
      .def("add_edge", add_edge, nb::arg("consumer"), nb::arg("producer"));
  m.def(
      "new_trace",
      [](std::shared_ptr<Machine> machine, const std::string& name, int core, int cores, int rank,
         int ranks, std::shared_ptr<Team> team, bool eager, bool time_only, bool sanitize,
         const std::string& break_at, int threads, uint64_t seed, bool stochastic, bool checks,
         double timeout_s, int nki, std::vector<std::string> relaxed) {
        machine::check_runs_kernels(*machine);
        TraceOptions o;
        o.eager = eager;
        o.time_only = time_only;
        o.sanitize = sanitize;
        o.break_at = break_at;
        o.values.threads = threads;
        o.values.seed = seed;
        o.values.stochastic_rounding = stochastic;
        o.values.checks = checks;
        o.timeout_s = timeout_s;
        o.nki = nki;
        o.relaxed = std::move(relaxed);
        return std::make_shared<Trace>(machine, name, isa::Seat{core, cores, rank, ranks},
                                       std::move(team), std::move(o));
      },
      nb::arg("machine"), nb::arg("name"), nb::kw_only(), nb::arg("core") = 0, nb::arg("cores") = 1,
      nb::arg("rank") = 0, nb::arg("ranks") = 1, nb::arg("team").none() = nb::none(),
      nb::arg("eager") = false, nb::arg("time_only") = false, nb::arg("sanitize") = false,
      nb::arg("break_at") = "", nb::arg("threads") = 1, nb::arg("seed") = 0,
      nb::arg("stochastic") = false, nb::arg("checks") = true, nb::arg("timeout_s") = 0.0,
      nb::arg("nki") = 0, nb::arg("relaxed") = std::vector<std::string>());
  m.def(
      "ndarray",
      [](nb::handle shape, nb::handle dtype, nb::handle buffer,
         const std::optional<std::string>& name, nb::handle address) {
        Trace& trace = Trace::required();
        if (nb::isinstance<nb::str>(buffer) && called_by_user()) refuse_text(trace, buffer);
        if (trace.judge.is_valid() && called_by_user()) trace.judge.attr("ndarray")(dtype, address);
        return declare(trace, shape, dtype, buffer, name.value_or(""), address);
      },
      nb::arg("shape"), nb::arg("dtype"), nb::arg("buffer") = nb::none(),
      nb::arg("name").none() = "", nb::arg("address") = nb::none(),
      "A new tensor in nl.sbuf, or the memory given; nothing is written to it. `address`: (first "
      "partition, byte offset in each partition).");
  m.def("current_trace",
        []() -> std::shared_ptr<Trace> { return Trace::required().shared_from_this(); });
  m.def("has_trace", [] { return Trace::current() != nullptr; });
  // Makes a trace current (None: none) and returns the one before.
  m.def(
      "set_trace",
      [](std::shared_ptr<Trace> trace) -> std::shared_ptr<Trace> {
        std::shared_ptr<Trace> previous =
            Trace::current() ? Trace::current()->shared_from_this() : nullptr;
        Trace::set_current(trace.get());
        return previous;
      },
      nb::arg("trace").none());
}

}  // namespace trainyard::bind
