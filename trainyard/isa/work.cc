// Counts what an instruction does, from its operands and the terms of its cost.

#include "trainyard/isa/work.h"

#include <algorithm>

namespace trainyard::isa {

namespace {

// The bytes that a call reads and writes, by memory, and its longest operand.
struct Touched {
  double sbuf = 0, psum = 0, hbm = 0;
  double elements = 0;
  double read = 0, written = 0;
};

void touch(Touched& t, const OperandView& v, Access access) {
  const auto bytes = static_cast<double>(v.bytes());
  t.elements = std::max(t.elements, static_cast<double>(v.elements()));
  for (const Access one : {Access::read, Access::write}) {
    if (access != one && access != Access::update) continue;
    (one == Access::read ? t.read : t.written) += bytes;
    if (v.buffer() == Buffer::sbuf) t.sbuf += bytes;
    else if (v.buffer() == Buffer::psum) t.psum += bytes;
    else t.hbm += bytes;
  }
}

Touched touched_by(const Call& call) {
  Touched t;
  for (const int p : call.spec().operand_params)
    for (int i = 0; i < call.tensor_count(p); ++i)
      touch(t, call.operand(p, i), call.spec().params[p].access);
  return t;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  instructions += other.instructions;
  macs += other.macs;
  macs_8bit += other.macs_8bit;
  for (size_t e = 0; e < engines.size(); ++e) {
    engines[e].elements += other.engines[e].elements;
    engines[e].sbuf_bytes += other.engines[e].sbuf_bytes;
    engines[e].psum_bytes += other.engines[e].psum_bytes;
  }
  descriptors += other.descriptors;
  dma_bytes += other.dma_bytes;
  dma_sbuf_bytes += other.dma_sbuf_bytes;
  dma_psum_bytes += other.dma_psum_bytes;
  hbm_bytes += other.hbm_bytes;
  link_bytes += other.link_bytes;
  return *this;
}

Work work_of(const Call& call, const Cost& cost) {
  Work work;
  work.instructions = 1;
  const Touched t = touched_by(call);
  work.hbm_bytes = t.hbm;
  const auto* engine = std::ranges::find(kComputing, call.engine());
  if (engine != kComputing.end()) {
    (cost.macs_8bit ? work.macs_8bit : work.macs) = cost.macs;
    EngineWork& own = work.engines[engine - kComputing.begin()];
    // The array's work is its multiply-adds.
    own = {call.engine() == Engine::tensor ? 0 : t.elements, t.sbuf, t.psum};
    return work;
  }
  const auto ring = static_cast<double>(cost.ring_bytes);
  if (ring > 0) {  // read here or there, passed on, written
    work.dma_bytes = ring;
    (call.operand(0).on_chip() ? work.dma_sbuf_bytes : work.hbm_bytes) = 2 * ring;
    work.link_bytes = cost.off_chip ? ring : 0;
  } else if (cost.dma) {
    work.descriptors = static_cast<double>(cost.elements);
    work.dma_bytes = std::max(t.read, t.written);
    work.dma_sbuf_bytes = t.sbuf;
    work.dma_psum_bytes = t.psum;
  }
  return work;
}

}  // namespace trainyard::isa
