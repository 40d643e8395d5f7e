// NkiTensor and VirtualRegister as Python objects.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/bind/trace.h"
#include "trainyard/base/diagnostics.h"

namespace trainyard::bind {

using base::Code;
using base::DType;
using base::Error;
using program::Index;
using program::kNone;

namespace {

nb::tuple to_tuple(const std::vector<int64_t>& values) {
  nb::object t = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(values.size())));
  for (size_t i = 0; i < values.size(); ++i)
    PyTuple_SET_ITEM(t.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromLongLong(values[i]));
  return nb::borrow<nb::tuple>(t);
}

std::vector<int64_t> to_integers(nb::handle sequence) {
  std::vector<int64_t> out;
  if (PyIndex_Check(sequence.ptr())) {
    out.push_back(to_integer(sequence));
    return out;
  }
  for (nb::handle item : nb::borrow<nb::iterable>(sequence)) out.push_back(to_integer(item));
  return out;
}

Index to_index(nb::handle key) {
  Index i;
  if (PySlice_Check(key.ptr())) {
    i.kind = Index::Kind::slice;
    const auto* s = reinterpret_cast<PySliceObject*>(key.ptr());
    if (s->start != Py_None) {
      i.start = to_integer(s->start);
      i.has_start = true;
    }
    if (s->stop != Py_None) {
      i.stop = to_integer(s->stop);
      i.has_stop = true;
    }
    i.step = s->step == Py_None ? 1 : to_integer(s->step);
  } else if (key.ptr() == Py_Ellipsis) {
    i.kind = Index::Kind::ellipsis;
  } else if (key.is_none()) {
    i.kind = Index::Kind::new_axis;
  } else if (PyIndex_Check(key.ptr())) {
    i.start = to_integer(key);
  } else {
    throw Error(Code::E120, fmt::format("an index of type {}", Py_TYPE(key.ptr())->tp_name))
        .fix("Index with integers, slices, nl.ds(start, size), ... or None.");
  }
  return i;
}

PyTensor get_item(const PyTensor& t, nb::handle key) {
  Index indices[16];
  size_t n = 0;
  if (PyTuple_Check(key.ptr())) {
    const Py_ssize_t size = PyTuple_GET_SIZE(key.ptr());
    if (size > 16) throw Error(Code::E120, "more than 16 indices");
    for (; n < static_cast<size_t>(size); ++n)
      indices[n] = to_index(PyTuple_GET_ITEM(key.ptr(), static_cast<Py_ssize_t>(n)));
  } else {
    indices[n++] = to_index(key);
  }
  return {t.trace, t.view.at({indices, n})};
}

std::shared_ptr<const View> tile_of(nb::handle o) {
  if (o.is_none() || !nb::isinstance<PyTensor>(o)) return nullptr;
  return std::make_shared<const View>(nb::cast<const PyTensor&>(o).view);
}

uint32_t register_of(nb::handle o) {
  return nb::isinstance<PyRegister>(o) ? nb::cast<const PyRegister&>(o).id : kNone;
}

PyTensor access_pattern(const PyTensor& t, nb::handle pattern, nb::handle offset, nb::handle scalar,
                        nb::handle vector, int indirect_dim, nb::handle dtype) {
  std::vector<isa::Dim> dims;
  for (nb::handle entry : nb::borrow<nb::iterable>(pattern)) {
    const std::vector<int64_t> pair = to_integers(entry);
    if (pair.size() != 2)
      throw Error(Code::E122,
                  fmt::format("ap: an entry with {} numbers, not [step, count]", pair.size()));
    dims.push_back({pair[0], pair[1]});
  }
  std::optional<int64_t> extra;
  uint32_t reg = register_of(scalar);
  if (!offset.is_none()) extra = to_integer(offset);
  std::optional<DType> as;
  if (!dtype.is_none()) as = to_dtype(dtype);
  if (!scalar.is_none() && reg == kNone && !nb::isinstance<PyTensor>(scalar)) {
    // A plain number where a register is expected: the offset is known now.
    const int dim = indirect_dim < 0 ? indirect_dim + t.view.ndim() : indirect_dim;
    if (dim < 0 || dim >= t.view.ndim())
      throw Error(Code::E120, fmt::format("ap: indirect_dim {}", indirect_dim));
    const int64_t bytes = to_integer(scalar) * t.view.dims[dim].step *
                          static_cast<int64_t>(base::size_of(t.view.dtype));
    extra =
        extra.value_or(0) + bytes / static_cast<int64_t>(base::size_of(as.value_or(t.view.dtype)));
  }
  return {t.trace, t.view.ap(dims, extra, reg, tile_of(scalar), tile_of(vector), indirect_dim, as,
                             t.trace->program.tensor(t.view.tensor).bytes())};
}

