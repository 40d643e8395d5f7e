// The rules of a call, and the pictures of those that are about shapes.

#include "trainyard/isa/check.h"

#include "trainyard/isa/layout_drawing.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

void check_call(const Call& call) {
  try {
    check_common(call);
    if (call.spec().check) call.spec().check(call);
  } catch (base::Error& e) {
    explain_shapes(call, e);
    throw;
  }
}

}  // namespace trainyard::isa
