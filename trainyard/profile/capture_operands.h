// The text in which a capture gives an instruction's operands, read into addresses and patterns:
//   src=fp32@0x2002000[1,1,1][512,1,1] dst=fp32@0x4820[1,1,1][512,1,1] channels=128
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/dtype.h"

namespace trainyard::profile {

/// So many elements, or bytes, this far apart.
struct Stride {
  int64_t step = 0, count = 0;
  bool operator==(const Stride&) const = default;
};

/// Memory that an operand covers. On chip it is the same on each of `partitions`.
struct Extent {
  enum class Memory : uint8_t { sbuf, psum, hbm };
  Memory memory = Memory::sbuf;
  base::DType dtype = base::DType::u8;
  int64_t partitions = 0;    ///< on chip
  int64_t partition = 0;     ///< the first one
  int64_t address = 0;       ///< in bytes: within a partition, or of the device
  int table = -1;            ///< of HBM: the table of addresses that the runtime fills, or -1
  std::vector<Stride> dims;  ///< of elements, the innermost last; steps are not negative

  int64_t element_bytes() const { return static_cast<int64_t>(base::size_of(dtype)); }
  int64_t elements() const;  ///< of one partition, or in all
  int64_t bytes() const;     ///< from the first to the last element
};

/// The value of `key=` among operands, up to the next blank; empty if it is not there.
std::string_view value_of(std::string_view operands, std::string_view key);

/// "128*128": rows and columns of the Tensor Engine that are used.
std::optional<Stride> array_of(std::string_view operands);

/// `src=`, `dst=` or a pointer such as `bias_ptr=` of an engine's instruction. `dtype`: where the
/// capture leaves it out. Nothing if it is not there or not in this form.
std::optional<Extent> extent_of(std::string_view operands, std::string_view key, int64_t partitions,
                                base::DType dtype = base::DType::fp32);

/// The side `src` or `dst` of a DMA, whose patterns are in bytes.
std::optional<Extent> dma_extent_of(std::string_view operands, std::string_view side);

}  // namespace trainyard::profile