// The view of a method that not every version of NKI has.
const View& judged(const PyTensor& t, const char* method) {
  if (t.trace->judge.is_valid() && called_by_user()) t.trace->judge.attr("method")(method);
  return t.view;
}

// Python asks a register for its value, for an `if` or `while`, or as a number.
void judge_register(const char* what) {
  if (called_by_user()) nb::module_::import_("trainyard.nki.versions").attr("register_used")(what);
}

int64_t number_of(const PyRegister& r) {
  judge_register("a number");
  return r.value();
}

PyTensor select(const PyTensor& t, int dim, nb::handle index) {
  judged(t, "select");
  const uint32_t reg = register_of(index);
  if (reg != kNone || nb::isinstance<PyTensor>(index))
    return {t.trace, t.view.select_dynamic(dim, reg, tile_of(index))};
  return {t.trace, t.view.select(dim, to_integer(index))};
}

std::string repr(const PyTensor& t) {
  const isa::Tensor& tensor = t.trace->program.tensor(t.view.tensor);
  return fmt::format("NkiTensor({}{}[{}] in {})", tensor.name.empty() ? "" : tensor.name + ": ",
                     base::name_of(t.view.dtype), fmt::join(t.view.shape(), ", "),
                     isa::name_of(t.view.buffer));
}

}  // namespace

