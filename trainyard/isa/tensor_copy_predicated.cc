// tensor_copy_predicated: elements copied where a predicate says so, on the Vector Engine.

#include <fmt/format.h>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/operators.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, src, predicate, reverse_pred };

constexpr std::string_view kDoc = R"(
dst = src where predicate is not zero (is zero, if reverse_pred); other elements of dst keep what
they hold. src is a tile or a number.

Memory types: SBUF or PSUM, but src and predicate not both in PSUM.
Data types: predicate uint8, uint16 or uint32; src of dst's type. Bits are copied.
Layout: equal partitions and equal elements per partition.
Cost: max(64, N) cycles if src or predicate is in PSUM, else max(64, 2N).
NumPy: np.copyto(dst, src, where=predicate)
Sources: nki.isa.tensor_copy_predicated (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  same_elements(c, {dst, src, predicate});
  dtype_in(c, predicate, {DType::u8, DType::u16, DType::u32});
  same_dtype(c, {dst, src});
  not_both_psum(c, src, predicate);
  const DType d = c.operand(dst).dtype();
  if (!c.is_tensor(src) && base::is_pack(d))
    refuse_argument(c, src, "a number", fmt::format("a tile of {}", base::name_of(d)));
}

// The number as one element of dst.
uint32_t element_bits(const Call& c) {
  const DType d = c.operand(dst).dtype();
  if (base::is_integer(d)) return static_cast<uint32_t>(static_cast<int64_t>(c.number(src)));
  uint32_t bits = 0;
  base::from_fp32(d, static_cast<float>(c.number(src)), &bits);
  return bits;
}

void run(Run& r) {
  const Call& c = r.call;
  const bool reverse = c.flag(reverse_pred);
  const auto select = [&](const uint32_t* mask, const uint32_t* from, const uint32_t* old,
                          uint32_t* out, int64_t n) {
    reverse ? select_run(mask, old, from, out, n) : select_run(mask, from, old, out, n);
  };
  if (c.is_tensor(src)) {
    for_each_block<uint32_t>(r, dst, {dst, src, predicate},
                             [&](auto* in, uint32_t* out, int, int rows, int64_t n) {
                               select(in[2], in[1], in[0], out, rows * n);
                             });
    return;
  }
  std::vector<uint32_t> same;
  for_each_block<uint32_t>(r, dst, {dst, predicate},
                           [&](auto* in, uint32_t* out, int, int rows, int64_t n) {
                             same.assign(rows * n, element_bits(c));
                             select(in[1], same.data(), in[0], out, rows * n);
                           });
}

std::vector<uint8_t> undefined(const Call& c, Memory& memory, const UndefinedMasks& masks, int) {
  const Bytes p = memory.resolve(c, c.slot(predicate));
  const int64_t n = p.elements();
  std::vector<uint32_t> words(n);
  const uint32_t* taken = read_words(p, 0, p.rows(), words.data());
  std::vector<uint8_t> out(n);
  const auto at = [](const std::vector<uint8_t>& mask, int64_t i) {
    return !mask.empty() && mask[i];
  };
  for (int64_t i = 0; i < n; ++i)
    out[i] = at(masks[predicate], i) ||
             at(masks[(taken[i] != 0) != c.flag(reverse_pred) ? src : dst], i);
  return out;
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(dst).free_elements());
  const bool psum = c.operand(predicate).buffer() == Buffer::psum ||
                    (c.is_tensor(src) && c.operand(src).buffer() == Buffer::psum);
  return lane_cost(c, psum ? n : 2 * n);
}

}  // namespace

INSTRUCTION(tensor_copy_predicated) {
  static const Spec spec = {
      .name = "tensor_copy_predicated",
      .summary = "Copy the elements that a predicate selects.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::update, "", {}, "where they go"},
                 {"src", ParamKind::tensor_or_number, Access::read, "", {}, "what is copied"},
                 {"predicate", ParamKind::tensor, Access::read, "", {}, "an unsigned integer tile"},
                 {"reverse_pred", ParamKind::boolean, Access::none, "False", Value::boolean(false),
                  "copy where predicate is 0"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .indirect = {dst, predicate},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
