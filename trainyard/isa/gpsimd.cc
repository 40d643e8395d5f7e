// The cores of the GpSimd Engine.

#include "trainyard/isa/gpsimd.h"

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

void whole_cores(const Call& call, int param) {
  const OperandView v = call.operand(param);
  if (v.partitions() % kCorePartitions == 0) return;
  throw base::Error(base::Code::E110, label(call, param) + " does not cover whole GpSimd cores")
      .limit(std::to_string(v.partitions()) + " partitions", "a multiple of 16",
             std::string(call.spec().name))
      .note(v.describe());
}

}  // namespace trainyard::isa
