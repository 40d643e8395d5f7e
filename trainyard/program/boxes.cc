// A strided access is as many boxes as it has stripes.

#include "trainyard/program/boxes.h"

#include <cstdlib>

#include "trainyard/program/region.h"

namespace trainyard::program {

namespace {

constexpr int64_t kStripesMax = 64;

// Bytes that an access touches: what it broadcasts counts once. -1: its dimensions overlap.
int64_t distinct_bytes(const isa::OperandView& v) {
  std::vector<isa::Dim> dims(v.layout->dims.begin(), v.layout->dims.begin() + v.layout->ndim);
  for (isa::Dim& d : dims) d.step = std::abs(d.step);
  std::ranges::sort(dims, {}, &isa::Dim::step);
  auto bytes = static_cast<int64_t>(base::size_of(v.dtype()));
  int64_t span = 1;
  for (const isa::Dim& d : dims) {
    if (d.step == 0 || d.count == 1) continue;
    if (d.step < span) return -1;
    span += d.step * (d.count - 1);
    bytes *= d.count;
  }
  return bytes;
}

}  // namespace

std::vector<Box> beside(const Box& box, const Box& gone) {
  if (!box.meets(gone)) return {box};
  const int64_t top = std::max(box.row0, gone.row0), bottom = std::min(box.row1, gone.row1);
  std::vector<Box> rest;
  for (const Box& part :
       {Box{box.row0, top, box.byte0, box.byte1}, Box{bottom, box.row1, box.byte0, box.byte1},
        Box{top, bottom, box.byte0, gone.byte0}, Box{top, bottom, gone.byte1, box.byte1}})
    if (!part.empty()) rest.push_back(part);
  return rest;
}

Boxes boxes_of(const isa::OperandView& view) {
  const Region r = region_of(*view.layout, view.offset, frame_of(*view.tensor));
  Boxes boxes;
  const Box whole{r.row0, r.row1, r.byte0, r.byte1};
  boxes.exact = view.layout->indirect == isa::Indirect::none;
  const int64_t bytes = distinct_bytes(view);
  if (r.period == 0 || !boxes.exact) {
    boxes.exact &= whole.bytes() == bytes;
    boxes.list.push_back(whole);
    return boxes;
  }
  const int64_t stripes = (r.byte1 - r.byte0 + r.period - 1) / r.period;
  boxes.exact = stripes <= kStripesMax && stripes * r.width * (r.row1 - r.row0) == bytes;
  if (!boxes.exact) {
    boxes.list.push_back(whole);
    return boxes;
  }
  for (int64_t s = 0; s < stripes; ++s) {
    const int64_t byte = r.byte0 + s * r.period;
    boxes.list.push_back({r.row0, r.row1, byte, byte + r.width});
  }
  return boxes;
}

}  // namespace trainyard::program