void bind_tensor(nb::module_& m) {
  nb::class_<PyRegister> registers(m, "VirtualRegister");
  registers.def_ro("id", &PyRegister::id)
      .def("__index__", number_of)
      .def("__int__", number_of)
      // `while register:` is a loop that the core runs itself.
      .def("__bool__",
           [](const PyRegister& r) {
             judge_register("if or while");
             const bool taken = r.value() != 0;
             r.trace->program.add_branch(taken);
             return taken;
           })
      .def("__hash__", [](const PyRegister& r) { return static_cast<Py_hash_t>(r.id); })
      .def("__repr__",
           [](const PyRegister& r) { return fmt::format("VirtualRegister({})", r.id); });
  for (const char* name :
       {"__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__floordiv__",
        "__mod__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
    registers.def(
        name,
        [name](const PyRegister&, nb::handle) -> bool {
          throw Error(Code::E303, fmt::format("{} of a register", name))
              .fix(
                  "Compute with tiles (register_store, nisa.tensor_scalar), or use int(register), "
                  "which runs the kernel up to here.");
        },
        nb::arg("other").none());

  nb::class_<PyTensor>(m, "NkiTensor")
      .def("__init__",
           [](nb::pointer_and_handle<PyTensor>, nb::args, nb::kwargs) {
             throw Error(Code::U001, "NkiTensor(…)").fix("Make tensors with nl.ndarray.");
           })
      .def_prop_ro("shape", [](const PyTensor& t) { return to_tuple(t.view.shape()); })
      .def_prop_ro("strides",
                   [](const PyTensor& t) {
                     std::vector<int64_t> steps;
                     for (const isa::Dim& d : t.view.dims) steps.push_back(d.step);
                     return to_tuple(steps);
                   })
      .def_prop_ro("offset", [](const PyTensor& t) { return t.view.offset; })
      .def_prop_ro("ndim", [](const PyTensor& t) { return t.view.ndim(); })
      .def_prop_ro("size", [](const PyTensor& t) { return t.view.elements(); })
      .def_prop_ro("itemsize", [](const PyTensor& t) { return base::size_of(t.view.dtype); })
      .def_prop_ro("dtype", [](const PyTensor& t) { return dtype_object(t.view.dtype); })
      .def_prop_ro("name",
                   [](const PyTensor& t) { return t.trace->program.tensor(t.view.tensor).name; })
      .def_prop_ro("buffer", [](const PyTensor& t) { return buffer_object(t.view.buffer); })
      .def_prop_ro("_buffer",
                   [](const PyTensor& t) { return std::string(isa::name_of(t.view.buffer)); })
      .def_prop_ro("_id", [](const PyTensor& t) { return t.view.tensor; })
      .def("__getitem__", get_item, nb::arg("key").none())
      .def(
          "slice",
          [](const PyTensor& t, int dim, int64_t start, int64_t end, int64_t step) {
            return PyTensor{t.trace, judged(t, "slice").slice(dim, start, end, step)};
          },
          nb::arg("dim"), nb::arg("start"), nb::arg("end"), nb::arg("step") = 1)
      .def("select", select, nb::arg("dim"), nb::arg("index"))
      .def(
          "vector_select",
          [](const PyTensor& t, int dim, nb::handle rows) {
            return PyTensor{t.trace, judged(t, "vector_select").vector_select(dim, tile_of(rows))};
          },
          nb::arg("dim"), nb::arg("vector_offset"))
      .def(
          "indirect",
          [](const PyTensor& t, nb::handle index, std::optional<int64_t> count) {
            const auto offsets = tile_of(index);
            if (!offsets)
              throw Error(Code::E121, fmt::format("indirect: an index of type {}",
                                                  Py_TYPE(index.ptr())->tp_name))
                  .fix("Give a tile of offsets in SBUF.");
            return PyTensor{t.trace, judged(t, "indirect").indirect_columns(offsets, count)};
          },
          nb::arg("index").none(), nb::arg("num_elem") = nb::none())
      .def(
          "permute",
          [](const PyTensor& t, nb::handle dims) {
            return PyTensor{t.trace, judged(t, "permute").permute(to_integers(dims))};
          },
          nb::arg("dims"))
      .def(
          "broadcast",
          [](const PyTensor& t, int dim, int64_t size) {
            return PyTensor{t.trace, judged(t, "broadcast").broadcast(dim, size)};
          },
          nb::arg("dim"), nb::arg("size"))
      .def(
          "expand_dim",
          [](const PyTensor& t, int dim) {
            return PyTensor{t.trace, judged(t, "expand_dim").expand_dim(dim)};
          },
          nb::arg("dim"))
      .def(
          "squeeze_dim",
          [](const PyTensor& t, int dim) {
            return PyTensor{t.trace, judged(t, "squeeze_dim").squeeze_dim(dim)};
          },
          nb::arg("dim"))
      .def(
          "reshape_dim",
          [](const PyTensor& t, int dim, nb::handle shape) {
            return PyTensor{t.trace, judged(t, "reshape_dim").reshape_dim(dim, to_integers(shape))};
          },
          nb::arg("dim"), nb::arg("shape"))
      .def(
          "flatten_dims",
          [](const PyTensor& t, int first, int last) {
            return PyTensor{t.trace, judged(t, "flatten_dims").flatten_dims(first, last)};
          },
          nb::arg("start_dim"), nb::arg("end_dim"))
      .def(
          "reshape",
          [](const PyTensor& t, nb::handle shape) {
            return PyTensor{t.trace, t.view.reshape(to_integers(shape))};
          },
          nb::arg("shape"))
      .def(
          "view",
          [](const PyTensor& t, nb::handle dtype) {
            return PyTensor{t.trace, t.view.reinterpret(to_dtype(dtype))};
          },
          nb::arg("dtype"))
      .def(
          "reinterpret_cast",
          [](const PyTensor& t, nb::handle dtype) {
            return PyTensor{t.trace, judged(t, "reinterpret_cast").reinterpret(to_dtype(dtype))};
          },
          nb::arg("dtype"))
      .def("ap", access_pattern, nb::arg("pattern"), nb::arg("offset") = nb::none(),
           nb::arg("scalar_offset") = nb::none(), nb::arg("vector_offset") = nb::none(),
           nb::arg("indirect_dim") = 0, nb::arg("dtype") = nb::none())
      .def("is_contiguous",
           [](const PyTensor& t) { return judged(t, "is_contiguous").is_contiguous(); })
      .def("is_indirect", [](const PyTensor& t) { return judged(t, "is_indirect").is_indirect(); })
      .def("get_pattern",
           [](const PyTensor& t) {
             nb::list pattern;
             for (const isa::Dim& d : t.view.dims) {
               nb::list entry;
               entry.append(d.step);
               entry.append(d.count);
               pattern.append(entry);
             }
             return pattern;
           })
      .def("_read",
           [](const PyTensor& t, size_t address) {
             t.trace->read(t.view, reinterpret_cast<std::byte*>(address));
           })
      .def("__repr__", repr);
}

}  // namespace trainyard::bind
