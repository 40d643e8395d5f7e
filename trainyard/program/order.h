// An ordered program: lanes, costs and the semaphore waits between them. This is all that timing
// reads; it can be timed again without values and without the program.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "trainyard/program/place.h"
#include "trainyard/program/schedule.h"

namespace trainyard::program {

/// "Position p must have finished": bit 0 of `link` says whether a semaphore carries the news.
struct Ordered {
  std::vector<InstructionId> sequence;  ///< by position
  std::vector<Step> steps;              ///< by position
  std::vector<DmaWork> dmas;
  Kinds kinds;
  std::vector<uint32_t> waits;  ///< by position: how many it waits for
  /// When each lane begins: a captured kernel's engines do not begin together.
  std::array<base::Picoseconds, kLaneCount> begin{};
  std::vector<uint32_t> successor_begin;  ///< CSR over positions
  std::vector<uint32_t> successors;       ///< position << 1 | crosses lanes
  Placement placement;
  SchedulePolicy schedule = SchedulePolicy::program;  ///< the one that was followed
};

struct OrderOptions {
  SchedulePolicy schedule = SchedulePolicy::list;
  PlacePolicy place = PlacePolicy::ring;
};

/// Options from their names: schedule "list" or "program", place "ring" or "first-fit"; empty is
/// the list schedule and the placement that the machine names. Throws E001 for anything else.
OrderOptions order_options(const machine::Machine& machine, std::string_view schedule,
                           std::string_view place);

/// Schedules, places and orders a program with the costs of `machine`. Where the list schedule
/// keeps more alive than fits, program order is taken, then first-fit placement, the order by
/// demand, and last tiles of few partitions side by side. If nothing fits, the refusal tells of
/// program order.
Ordered order(const Program& program, const machine::Machine& machine, const OrderOptions& options);

/// Replaces the costs of an ordered program by those on another machine of the same generation.
void recost(Ordered& ordered, const Program& program, const machine::Machine& machine);

/// Links an ordered program again as if no tensor had to wait for the bytes of another: what it
/// would be with on-chip memory without end, in the same order.
void forget_takeovers(Ordered& ordered, const Program& program);

}  // namespace trainyard::program
