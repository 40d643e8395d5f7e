// NumPy's own types for the packs of four, so that an array of packs keeps its name between a
// test and a kernel: str(array.dtype) == "float8_e4m3fn_x4". NumPy moves, views and compares packs;
// it does not compute with them or cast them, which is a TypeError.

#include "python/bind/trace.h"
#include "trainyard/base/dtype.h"

#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <array>
#include <cstring>

namespace trainyard::bind {

namespace {

using base::DType;

/// One pack as a Python object, an instance of the pack's scalar type.
struct Scalar {
  PyObject_HEAD uint32_t bits;
};

/// One pack format: its storage `Bits`, and what NumPy is told of it.
template <DType dtype, typename Bits>
struct Pack {
  static inline PyTypeObject* type = nullptr;
  static inline std::string qualified_name;  // NumPy and Python keep pointers into it
  static inline PyArray_ArrFuncs functions;

  static PyObject* make(Bits bits) {
    PyObject* made = type->tp_alloc(type, 0);
    if (made != nullptr) reinterpret_cast<Scalar*>(made)->bits = bits;
    return made;
  }

  /// The bits of a scalar of this format or of an integer that fits; sets an exception if neither.
  static bool to_bits(PyObject* value, Bits* bits) {
    if (PyObject_TypeCheck(value, type)) {
      *bits = static_cast<Bits>(reinterpret_cast<Scalar*>(value)->bits);
      return true;
    }
    if (!PyIndex_Check(value)) {
      PyErr_Format(PyExc_TypeError, "%s takes the bits of a pack as an integer, not %s",
                   type->tp_name, Py_TYPE(value)->tp_name);
      return false;
    }
    const nb::object index = nb::steal(PyNumber_Index(value));
    if (!index.is_valid()) return false;
    const unsigned long long wide = PyLong_AsUnsignedLongLong(index.ptr());
    if (PyErr_Occurred()) return false;
    *bits = static_cast<Bits>(wide);
    if (*bits == wide) return true;
    PyErr_Format(PyExc_OverflowError, "%s has %d bits", type->tp_name,
                 static_cast<int>(8 * sizeof(Bits)));
    return false;
  }

  static PyObject* construct(PyTypeObject*, PyObject* args, PyObject*) {
    PyObject* value = nullptr;
    Bits bits = 0;
    if (!PyArg_ParseTuple(args, "O", &value) || !to_bits(value, &bits)) return nullptr;
    return make(bits);
  }

  static PyObject* represent(PyObject* self) {
    const std::string text =
        fmt::format("{}({:#0{}x})", base::name_of(dtype), reinterpret_cast<Scalar*>(self)->bits,
                    2 + 2 * sizeof(Bits));
    return PyUnicode_FromString(text.c_str());
  }

  static Py_hash_t hash(PyObject* self) { return reinterpret_cast<Scalar*>(self)->bits; }

  static PyObject* compare(PyObject* a, PyObject* b, int op) {
    if ((op != Py_EQ && op != Py_NE) || !PyObject_TypeCheck(b, type)) Py_RETURN_NOTIMPLEMENTED;
    const bool same = reinterpret_cast<Scalar*>(a)->bits == reinterpret_cast<Scalar*>(b)->bits;
    return PyBool_FromLong(same == (op == Py_EQ));
  }

  static PyObject* get_item(void* data, void*) {
    Bits bits;
    std::memcpy(&bits, data, sizeof bits);
    return make(bits);
  }

  static int set_item(PyObject* value, void* data, void*) {
    Bits bits;
    if (!to_bits(value, &bits)) return -1;
    std::memcpy(data, &bits, sizeof bits);
    return 0;
  }

  static void copy(void* to, void* from, int swap, void*) {
    copy_many(to, 0, from, 0, 1, swap, nullptr);
  }

  static void copy_many(void* to, npy_intp to_step, void* from, npy_intp from_step, npy_intp n,
                        int swap, void*) {
    for (npy_intp i = 0; i < n; ++i) {
      char* dst = static_cast<char*>(to) + i * to_step;
      if (from != nullptr)  // null: swap in place
        std::memmove(dst, static_cast<char*>(from) + i * from_step, sizeof(Bits));
      if (swap) std::reverse(dst, dst + sizeof(Bits));
    }
  }

