// The functions of nki.isa: one callable per Spec, called without a Python frame in between.
// Arguments are matched by the identity of their interned names, converted (arguments.h), checked,
// and appended to the current program.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <structmember.h>

#include <array>
#include <unordered_map>

#include "python/bind/arguments.h"
#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/isa/check.h"
#include "trainyard/isa/describe.h"
#include "trainyard/isa/rules.h"

namespace trainyard::bind {

using base::Code;
using base::Error;
using isa::Engine;
using isa::Param;
using isa::ParamKind;
using isa::Spec;
using isa::Value;
using program::kNone;
using program::Operand;

namespace {

struct Function {
  PyObject_HEAD vectorcallfunc vectorcall;
  const Spec* spec;
  isa::Opcode opcode;
  std::array<PyObject*, kMaxParams> names;  // interned
};

struct Handle {  // NkiInstruction
  PyObject_HEAD program::InstructionId id;
  uint64_t trace;  // its serial
};
PyTypeObject* handle_type = nullptr;

int find_name(const Function& f, PyObject* name) {
  const size_t n = f.spec->params.size();
  for (size_t i = 0; i < n; ++i)
    if (f.names[i] == name) return static_cast<int>(i);
  for (size_t i = 0; i < n; ++i)
    if (PyUnicode_Compare(f.names[i], name) == 0) return static_cast<int>(i);
  return -1;
}

[[noreturn]] void refuse_name(const Spec& spec, const char* name) {
  std::vector<std::string> names;
  for (const Param& p : spec.params) names.emplace_back(p.name);
  const std::string nearest = base::did_you_mean(name, names);
  Error e(Code::E115, fmt::format("{} has no parameter {}", spec.name, name));
  e.note(signature(spec));
  if (!nearest.empty()) e.fix(fmt::format("did you mean {}?", nearest));
  throw e;
}

// NKI before 0.3 also took the type of the result. It says nothing new if dst has that type.
void check_result_type(const isa::Call& call, nb::handle dtype) {
  const base::DType wanted = to_dtype(dtype), dst = call.operand(0).dtype();
  if (wanted == dst)
    return call.tables().strictness.refuse_since(
        3, Error(Code::E124, fmt::format("{} has no parameter dtype", call.spec().name))
               .fix("Leave it out: the result has dst's type."));
  throw Error(Code::E115, fmt::format("{}: dtype is {}, dst is {}", call.spec().name,
                                      base::name_of(wanted), base::name_of(dst)))
      .fix("Leave dtype out: the result has dst's type.");
}

// The engine that the call asks for; the instruction's first if it does not run there and that rule
// is relaxed.
Engine engine_for(const Trace& trace, const Spec& spec, Engine wanted) {
  if (std::find(spec.engines.begin(), spec.engines.end(), wanted) != spec.engines.end())
    return wanted;
  if (!trace.program.strictness.relaxed(Code::E112)) return wanted;  // check_common refuses
  trace.program.strictness.refuse(
      Error(Code::E112, fmt::format("{} cannot run on the {} engine", spec.name, name_of(wanted))));
  return spec.engines[0];
}

program::InstructionId append(Function& f, PyObject* const* args, Py_ssize_t positional,
                              PyObject* keywords) {
  Trace& trace = Trace::required();
  const Spec& spec = *f.spec;
  static thread_local std::vector<Operand> operands;
  operands.clear();
  Arguments a{trace, spec, {}, operands};
  std::array<PyObject*, kMaxParams> given{};
  const auto count = static_cast<Py_ssize_t>(spec.params.size());
  if (positional > count)
    throw Error(Code::E115, fmt::format("{} takes at most {} arguments, {} were given", spec.name,
                                        count, positional))
        .note(signature(spec));
  for (Py_ssize_t i = 0; i < positional; ++i) given[i] = args[i];
  PyObject* result_type = nullptr;
  const Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < named; ++i) {
    const int at = find_name(f, PyTuple_GET_ITEM(keywords, i));
    if (at < 0) {
      const char* name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(keywords, i));
      if (name != std::string_view("dtype") || spec.params[0].name != "dst")
        refuse_name(spec, name);
      result_type = args[positional + i];
      continue;
    }
    if (given[at])
      throw Error(Code::E115,
                  fmt::format("{}: {} is given twice", spec.name, spec.params[at].name));
    given[at] = args[positional + i];
  }
  for (size_t i = 0; i < spec.params.size(); ++i) {
    const Param& p = spec.params[i];
    if (given[i]) {
      a.values[i] = convert(a, p, given[i]);
    } else if (!p.default_text.empty()) {
      a.values[i] = p.default_value;
    } else {
      throw Error(Code::E114, fmt::format("{} needs {}", spec.name, p.name)).note(signature(spec));
    }
  }

