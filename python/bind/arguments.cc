// Arguments are converted by the kind of their parameter. Operators and members of enumerations are
// tokens that Python's side registers.

#include "python/bind/arguments.h"

#include <fmt/ranges.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "trainyard/base/diagnostics.h"

namespace trainyard::bind {

using base::Code;
using base::Error;
using isa::Param;
using isa::ParamKind;
using isa::Value;

namespace {

// Tokens registered by the Python side: operators (nl.add, numpy.add, …) and members of enums.
std::unordered_map<PyObject*, int64_t>& operators() {
  static std::unordered_map<PyObject*, int64_t> map;
  return map;
}
struct EnumMember {
  ParamKind kind;
  int64_t value;
};
std::unordered_map<PyObject*, EnumMember>& enum_members() {
  static std::unordered_map<PyObject*, EnumMember> map;
  return map;
}

[[noreturn]] void refuse_kind(const Arguments& a, const Param& p, PyObject* found,
                              std::string expected) {
  const nb::str repr = nb::repr(nb::handle(found));
  std::string text = repr.c_str();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw Error(Code::E111, fmt::format("{} is {}", a.where(p), text))
      .limit(fmt::format("{} ({})", text, Py_TYPE(found)->tp_name), std::move(expected),
             std::string(a.spec.name));
}

PyTensor* as_tensor(PyObject* o) {
  static PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(nb::type<PyTensor>().ptr());
  return Py_TYPE(o) == type ? nb::inst_ptr<PyTensor>(o) : nullptr;
}

PyRegister* as_register(PyObject* o) {
  static PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(nb::type<PyRegister>().ptr());
  return Py_TYPE(o) == type ? nb::inst_ptr<PyRegister>(o) : nullptr;
}

Value tensor_value(Arguments& a, const Param& p, PyTensor& t) {
  if (t.trace.get() != &a.trace)
    throw Error(Code::E305, a.where(p) + " belongs to another kernel call");
  const int slot = static_cast<int>(a.operands.size());
  t.view.append_operands(a.trace.program, a.operands);
  return Value::operand(slot);
}

// int64 of a Python or NumPy integer; false if it is none.
bool integer_of(PyObject* o, int64_t& out) {
  if (!PyIndex_Check(o)) return false;
  const nb::object i = nb::steal(PyNumber_Index(o));
  if (!i.is_valid()) {
    PyErr_Clear();
    return false;
  }
  out = PyLong_AsLongLong(i.ptr());
  if (out == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    return false;
  }
  return true;
}

Value number_value(const Arguments& a, const Param& p, PyObject* o) {
  if (PyFloat_CheckExact(o)) return Value::number(PyFloat_AS_DOUBLE(o));
  int64_t i;
  if (integer_of(o, i)) return Value::integer(i);
  const double d = PyFloat_AsDouble(o);
  if (d == -1.0 && PyErr_Occurred()) {
    PyErr_Clear();
    refuse_kind(a, p, o, p.kind == ParamKind::tensor_or_number ? "a tile or a number" : "a number");
  }
  return Value::number(d);
}

void append_integers(const Arguments& a, const Param& p, PyObject* o, std::vector<int64_t>& out) {
  int64_t i;
  if (integer_of(o, i)) {
    out.push_back(i);
    return;
  }
  const nb::object items = nb::steal(PySequence_Fast(o, ""));
  if (!items.is_valid()) {
    PyErr_Clear();
    refuse_kind(a, p, o, p.kind == ParamKind::pattern ? "[[step, count], ...]" : "integers");
  }
  for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(items.ptr()); ++k)
    append_integers(a, p, PySequence_Fast_GET_ITEM(items.ptr(), k), out);
}

Value enum_value(const Arguments& a, const Param& p, PyObject* o) {
  const auto found = enum_members().find(o);
  if (found != enum_members().end() && found->second.kind == p.kind)
    return Value::integer(found->second.value);
  // Some kernels pass the integers or strings that are the members' values.
  int64_t number = 0;
  const bool is_number = !PyBool_Check(o) && integer_of(o, number);
  for (const auto& [member, info] : enum_members()) {
    if (info.kind != p.kind) continue;
    const nb::object value = nb::steal(PyObject_GetAttrString(member, "value"));
    const bool same_text = PyUnicode_Check(o) && PyUnicode_Check(value.ptr()) &&
                           PyUnicode_Compare(o, value.ptr()) == 0;
    if (!same_text && !(is_number && number == info.value)) continue;
    const std::string name = nb::str(nb::handle(member)).c_str();
    a.trace.program.strictness.refuse_since(
        3, Error(Code::E124, fmt::format("{} is {}, which is no member of its enumeration",
                                         a.where(p), nb::repr(nb::handle(o)).c_str()))
               .limit(nb::repr(nb::handle(o)).c_str(), name, "NKI 0.3 and later")
               .fix(fmt::format("Pass nisa.{}.", name)));
    return Value::integer(info.value);
  }
  std::vector<std::string> names;
  for (const auto& [member, info] : enum_members())
    if (info.kind == p.kind) names.push_back(nb::str(nb::handle(member)).c_str());
  std::sort(names.begin(), names.end());
  refuse_kind(a, p, o, fmt::format("one of {}", fmt::join(names, ", ")));
}

ParamKind enum_kind(std::string_view name) {
  if (name == "engine") return ParamKind::engine;
  if (name == "dge_mode") return ParamKind::dge_mode;
  if (name == "oob_mode") return ParamKind::oob_mode;
  if (name == "reduce_cmd") return ParamKind::reduce_cmd;
  if (name == "dma_engine") return ParamKind::dma_engine;
  return ParamKind::perf_mode;
}

}  // namespace

