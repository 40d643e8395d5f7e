// Number formats, functions and the matmul pass on arrays, for the tests that compare them with
// NumPy and ml_dtypes.

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "python/bind/bind.h"
#include "trainyard/base/code_path.h"
#include "trainyard/base/convert.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/base/functions.h"
#include "trainyard/base/matmul.h"
#include "trainyard/base/random.h"

namespace trainyard::bind {
namespace {

namespace nb = nanobind;
using base::Code;
using base::DType;
using base::Error;

template <class T>
using Input = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Output = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

template <class T>
Output<T> make_output(size_t n) {
  T* data = new T[n];
  return Output<T>(data, {n},
                   nb::capsule(data, [](void* p) noexcept { delete[] static_cast<T*>(p); }));
}

DType dtype_named(const std::string& name) {
  const auto dtype = base::dtype_from_name(name);
  if (!dtype) throw Error(Code::E105, name + " is not a data type");
  return *dtype;
}

Output<float> convert_to_fp32(const std::string& name, const Input<uint8_t>& codes) {
  const DType dtype = dtype_named(name);
  const size_t n = codes.size() / base::size_of(dtype), values = base::is_pack(dtype) ? 4 * n : n;
  Output<float> result = make_output<float>(values);
  if (base::is_pack(dtype)) {
    base::unpack_fp32(dtype, codes.data(), result.data(), n);
  } else {
    base::to_fp32(dtype, codes.data(), result.data(), n);
  }
  return result;
}

Output<uint8_t> convert_from_fp32(const std::string& name, const Input<float>& values,
                                  bool stochastic, uint64_t seed, uint64_t stream) {
  const DType dtype = dtype_named(name);
  const size_t n = base::is_pack(dtype) ? values.size() / 4 : values.size();
  Output<uint8_t> result = make_output<uint8_t>(n * base::size_of(dtype));
  if (base::is_pack(dtype)) {
    base::pack_fp32(dtype, values.data(), result.data(), n);
  } else {
    base::from_fp32(dtype, values.data(), result.data(), n, {stochastic, seed, stream});
  }
  return result;
}

Output<float> function_run(const std::string& name, const Input<float>& x) {
  const base::UnaryRun run = base::function_named(name);
  if (!run) throw Error(Code::E109, name + " is not a function");
  Output<float> result = make_output<float>(x.size());
  run(x.data(), result.data(), x.size());
  return result;
}

Output<float> power_run(const Input<float>& x, const Input<float>& e) {
  if (x.size() != e.size()) throw Error(Code::E103, "power_run: x and e differ in length");
  Output<float> result = make_output<float>(x.size());
  base::power_run(x.data(), e.data(), result.data(), x.size());
  return result;
}

/// stationary is K rows of M, moving K rows of N, both as bytes; the result M rows of N.
Output<float> matmul_pass(const std::string& stationary_dtype, const Input<uint8_t>& stationary,
                          const std::string& moving_dtype, const Input<uint8_t>& moving, int k) {
  const DType left = dtype_named(stationary_dtype), right = dtype_named(moving_dtype);
  const auto left_size = static_cast<ptrdiff_t>(base::size_of(left));
  const auto right_size = static_cast<ptrdiff_t>(base::size_of(right));
  const int m = static_cast<int>(stationary.size() / left_size) / k;
  const int n = static_cast<int>(moving.size() / right_size) / k;
  Output<float> result = make_output<float>(static_cast<size_t>(m) * n);
  base::matmul_pass({left, stationary.data(), m * left_size, left_size},
                    {right, moving.data(), n * right_size, right_size}, k, m, n, result.data(), n,
                    base::Store::overwrite);
  return result;
}

Output<uint32_t> random_run(uint64_t seed, uint64_t stream, uint64_t first, size_t n) {
  Output<uint32_t> result = make_output<uint32_t>(n);
  base::random_run(seed, stream, first, result.data(), n);
  return result;
}

std::vector<std::string> function_names() {
  return {
#define FUNCTION(name) #name,
#include "trainyard/base/functions.list"
#undef FUNCTION
  };
}

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  for (int i = 0; i < base::kDTypeCount; ++i) {
    names.emplace_back(base::name_of(static_cast<DType>(i)));
  }
  return names;
}

}  // namespace

void bind_base(nb::module_& m) {
  using namespace nb::literals;
  m.def("convert_to_fp32", &convert_to_fp32, "dtype"_a, "codes"_a,
        "Widens elements, given as bytes, to float32.");
  m.def("convert_from_fp32", &convert_from_fp32, "dtype"_a, "values"_a, "stochastic"_a = false,
        "seed"_a = 0, "stream"_a = 0, "Narrows float32 values to the bytes of another type.");
  m.def("function_run", &function_run, "name"_a, "x"_a,
        "Applies one of the functions of the engines, e.g. \"exp\".");
  m.def("function_names", &function_names, "What function_run knows.");
  m.def("dtype_names", &dtype_names, "Every data type, as nki.language names them.");
  m.def("power_run", &power_run, "x"_a, "e"_a, "x to the power e, element by element.");
  m.def("matmul_pass", &matmul_pass, "stationary_dtype"_a, "stationary"_a, "moving_dtype"_a,
        "moving"_a, "k"_a, "stationary^T x moving, operands given as bytes, k rows each.");
  m.def("random_run", &random_run, "seed"_a, "stream"_a, "first"_a, "n"_a,
        "The random bits of n elements of a stream.");
  m.def(
      "code_path", [] { return base::code_path_name(base::code_path()); },
      "The instruction set in use: avx512, avx2 or scalar.");
}

}  // namespace trainyard::bind
