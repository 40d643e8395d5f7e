// What a tensor declaration must satisfy before any instruction uses it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainyard/program/program.h"

namespace trainyard::program {

using base::Code;
using base::Error;
using isa::Buffer;

void check_tensor(const Program& program, const isa::Tensor& t) {
  const machine::Machine& machine = program.machine();
  if (!isa::is_on_chip(t.buffer)) return;
  const machine::Memory& m = machine.core.memory;
  const std::string what =
      fmt::format("{}{}[{}] in {}", t.name.empty() ? "" : t.name + ": ", base::name_of(t.dtype),
                  fmt::join(t.shape, ", "), isa::name_of(t.buffer));
  const auto whose = [&](std::string_view key) { return fmt::format("{}: {}", machine.name, key); };
  if (t.partitions() > machine.core.partitions)
    throw Error(Code::E101, fmt::format("{} has {} partitions", what, t.partitions()))
        .limit(std::to_string(t.partitions()), std::to_string(machine.core.partitions),
               whose("core.partitions"));
  const bool sbuf = t.buffer == Buffer::sbuf;
  const int64_t room =
      sbuf ? m.sbuf_partition_bytes - m.sbuf_reserved_bytes : m.psum_partition_bytes;
  const std::string_view key =
      sbuf ? "core.memory.sbuf_partition_bytes" : "core.memory.psum_partition_bytes";
  if (t.row_bytes() > room)
    program.strictness.refuse(
        Error(sbuf ? Code::E201 : Code::E202,
              fmt::format("{} needs {} bytes in each partition", what, t.row_bytes()))
            .limit(std::to_string(t.row_bytes()), std::to_string(room), whose(key)));
  if (!t.has_address()) return;
  const int64_t first = t.address_partition;
  if (first < 0 || first + t.partitions() > machine.core.partitions)
    throw Error(Code::E204, fmt::format("{} at partition {}", what, first))
        .limit(fmt::format("partitions {} to {}", first, first + t.partitions() - 1),
               fmt::format("0 to {}", machine.core.partitions - 1), whose("core.partitions"));
  if (!sbuf && t.address_bytes % m.psum_bank_bytes != 0)
    throw Error(Code::E204,
                fmt::format("{} at byte {} of a bank", what, t.address_bytes % m.psum_bank_bytes))
        .limit(std::to_string(t.address_bytes), fmt::format("a multiple of {}", m.psum_bank_bytes),
               whose("core.memory.psum_bank_bytes"));
  const int64_t end = t.address_bytes + t.row_bytes();
  const int64_t size = sbuf ? m.sbuf_partition_bytes : m.psum_partition_bytes;
  if (end > size)
    throw Error(Code::E204, fmt::format("{} at byte {}", what, t.address_bytes))
        .limit(fmt::format("bytes up to {}", end), std::to_string(size), whose(key));
}

}  // namespace trainyard::program
