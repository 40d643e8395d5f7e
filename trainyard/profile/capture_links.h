// What a capture does not say outright: which packets a DMA instruction moved, and for whom an
// instruction waited.
#pragma once

#include "trainyard/profile/capture.h"

namespace trainyard::profile {

/// The packets of one queue of one core.
struct QueuedPackets {
  std::string core, name;  ///< "sg00", "qSyncDynamicHW"
  int64_t queue = 0;
  std::vector<CapturedPacket> packets;
};

/// A semaphore of a core got a value.
struct SemaphoreUpdate {
  std::string core;
  int64_t semaphore = -1;
  Picoseconds time = 0;
  int64_t value = 0;
};
/// 8 for "S[8] (qSyncDynamicHW)" or "8"; -1 for anything else.
int64_t semaphore_of(std::string_view id);

/// Gives each packet its instruction and each DMA its last packet's end. A queue serves its
/// instructions in order, and each DMA engine ends its part of one with a write of four bytes, the
/// semaphore.
void link_packets(CapturedCore& core, std::vector<QueuedPackets>& queues);

/// Finds whose increments of a semaphore each instruction waited for (`S[5] (Tensor)>=4`). An
/// engine finishes in order, so the fourth instruction that increments it is the one. A DMA ends
/// when its semaphore shows it. `updates` in order of time.
void link_semaphores(CapturedCore& core, const std::vector<SemaphoreUpdate>& updates);

}  // namespace trainyard::profile