  static npy_bool nonzero(void* data, void*) {
    Bits bits;
    std::memcpy(&bits, data, sizeof bits);
    return bits != 0;
  }

  /// The loop of numpy.equal and, with `wanted` false, of numpy.not_equal.
  template <bool wanted>
  static void equal(char** args, const npy_intp* n, const npy_intp* steps, void*) {
    for (npy_intp i = 0; i < *n; ++i) {
      const char *a = args[0] + i * steps[0], *b = args[1] + i * steps[1];
      args[2][i * steps[2]] = (std::memcmp(a, b, sizeof(Bits)) == 0) == wanted;
    }
  }

  static void make_type(nb::module_& m) {
    qualified_name = fmt::format("trainyard._core.{}", base::name_of(dtype));
    PyType_Slot slots[] = {
        {Py_tp_new, reinterpret_cast<void*>(construct)},
        {Py_tp_repr, reinterpret_cast<void*>(represent)},
        {Py_tp_str, reinterpret_cast<void*>(represent)},
        {Py_tp_hash, reinterpret_cast<void*>(hash)},
        {Py_tp_richcompare, reinterpret_cast<void*>(compare)},
        {Py_tp_doc, const_cast<char*>("One pack of four, by its bits: type(bits).")},
        {0, nullptr},
    };
    PyType_Spec spec = {qualified_name.c_str(), sizeof(Scalar), 0, Py_TPFLAGS_DEFAULT, slots};
    const nb::object base = nb::borrow(reinterpret_cast<PyObject*>(&PyGenericArrType_Type));
    const nb::object bases = nb::make_tuple(base);
    PyObject* made = PyType_FromSpecWithBases(&spec, bases.ptr());
    if (made == nullptr) throw nb::python_error();
    type = reinterpret_cast<PyTypeObject*>(made);
    m.attr(base::name_of(dtype).data()) = nb::borrow(made);
  }

  static int register_with_numpy() {
    PyArray_InitArrFuncs(&functions);
    functions.getitem = get_item;
    functions.setitem = set_item;
    functions.copyswap = copy;
    functions.copyswapn = copy_many;
    functions.nonzero = nonzero;
    PyArray_DescrProto proto = {};
    Py_SET_TYPE(&proto, &PyArrayDescr_Type);
    proto.typeobj = type;
    proto.kind = 'V';
    proto.type = 'x';
    proto.byteorder = '=';
    proto.flags = NPY_NEEDS_PYAPI | NPY_USE_GETITEM | NPY_USE_SETITEM;
    proto.elsize = sizeof(Bits);
    proto.alignment = alignof(Bits);
    proto.f = &functions;
    proto.hash = -1;
    const int number = PyArray_RegisterDataType(&proto);
    if (number < 0) throw nb::python_error();
    return number;
  }

  static void add(nb::module_& m, const nb::module_& numpy) {
    make_type(m);
    const int number = register_with_numpy();
    const nb::object described =
        nb::steal(reinterpret_cast<PyObject*>(PyArray_DescrFromType(number)));
    nb::handle(reinterpret_cast<PyObject*>(type)).attr("dtype") = described;
    const std::array<int, 3> types = {number, number, NPY_BOOL};
    const auto add_loop = [&](const char* name, PyUFuncGenericFunction loop) {
      auto* ufunc = reinterpret_cast<PyUFuncObject*>(nb::object(numpy.attr(name)).ptr());
      if (PyUFunc_RegisterLoopForType(ufunc, number, loop, types.data(), nullptr) < 0)
        throw nb::python_error();
    };
    add_loop("equal", equal<true>);
    add_loop("not_equal", equal<false>);
  }
};

}  // namespace

void bind_packs(nb::module_& m) {
  if (_import_array() < 0 || _import_umath() < 0) throw nb::python_error();
  const nb::module_ numpy = nb::module_::import_("numpy");
  Pack<DType::fp8_e4m3fn_x4, uint32_t>::add(m, numpy);
  Pack<DType::fp8_e5m2_x4, uint32_t>::add(m, numpy);
  Pack<DType::fp4_e2m1_x4, uint16_t>::add(m, numpy);
}

}  // namespace trainyard::bind
