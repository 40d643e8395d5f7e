// How fast a machine moves tiles, by the size of their rows.
#pragma once

#include <memory>
#include <vector>

#include "trainyard/machine/machine.h"
#include "trainyard/profile/trace.h"

namespace trainyard::core {

/// Loads of [128, n] bytes, one behind another, timed for n from 32 bytes to 32 KiB.
std::vector<profile::TransferRate> transfer_rates(
    const std::shared_ptr<const machine::Machine>& machine);

}  // namespace trainyard::core
