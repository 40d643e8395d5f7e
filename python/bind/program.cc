// Machines, traces and errors for Python.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "python/bind/bind.h"
#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/base/thread_pool.h"

namespace trainyard::bind {

using base::Code;
using base::Error;

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

Error error_of(const std::string& code, const std::string& message, const std::string& found,
               const std::string& allowed, const std::string& whose, const std::string& fix) {
  const auto& rules = base::all_rules();
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].code != code) continue;
    Error e(static_cast<Code>(i), message);
    if (!found.empty() || !allowed.empty()) e.limit(found, allowed, whose);
    if (!fix.empty()) e.fix(fix);
    return e;
  }
  return {Code::B001, "no diagnostic " + code};
}

}  // namespace

void raise(Error& error) {
  if (error.place().line == 0) error.at(place_of_caller());
  PyErr_SetObject(error_type, error_object(error).ptr());
}

void bind_program(nb::module_& m) {
  const auto package = nb::cast<std::string>(nb::module_::import_("trainyard").attr("__file__"));
  const auto library = nb::cast<std::string>(nb::module_::import_("os").attr("__file__"));
  Sites::set_folders(package.substr(0, package.rfind('/') + 1),
                     library.substr(0, library.rfind('/') + 1));
  error_type = PyErr_NewExceptionWithDoc(
      "trainyard.Error",
      "What Trainyard refuses: code, message, found, allowed, whose, advice, file, line, notes.",
      PyExc_ValueError, nullptr);
  m.attr("Error") = nb::handle(error_type);
  nb::register_exception_translator([](const std::exception_ptr& p, void*) {
    try {
      std::rethrow_exception(p);
    } catch (Error& e) { raise(e); }
  });
  nb::set_leak_warnings(false);  // tokens and types live as long as the process
  m.def("default_threads", base::default_threads);
  // Raises a diagnostic from Python code of this package.
  m.def(
      "refuse",
      [](const std::string& code, const std::string& message, const std::string& found,
         const std::string& allowed, const std::string& whose,
         const std::string& fix) { throw error_of(code, message, found, allowed, whose, fix); },
      nb::arg("code"), nb::arg("message"), nb::arg("found") = "", nb::arg("allowed") = "",
      nb::arg("whose") = "", nb::arg("fix") = "");
  // The same, but a remark where the running kernel relaxes the rule. `place`: (file, line).
  m.def(
      "refuse_unless_relaxed",
      [](const std::string& code, const std::string& message, const std::string& found,
         const std::string& allowed, const std::string& whose, const std::string& fix,
         const std::optional<std::tuple<std::string, int>>& place) {
        Error e = error_of(code, message, found, allowed, whose, fix);
        if (place) e.at({std::get<0>(*place), std::get<1>(*place), ""});
        Trace::required().program.strictness.refuse(e);
      },
      nb::arg("code"), nb::arg("message"), nb::arg("found") = "", nb::arg("allowed") = "",
      nb::arg("whose") = "", nb::arg("fix") = "", nb::arg("place") = nb::none());
  // Refuses what no rule to relax is called (E001).
  m.def("check_relaxable", [](const std::string& rule) { base::Strictness().relax(rule); });
  m.def("did_you_mean", [](const std::string& word, const std::vector<std::string>& candidates) {
    return base::did_you_mean(word, candidates);
  });

  bind_names(m);
  bind_packs(m);
  bind_tensor(m);
  bind_instruction_functions(m);
  bind_trace(m);
}

}  // namespace trainyard::bind