Value convert(Arguments& a, const Param& p, PyObject* o) {
  if (o == Py_None) {
    if (p.default_text.empty() && !p.none_allowed)
      refuse_kind(a, p, o, "an argument other than None");
    return {};
  }
  switch (p.kind) {
    case ParamKind::tensor:
      if (PyTensor* t = as_tensor(o)) return tensor_value(a, p, *t);
      refuse_kind(a, p, o, "a tensor of this kernel (nl.ndarray, nl.load, ...)");
    case ParamKind::tensor_or_number:
      if (PyTensor* t = as_tensor(o)) return tensor_value(a, p, *t);
      return number_value(a, p, o);
    case ParamKind::tensors: {
      const nb::object items = nb::steal(PySequence_Fast(o, ""));
      if (!items.is_valid()) {
        PyErr_Clear();
        refuse_kind(a, p, o, "a list of tensors");
      }
      const Py_ssize_t n = PySequence_Fast_GET_SIZE(items.ptr());
      const int64_t first = static_cast<int64_t>(a.operands.size());
      for (Py_ssize_t k = 0; k < n; ++k) {
        PyObject* item = PySequence_Fast_GET_ITEM(items.ptr(), k);
        if (PyTensor* t = as_tensor(item)) tensor_value(a, p, *t);
        else refuse_kind(a, p, item, "a list of tensors");
      }
      if (n == 0) refuse_kind(a, p, o, "at least one tensor");
      return {Value::Kind::operand, first | static_cast<int64_t>(n) << 32};
    }
    case ParamKind::number: return number_value(a, p, o);
    case ParamKind::integer: {
      int64_t i;
      if (!integer_of(o, i)) refuse_kind(a, p, o, "an integer");
      return Value::integer(i);
    }
    case ParamKind::boolean: {
      const int truth = PyObject_IsTrue(o);
      if (truth < 0) {
        PyErr_Clear();
        refuse_kind(a, p, o, "True or False");
      }
      return Value::boolean(truth);
    }
    case ParamKind::op: {
      const auto found = operators().find(o);
      if (found == operators().end()) refuse_kind(a, p, o, "an operator such as nl.add");
      return Value::op(static_cast<isa::Operator>(found->second));
    }
    case ParamKind::integers:
    case ParamKind::pattern: {
      std::vector<int64_t> list;
      append_integers(a, p, o, list);
      if (list.empty()) return {};
      return Value::list(a.trace.program.intern_list(list));
    }
    case ParamKind::numbers: {
      const nb::object items = nb::steal(PySequence_Fast(o, ""));
      if (!items.is_valid()) {
        PyErr_Clear();
        refuse_kind(a, p, o, "a list of numbers");
      }
      std::vector<int64_t> bits;
      for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(items.ptr()); ++k)
        bits.push_back(std::bit_cast<int64_t>(
            number_value(a, p, PySequence_Fast_GET_ITEM(items.ptr(), k)).number()));
      return Value::list(a.trace.program.intern_list(bits));
    }
    case ParamKind::reg:
      if (PyRegister* r = as_register(o)) return Value::reg(r->id);
      refuse_kind(a, p, o, "a register (nisa.register_alloc)");
    case ParamKind::reg_or_integer: {
      if (PyRegister* r = as_register(o)) return Value::reg(r->id);
      int64_t i;
      if (!integer_of(o, i)) refuse_kind(a, p, o, "a register or an integer");
      return Value::integer(i);
    }
    case ParamKind::name: {
      const char* text = PyUnicode_Check(o) ? PyUnicode_AsUTF8(o) : nullptr;
      if (!text) refuse_kind(a, p, o, "a string");
      return Value::text(a.trace.program.intern_text(text));
    }
    default: return enum_value(a, p, o);
  }
}

void bind_tokens(nb::module_& m) {
  m.def("register_operator", [](nb::object token, const std::string& name) {
    const auto op = isa::operator_from_name(name);
    if (!op) throw Error(Code::B001, "no operator " + name);
    operators()[token.inc_ref().ptr()] = static_cast<int64_t>(*op);
  });
  m.def("register_enum", [](const std::string& kind, nb::object member, int64_t value) {
    enum_members()[member.inc_ref().ptr()] = {enum_kind(kind), value};
  });
}

}  // namespace trainyard::bind