  Engine engine = spec.engines.empty() ? Engine::sync : spec.engines[0];
  const int chosen = spec.engines.size() > 1 ? spec.find("engine") : -1;
  if (chosen >= 0 && a.values[chosen].present() && a.values[chosen].integer() != 0) {
    engine = engine_for(trace, spec, static_cast<Engine>(a.values[chosen].integer()));
  } else if (spec.choose_engine) {
    engine = spec.choose_engine(isa::Call(spec, a.values.data(), operands.data(), trace.program,
                                          trace.program.machine(), engine));
  }
  const isa::Call call(spec, a.values.data(), operands.data(), trace.program,
                       trace.program.machine(), engine);
  if (result_type) check_result_type(call, result_type);
  isa::check_call(call);
  const program::InstructionId id = trace.program.add(
      f.opcode, engine, {a.values.data(), spec.params.size()}, operands, trace.sites.here());
  trace.after_instruction(call);
  return id;
}

// While a call in another version's spelling is made in ours, it is not judged again.
thread_local bool respelling = false;

// What `judge(name, args, kwargs)` makes of a call: (function, args, kwargs) to call instead, whose
// result is returned; null if the call is as it should be.
nb::object respelled(nb::handle judge, const Function& f, PyObject* const* args,
                     Py_ssize_t positional, PyObject* keywords) {
  nb::list given;
  for (Py_ssize_t i = 0; i < positional; ++i) given.append(nb::handle(args[i]));
  nb::dict named;
  for (Py_ssize_t i = 0; keywords && i < PyTuple_GET_SIZE(keywords); ++i)
    named[nb::handle(PyTuple_GET_ITEM(keywords, i))] = nb::handle(args[positional + i]);
  const std::string name = fmt::format("{}.{}", f.spec->module, f.spec->name);
  const nb::object instead = judge(name, nb::tuple(given), named);
  if (instead.is_none()) return {};
  respelling = true;
  PyObject* result = PyObject_Call(nb::object(instead[0]).ptr(), nb::object(instead[1]).ptr(),
                                   nb::object(instead[2]).ptr());
  respelling = false;
  if (!result) throw nb::python_error();
  return nb::steal(result);
}

// Whether an error may come from a spelling of another version.
bool about_arguments(const Error& e) {
  return e.code() == Code::E111 || e.code() == Code::E114 || e.code() == Code::E115;
}

// What `work` returns, or null with the Python exception set.
template <class Work>
PyObject* guarded(Work work) {
  try {
    return work();
  } catch (Error& e) { raise(e); } catch (nb::python_error& e) {
    e.restore();
  } catch (const std::exception& e) { PyErr_SetString(PyExc_RuntimeError, e.what()); }
  return nullptr;
}

PyObject* call_function(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* keywords) {
  return guarded([&] {
    Function& f = *reinterpret_cast<Function*>(self);
    const Py_ssize_t positional = PyVectorcall_NARGS(nargsf);
    const Trace* trace = Trace::current();
    if (trace && trace->judge.is_valid() && !respelling && called_by_user()) {
      const nb::object judge = trace->judge.attr("instruction");
      if (nb::object done = respelled(judge, f, args, positional, keywords); done.is_valid())
        return done.release().ptr();
    }
    program::InstructionId id;
    try {
      id = append(f, args, positional, keywords);
    } catch (const Error& e) {
      if (!trace || trace->judge.is_valid() || respelling || !about_arguments(e)) throw;
      const nb::object older =
          nb::module_::import_("trainyard.nki.older_spellings").attr("respelled");
      nb::object done = respelled(older, f, args, positional, keywords);
      if (!done.is_valid()) throw;
      return done.release().ptr();
    }
    auto* handle = reinterpret_cast<Handle*>(handle_type->tp_alloc(handle_type, 0));
    if (handle) {
      handle->id = id;
      handle->trace = Trace::required().serial;
    }
    return reinterpret_cast<PyObject*>(handle);
  });
}

PyObject* get_name(PyObject* self, void*) {
  const Spec& s = *reinterpret_cast<Function*>(self)->spec;
  return PyUnicode_FromStringAndSize(s.name.data(), static_cast<Py_ssize_t>(s.name.size()));
}

