// Machines, traces and errors for Python.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/bind/bind.h"
#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/base/thread_pool.h"

namespace trainyard::bind {

using base::Code;
using base::Error;
using isa::Tensor;

namespace {

PyObject* error_type = nullptr;

nb::object error_object(const Error& e) {
  nb::object o = nb::borrow(error_type)(nb::str(e.what()));
  o.attr("code") = std::string(base::rule(e.code()).code);
  o.attr("rule") = std::string(base::rule(e.code()).name);
  o.attr("kind") = std::string(base::kind_word(e.code()));
  o.attr("message") = e.message();
  o.attr("found") = e.found();
  o.attr("allowed") = e.allowed();
  o.attr("whose") = e.whose();
  o.attr("advice") = e.advice();
  o.attr("file") = e.place().file;
  o.attr("line") = e.place().line;
  o.attr("function") = e.place().function;
  o.attr("notes") = nb::cast(e.notes());
  return o;
}

PyTensor declare(Trace& trace, nb::handle shape, nb::handle dtype, nb::handle buffer,
                 const std::string& name, nb::handle address) {
  Tensor t;
  t.name = name;
  t.dtype = to_dtype(dtype);
  t.buffer = to_buffer(buffer);
  for (nb::handle s : nb::borrow<nb::iterable>(shape)) {
    const nb::object i = nb::steal(PyNumber_Index(s.ptr()));
    if (!i.is_valid()) throw nb::python_error();
    t.shape.push_back(PyLong_AsLongLong(i.ptr()));
  }
  for (int64_t s : t.shape)
    if (s < 1) throw Error(Code::E120, "ndarray: a dimension of size " + std::to_string(s));
  if (!address.is_none()) {
    t.address_partition = nb::cast<int64_t>(address[0]);
    t.address_bytes = nb::cast<int64_t>(address[1]);
  }
  program::check_tensor(trace.program.machine(), t);
  const TensorId id = trace.declare(std::move(t));
  return {trace.shared_from_this(), View::whole(trace.program.tensor(id), id)};
}

PyTensor add_input(Trace& trace, const std::string& name, nb::handle dtype,
                   const std::vector<int64_t>& shape, size_t address, nb::object owner) {
  Tensor t;
  t.name = name;
  t.dtype = to_dtype(dtype);
  t.buffer = isa::Buffer::shared_hbm;
  t.shape = shape;
  const TensorId id =
      trace.add_input(std::move(t), reinterpret_cast<const std::byte*>(address), std::move(owner));
  return {trace.shared_from_this(), View::whole(trace.program.tensor(id), id)};
}

}  // namespace

void raise(Error& error) {
  if (error.place().line == 0) error.at(place_of_caller());
  PyErr_SetObject(error_type, error_object(error).ptr());
}

void bind_program(nb::module_& m) {
  error_type = PyErr_NewExceptionWithDoc(
      "trainyard.Error",
      "What Trainyard refuses: code, message, found, allowed, whose, advice, file, line, notes.",
      PyExc_ValueError, nullptr);
  m.attr("Error") = nb::handle(error_type);
  nb::register_exception_translator([](const std::exception_ptr& p, void*) {
    try {
      std::rethrow_exception(p);
    } catch (Error& e) {
      raise(e);
    }
  });
  nb::set_leak_warnings(false);  // tokens and types live as long as the process
  m.def("default_threads", base::default_threads);
  m.def("set_package_folder", &Sites::set_package_folder);
  // Raises a diagnostic from Python code of this package.
  m.def("refuse", [](const std::string& code, const std::string& message, const std::string& found,
                     const std::string& allowed, const std::string& whose, const std::string& fix) {
    const auto& rules = base::all_rules();
    for (size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].code != code) continue;
      Error e(static_cast<Code>(i), message);
      if (!found.empty() || !allowed.empty()) e.limit(found, allowed, whose);
      if (!fix.empty()) e.fix(fix);
      throw e;
    }
    throw Error(Code::B001, "no diagnostic " + code);
  }, nb::arg("code"), nb::arg("message"), nb::arg("found") = "", nb::arg("allowed") = "",
     nb::arg("whose") = "", nb::arg("fix") = "");
  m.def("did_you_mean", [](const std::string& word, const std::vector<std::string>& candidates) {
    return base::did_you_mean(word, candidates);
  });

  using machine::Machine;
  nb::class_<Machine>(m, "Machine")
      .def_ro("name", &Machine::name)
      .def_ro("title", &Machine::title)
      .def_prop_ro("core_name", [](const Machine& x) { return x.core.name; })
      .def_prop_ro("version", [](const Machine& x) { return x.core.version; })
      .def_prop_ro("logical_core_default",
                   [](const Machine& x) { return x.chip.logical_core_default; })
      .def_prop_ro("sbuf_partition_bytes",
                   [](const Machine& x) {
                     return x.core.memory.sbuf_partition_bytes - x.core.memory.sbuf_reserved_bytes;
                   })
      .def_prop_ro("psum_partition_bytes",
                   [](const Machine& x) { return x.core.memory.psum_partition_bytes; })
      .def_prop_ro("psum_bank_bytes", [](const Machine& x) { return x.core.memory.psum_bank_bytes; })
      .def_prop_ro("estimates", &Machine::estimates);
  m.def("load_machine", [](const std::string& name, const std::vector<std::string>& overrides) {
    auto loaded = std::make_shared<const Machine>(machine::load_machine(name, overrides));
    return std::const_pointer_cast<Machine>(loaded);
  }, nb::arg("name"), nb::arg("overrides") = std::vector<std::string>{});

  bind_tensor(m);
  bind_instruction_functions(m);

  nb::class_<Trace>(m, "Trace")
      .def("__init__", [](nb::pointer_and_handle<Trace>) {
        throw Error(Code::B001, "traces are made by _core.new_trace");
      })
      .def("declare", declare, nb::arg("shape"), nb::arg("dtype"), nb::arg("buffer"),
           nb::arg("name") = "", nb::arg("address") = nb::none())
      .def("add_input", add_input)
      .def("add_register", [](Trace& t) {
        return PyRegister{t.shared_from_this(), t.program.add_register()};
      })
      .def("flush", &Trace::flush)
      .def("set_outputs", [](Trace& t, const std::vector<uint32_t>& ids) { t.program.outputs = ids; })
      .def("finish_values", &Trace::finish_values)
      .def("written_inputs", [](Trace& t) {
        nb::list ids;
        for (TensorId id : t.program.inputs)
          if (!t.values().memory().storage(id)->borrowed()) ids.append(id);
        return ids;
      })
      .def("copy_tensor", [](Trace& t, uint32_t id, size_t address) {
        core::Storage& s = *t.values().memory().storage(id);
        std::memcpy(reinterpret_cast<void*>(address), s.data(), s.bytes());
      })
      .def_prop_ro("machine", [](Trace& t) {
        return std::const_pointer_cast<Machine>(t.program.shared_machine());
      })
      .def_prop_ro("name", [](Trace& t) { return t.program.name; })
      .def_prop_ro("core", [](Trace& t) { return t.program.core(); })
      .def_prop_ro("cores", [](Trace& t) { return t.cores; })
      .def_prop_ro("size", [](Trace& t) { return t.program.size(); });
  m.def("new_trace", [](std::shared_ptr<Machine> machine, const std::string& name, int core,
                        int cores, bool eager, bool time_only, int threads, uint64_t seed,
                        bool stochastic, bool checks, double timeout_s) {
    if (!machine->core.runs_kernels)
      throw Error(Code::K001, machine->title + " is described for planning only: how it executes "
                                               "kernels is not public");
    TraceOptions o;
    o.eager = eager;
    o.time_only = time_only;
    o.values.threads = threads;
    o.values.seed = seed;
    o.values.stochastic_rounding = stochastic;
    o.values.checks = checks;
    o.values.timeout_s = timeout_s;
    o.values.progress = [](double) {
      const nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      return true;
    };
    return std::make_shared<Trace>(machine, name, core, cores, std::move(o));
  }, nb::arg("machine"), nb::arg("name"), nb::kw_only(), nb::arg("core") = 0, nb::arg("cores") = 1,
     nb::arg("eager") = false, nb::arg("time_only") = false, nb::arg("threads") = 1,
     nb::arg("seed") = 0, nb::arg("stochastic") = false, nb::arg("checks") = true,
     nb::arg("timeout_s") = 0.0);
  m.def("current_trace", []() -> std::shared_ptr<Trace> {
    return Trace::required().shared_from_this();
  });
  m.def("has_trace", [] { return Trace::current() != nullptr; });
  // Makes a trace current (None: none) and returns the one before.
  m.def("set_trace", [](std::shared_ptr<Trace> trace) -> std::shared_ptr<Trace> {
    std::shared_ptr<Trace> previous =
        Trace::current() ? Trace::current()->shared_from_this() : nullptr;
    Trace::set_current(trace.get());
    return previous;
  }, nb::arg("trace").none());
}

}  // namespace trainyard::bind
