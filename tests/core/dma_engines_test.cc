// The DMA engines against their law: two engines, elements of 10 ps.

#include "trainyard/core/dma_engines.h"

#include <gtest/gtest.h>

#include <map>

namespace trainyard::core {
namespace {

machine::Machine two_engines() {
  machine::Machine machine;
  machine.core.dma.engines = 2;
  machine.core.memory.hbm_gb_s = 0;
  return machine;
}

program::DmaWork work(int64_t elements, double element = 10) {
  program::DmaWork dma;
  dma.elements = elements;
  dma.element_ps = element;
  return dma;
}

// When each lands.
std::map<uint32_t, Picoseconds> run(DmaEngines& engines) {
  std::map<uint32_t, Picoseconds> landed;
  while (engines.next() != DmaEngines::kNever) {
    const DmaEngines::Event event = engines.step();
    if (event.landed != program::kNone) landed[event.landed] = event.time;
  }
  return landed;
}

using Landed = std::map<uint32_t, Picoseconds>;

TEST(DmaEngines, ADmaTakesItsLargestShare) {
  DmaEngines engines(two_engines(), 1);
  engines.add(0, Lane::dma_load, work(8), 100);
  EXPECT_EQ(run(engines), (Landed{{0, 140}}));
  engines.add(1, Lane::dma_load, work(7), 200);
  EXPECT_EQ(run(engines), (Landed{{1, 240}})) << "four on one engine, three on the other";
  EXPECT_EQ(engines.busy(), 150);
}

TEST(DmaEngines, AQueueMovesInOrder) {
  DmaEngines engines(two_engines(), 1);
  engines.add(0, Lane::dma_load, work(8), 0);
  engines.add(1, Lane::dma_load, work(2), 5);
  EXPECT_EQ(run(engines), (Landed{{0, 40}, {1, 50}}));
}

TEST(DmaEngines, QueuesTakeTurns) {
  DmaEngines engines(two_engines(), 1);
  engines.add(0, Lane::dma_load, work(8), 0);
  engines.add(1, Lane::dma_store, work(4), 10);
  // 10 ps alone, then half of the time until the store's 20 ps are done, then alone again.
  EXPECT_EQ(run(engines), (Landed{{0, 60}, {1, 50}}));
}

TEST(DmaEngines, TurnsAreOfOneElement) {
  DmaEngines engines(two_engines(), 1);
  engines.add(0, Lane::dma_load, work(2, 30), 0);
  engines.add(1, Lane::dma_store, work(4, 10), 0);
  EXPECT_EQ(run(engines), (Landed{{0, 40}, {1, 50}})) << "40 ps a round, 30 of them the load's";
}

TEST(DmaEngines, LoadsBesideStoresAreSlower) {
  machine::Machine machine = two_engines();
  machine.core.memory.hbm_mixed_percent = 80;
  DmaEngines engines(machine, 1);
  program::DmaWork store = work(8);
  store.store = true;
  engines.add(0, Lane::dma_load, work(8), 0);
  engines.add(1, Lane::dma_store, store, 0);
  EXPECT_EQ(run(engines), (Landed{{0, 100}, {1, 100}}));
}

TEST(DmaEngines, AFullRingSaysWhenItHasRoom) {
  for (const auto& [ring, room] : std::map<int, Picoseconds>{{8, -1}, {7, 10}, {4, 40}, {1, 70}}) {
    DmaEngines engines(two_engines(), 1);
    engines.add(0, Lane::dma_load, work(8), 0);
    engines.add(1, Lane::dma_load, work(8), 0);
    Picoseconds at = -1;
    EXPECT_EQ(engines.full(Lane::dma_load, ring), room >= 0);
    while (engines.next() != DmaEngines::kNever) {
      const DmaEngines::Event event = engines.step();
      if (event.has_room == static_cast<int>(Lane::dma_load)) at = event.time;
    }
    EXPECT_EQ(at, room) << "eight elements an engine, a ring of " << ring;
  }
}

}  // namespace
}  // namespace trainyard::core
