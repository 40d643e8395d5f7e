// Number formats and memories as Python objects: nl.float32, nl.sbuf and the like.

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"

namespace trainyard::bind {

using base::Code;
using base::DType;
using base::Error;
using isa::Buffer;

namespace {

// Never freed: they are module constants, and the interpreter outlives nothing else of ours.
PyObject* dtype_objects[base::kDTypeCount];

constexpr Buffer kBuffers[] = {Buffer::private_hbm, Buffer::shared_hbm, Buffer::sbuf, Buffer::psum};
PyObject* buffer_objects[std::size(kBuffers)];

}  // namespace

DType to_dtype(nb::handle o) {
  if (nb::isinstance<PyDType>(o)) return nb::cast<const PyDType&>(o).dtype;
  std::string name;
  if (PyUnicode_Check(o.ptr())) name = nb::cast<std::string>(o);
  if (!base::dtype_from_name(name)) {
    const nb::object found = nb::module_::import_("trainyard.nki.dtypes").attr("name_of")(o);
    name = nb::cast<std::string>(found);
  }
  if (const auto dtype = base::dtype_from_name(name)) return *dtype;
  const bool wide = name == "float64" || name == "int64" || name == "uint64";
  Error e(wide ? Code::E123 : Code::E105, fmt::format("data type {}", name));
  if (wide && name != "float64")
    e.fix("Pass a 32-bit integer type, e.g. array.astype(numpy.int32).");
  throw e.at(place_of_caller());
}

nb::object dtype_object(DType dtype) { return nb::borrow(dtype_objects[static_cast<int>(dtype)]); }

Buffer to_buffer(nb::handle o) {
  for (Buffer b : kBuffers)
    if (o.ptr() == buffer_objects[static_cast<int>(b)]) return b;
  if (o.is_none()) return Buffer::sbuf;
  const nb::object name = nb::getattr(o, "name", nb::none());
  const std::string text = nb::isinstance<nb::str>(o) ? nb::cast<std::string>(o)
                           : name.is_none()           ? "?"
                                                      : nb::cast<std::string>(name);
  if (text == "sbuf") return Buffer::sbuf;
  if (text == "psum") return Buffer::psum;
  if (text == "hbm" || text == "private_hbm") return Buffer::private_hbm;
  if (text == "shared_hbm") return Buffer::shared_hbm;
  throw Error(Code::E107, fmt::format("buffer {}", text))
      .limit(text, "nl.sbuf, nl.psum, nl.hbm, nl.private_hbm, nl.shared_hbm", "nl.ndarray")
      .at(place_of_caller());
}

nb::object buffer_object(Buffer buffer) {
  return nb::borrow(buffer_objects[static_cast<int>(buffer)]);
}

int64_t to_integer(nb::handle o) {
  const nb::object i = nb::steal(PyNumber_Index(o.ptr()));
  if (!i.is_valid()) throw nb::python_error();
  const int64_t value = PyLong_AsLongLong(i.ptr());
  if (value == -1 && PyErr_Occurred()) throw nb::python_error();
  return value;
}

void bind_names(nb::module_& m) {
  nb::class_<PyDType>(m, "DType", nb::dynamic_attr())
      .def_prop_ro("name", [](const PyDType& d) { return std::string(base::name_of(d.dtype)); })
      .def_prop_ro("itemsize", [](const PyDType& d) { return base::size_of(d.dtype); })
      .def("__str__", [](const PyDType& d) { return std::string(base::name_of(d.dtype)); })
      .def("__repr__", [](const PyDType& d) { return std::string(base::name_of(d.dtype)); })
      .def("__hash__",
           [](const PyDType& d) {
             return nb::hash(nb::str(std::string(base::name_of(d.dtype)).c_str()));
           })
      .def(
          "__eq__",
          [](const PyDType& d, nb::handle other) {
            if (nb::isinstance<PyDType>(other))
              return nb::cast<const PyDType&>(other).dtype == d.dtype;
            if (nb::isinstance<nb::str>(other))
              return base::dtype_from_name(nb::cast<std::string>(other)) == d.dtype;
            const nb::object same = nb::module_::import_("trainyard.nki.dtypes").attr("equal");
            return nb::cast<bool>(same(dtype_object(d.dtype), other));
          },
          nb::arg("other").none());
  nb::list all;
  for (int i = 0; i < base::kDTypeCount; ++i) {
    dtype_objects[i] = nb::cast(PyDType{static_cast<DType>(i)}).release().ptr();
    all.append(nb::handle(dtype_objects[i]));
  }
  m.attr("dtypes") = all;

  m.def("dtype", [](nb::handle object) { return dtype_object(to_dtype(object)); });
  m.def("register_buffer", [](const std::string& name, nb::object member) {
    buffer_objects[static_cast<int>(to_buffer(nb::str(name.c_str())))] = member.release().ptr();
  });
}

}  // namespace trainyard::bind
