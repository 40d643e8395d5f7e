// Packing, unpacking and combining what cores send each other.

#include "trainyard/isa/parcel.h"

#include <algorithm>

namespace trainyard::isa {

void Parcel::append(const Parcel& other, size_t first, size_t count) {
  const size_t before = elements(), size = element();
  if (!other.undefined.empty() || !undefined.empty()) undefined.resize(before + count);
  if (!other.undefined.empty())
    std::copy_n(other.undefined.begin() + static_cast<std::ptrdiff_t>(first), count,
                undefined.begin() + static_cast<std::ptrdiff_t>(before));
  bits.insert(bits.end(), other.bits.begin() + static_cast<std::ptrdiff_t>(first * size),
              other.bits.begin() + static_cast<std::ptrdiff_t>((first + count) * size));
}

void Parcel::replace(size_t at, const Parcel& other, size_t first, size_t count) {
  const size_t size = element();
  std::copy_n(other.bits.begin() + static_cast<std::ptrdiff_t>(first * size), count * size,
              bits.begin() + static_cast<std::ptrdiff_t>(at * size));
  if (other.undefined.empty() && undefined.empty()) return;
  undefined.resize(elements());
  for (size_t i = 0; i < count; ++i)
    undefined[at + i] = other.undefined.empty() ? 0 : other.undefined[first + i];
}

Parcel pack(Run& r, int slot) {
  const Bytes from = r.memory.resolve(r.call, slot);
  Parcel p;
  p.dtype = from.dtype;
  p.bits.resize(static_cast<size_t>(from.elements() * from.element));
  gather_bits(from, 0, from.rows(), p.bits.data());
  if (r.memory.undefined(r.call, slot)) p.undefined = r.memory.undefined_mask(r.call, slot);
  return p;
}

void unpack(Run& r, int slot, const Parcel& p) {
  const Bytes to = r.memory.resolve(r.call, slot);
  scatter_bits(to, 0, to.rows(), p.bits.data());
  if (p.undefined.empty()) r.memory.define(r.call, slot, true);
  else r.memory.define_mask(r.call, slot, p.undefined);
}

Parcel reduce(const std::vector<Parcel>& parcels, Operator op, const base::Rounding& rounding) {
  const Parcel& first = parcels.front();
  const size_t n = first.elements();
  std::vector<float> sum(n), next(n);
  base::to_fp32(first.dtype, first.bits.data(), sum.data(), n);
  Parcel result{first.dtype, std::vector<std::byte>(first.bits.size()), first.undefined};
  for (size_t i = 1; i < parcels.size(); ++i) {
    base::to_fp32(first.dtype, parcels[i].bits.data(), next.data(), n);
    for (size_t k = 0; k < n; ++k) {
      if (op == Operator::add) sum[k] += next[k];
      else if (op == Operator::minimum) sum[k] = next[k] < sum[k] ? next[k] : sum[k];
      else sum[k] = next[k] > sum[k] ? next[k] : sum[k];
    }
    if (parcels[i].undefined.empty()) continue;
    result.undefined.resize(n);
    for (size_t k = 0; k < n; ++k) result.undefined[k] |= parcels[i].undefined[k];
  }
  base::from_fp32(first.dtype, sum.data(), result.bits.data(), n, rounding);
  return result;
}

}  // namespace trainyard::isa