PyObject* get_doc(PyObject* self, void*) {
  const Spec& s = *reinterpret_cast<Function*>(self)->spec;
  std::string doc = fmt::format("{}\n{}", s.summary, s.doc);
  for (const Param& p : s.params)
    if (!p.doc.empty()) doc += fmt::format("\n:param {}: {}", p.name, p.doc);
  return PyUnicode_FromString(doc.c_str());
}

PyObject* get_signature(PyObject* self, void*) {
  try {
    // inspect builds it from a stub, so that defaults show as Python writes them.
    const Spec& s = *reinterpret_cast<Function*>(self)->spec;
    const nb::object make = nb::module_::import_("trainyard.nki.signatures").attr("of");
    return make(signature(s)).release().ptr();
  } catch (nb::python_error& e) {
    e.restore();
    return nullptr;
  }
}

PyObject* represent(PyObject* self) {
  const Spec& spec = *reinterpret_cast<Function*>(self)->spec;
  return PyUnicode_FromString(fmt::format("<instruction {}.{}>", spec.module, spec.name).c_str());
}

PyTypeObject* function_type() {
  static PyGetSetDef attributes[] = {{"__name__", get_name, nullptr, nullptr, nullptr},
                                     {"__qualname__", get_name, nullptr, nullptr, nullptr},
                                     {"__doc__", get_doc, nullptr, nullptr, nullptr},
                                     {"__signature__", get_signature, nullptr, nullptr, nullptr},
                                     {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(Function, vectorcall), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                                {Py_tp_getset, attributes},
                                {Py_tp_members, members},
                                {Py_tp_repr, reinterpret_cast<void*>(represent)},
                                {0, nullptr}};
  static PyType_Spec spec = {"trainyard._core.Instruction", sizeof(Function), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL, slots};
  static auto* type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return type;
}

Handle& as_handle(PyObject* o, const Trace& trace) {
  if (Py_TYPE(o) != handle_type)
    throw Error(Code::E111, fmt::format("depends_on: a producer is no instruction"))
        .limit(Py_TYPE(o)->tp_name, "what a function of nki.isa returned", "depends_on");
  Handle& handle = *reinterpret_cast<Handle*>(o);
  if (handle.trace != trace.serial)
    throw Error(Code::E305, "depends_on: an instruction of another kernel call");
  return handle;
}

PyObject* depends_on(PyObject* self, PyObject* const* producers, Py_ssize_t n) {
  return guarded([&] {
    Trace& trace = Trace::required();
    const Handle& consumer = as_handle(self, trace);
    for (Py_ssize_t i = 0; i < n; ++i)
      trace.program.add_edge(consumer.id, as_handle(producers[i], trace).id);
    Py_INCREF(self);
    return self;
  });
}

PyTypeObject* make_handle_type() {
  static PyMethodDef methods[] = {
      {"depends_on", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(depends_on)),
       METH_FASTCALL, "Makes this instruction wait for the end of those given; returns itself."},
      {nullptr, nullptr, 0, nullptr}};
  static PyMemberDef members[] = {{"id", T_UINT, offsetof(Handle, id), READONLY, nullptr},
                                  {nullptr, 0, 0, 0, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_members, members}, {0, nullptr}};
  static PyType_Spec spec = {"trainyard._core.NkiInstruction", sizeof(Handle), 0,
                             Py_TPFLAGS_DEFAULT, slots};
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
}

}  // namespace

void bind_instruction_functions(nb::module_& m) {
  bind_tokens(m);
  handle_type = make_handle_type();
  m.attr("NkiInstruction") = nb::handle(reinterpret_cast<PyObject*>(handle_type));
  nb::dict tables;  // by module
  const auto& all = isa::instructions();
  for (size_t i = 0; i < all.size(); ++i) {
    auto* f = PyObject_New(Function, function_type());
    f->vectorcall = call_function;
    f->spec = all[i];
    f->opcode = static_cast<isa::Opcode>(i);
    for (size_t p = 0; p < all[i]->params.size(); ++p)
      f->names[p] = PyUnicode_InternFromString(std::string(all[i]->params[p].name).c_str());
    const nb::object owner = nb::steal(reinterpret_cast<PyObject*>(f));
    const std::string module(all[i]->module);
    if (!tables.contains(module.c_str())) tables[module.c_str()] = nb::dict();
    tables[module.c_str()][std::string(all[i]->name).c_str()] = owner;
  }
  m.attr("instructions") = tables["nki.isa"];
  m.attr("collectives") = tables["nki.collectives"];

  m.def("operator_names", [] {
    nb::list names;
    for (int i = 0; i < isa::operator_count(); ++i)
      names.append(std::string(name_of(static_cast<isa::Operator>(i))));
    return names;
  });
}

}  // namespace trainyard::bind
