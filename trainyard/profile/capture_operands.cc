// A small parser: what it does not know, it leaves alone, and the caller leaves out.

#include "trainyard/profile/capture_operands.h"

#include <algorithm>
#include <charconv>

namespace trainyard::profile {

namespace {

// The flat map of a core's memories, as its addresses show: a step of 256 KiB from partition to
// partition, PSUM behind the 128 of SBUF.
constexpr int64_t kPartitionStep = int64_t{1} << 18;
constexpr int64_t kPsum = 128 * kPartitionStep;
constexpr int64_t kMost = int64_t{1} << 32;  // elements and bytes of one operand

std::optional<int64_t> number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

constexpr int64_t kHighest = int64_t{1} << 60;  // address

// "[1,0,-32]", which is cut off the front of `text`.
std::optional<std::vector<int64_t>> take_list(std::string_view& text) {
  const size_t close = text.find(']');
  if (!text.starts_with("[") || close == text.npos) return std::nullopt;
  std::string_view inner = text.substr(1, close - 1);
  text.remove_prefix(close + 1);
  std::vector<int64_t> list;
  while (true) {
    const size_t comma = std::min(inner.find(','), inner.size());
    const auto item = number(inner.substr(0, comma));
    if (!item || *item > kMost || *item < -kMost) return std::nullopt;
    list.push_back(*item);
    if (comma == inner.size()) return list;
    inner.remove_prefix(comma + 1);
  }
}

// "[steps][counts]", innermost first, as dims, innermost last, without those of one element.
std::optional<std::vector<Stride>> pattern_of(std::string_view text) {
  const auto steps = take_list(text);
  const auto counts = steps ? take_list(text) : std::nullopt;
  if (!counts || !text.empty() || steps->size() != counts->size()) return std::nullopt;
  std::vector<Stride> dims;
  int64_t elements = 1, reach = 0;
  for (size_t d = 0; d < steps->size(); ++d) {
    const int64_t count = (*counts)[d];
    if (count < 1 || count > kMost / elements) return std::nullopt;
    elements *= count;
    const int64_t step = (*steps)[d];
    if (count > 1 && std::abs(step) > kMost / count) return std::nullopt;
    reach += std::abs(step) * (count - 1);
    if (reach > kMost) return std::nullopt;
    if (count > 1) dims.insert(dims.begin(), {step, count});
  }
  return dims;
}

// Backwards is forwards from the other end.
void turn_forwards(Extent& e) {
  for (Stride& d : e.dims) {
    if (d.step >= 0) continue;
    e.address += d.step * (d.count - 1) * e.element_bytes();
    d.step = -d.step;
  }
}

bool place_on_chip(Extent& e, int64_t address) {
  if (address < 0 || address >= 2 * kPsum) return false;
  e.memory = address < kPsum ? Extent::Memory::sbuf : Extent::Memory::psum;
  e.partition = address % kPsum / kPartitionStep;
  e.address = address % kPartitionStep;
  return true;
}

}  // namespace

int64_t Extent::elements() const {
  int64_t n = 1;
  for (const Stride& d : dims) n *= d.count;
  return n;
}

int64_t Extent::bytes() const {
  int64_t last = 0;
  for (const Stride& d : dims) last += d.step * (d.count - 1);
  return (last + 1) * element_bytes();
}

std::string_view value_of(std::string_view operands, std::string_view key) {
  for (size_t at = operands.find(key); at != operands.npos; at = operands.find(key, at + 1)) {
    const bool starts = at == 0 || operands[at - 1] == ' ';
    std::string_view rest = operands.substr(at + key.size());
    if (!starts || !rest.starts_with("=")) continue;
    rest.remove_prefix(1);
    return rest.substr(0, rest.find(' '));
  }
  return {};
}

std::optional<Stride> array_of(std::string_view operands) {
  while (!operands.empty() && operands.back() == ' ') operands.remove_suffix(1);
  operands = operands.substr(operands.rfind(' ') + 1);  // all of it without a blank
  const size_t star = operands.find('*');
  if (star == operands.npos) return std::nullopt;
  const auto rows = number(operands.substr(0, star)), columns = number(operands.substr(star + 1));
  if (!rows || !columns || *rows < 1 || *columns < 1) return std::nullopt;
  return Stride{*rows, *columns};
}

std::optional<Extent> extent_of(std::string_view operands, std::string_view key, int64_t partitions,
                                base::DType dtype) {
  std::string_view text = value_of(operands, key);
  const size_t at = text.find('@');
  if (at != text.npos) {
    const auto known = base::dtype_from_name(text.substr(0, at));
    if (!known) return std::nullopt;
    dtype = *known;
    text.remove_prefix(at + 1);
  }
  const size_t open = std::min(text.find('['), text.size());
  const auto address = number(text.substr(0, open));
  Extent e;
  e.dtype = dtype;
  e.partitions = partitions;
  if (!address || !place_on_chip(e, *address)) return std::nullopt;
  if (open == text.size()) return e;  // a pointer: one element
  auto dims = pattern_of(text.substr(open));
  if (!dims) return std::nullopt;
  e.dims = std::move(*dims);
  turn_forwards(e);
  if (e.address % e.element_bytes() != 0) return std::nullopt;
  if (e.address < 0 || e.address + e.bytes() > kPartitionStep) return std::nullopt;
  return e;
}

std::optional<Extent> dma_extent_of(std::string_view operands, std::string_view side) {
  const auto part = [&](std::string_view key) {
    return value_of(operands, std::string(side) + "_" + std::string(key));
  };
  Extent e;
  const std::string_view dtype = value_of(operands, side == "src" ? "in_dtype" : "out_dtype");
  if (!dtype.empty()) {
    const auto known = base::dtype_from_name(dtype);
    if (!known) return std::nullopt;
    e.dtype = *known;
  }
  const auto run = number(part("elem_size"));
  auto dims = pattern_of(part("pattern"));
  const int64_t size = e.element_bytes();
  if (!run || *run < 1 || *run > kMost || *run % size != 0 || !dims) return std::nullopt;
  auto address = number(part("addr_imm"));
  if (!address) {
    const auto table = number(part("table_index"));
    address = number(part("table_offset_imm"));
    if (!table || !address || *table < 0 || *table > INT16_MAX) return std::nullopt;
    e.table = static_cast<int>(*table);
  }
  if (*address < 0 || *address > kHighest) return std::nullopt;
  // Partitions are the outermost dimension on chip, so that the other side's rows are theirs.
  const bool on_chip = e.table < 0 && !dims->empty() && dims->front().step == kPartitionStep;
  if (on_chip) {
    e.partitions = dims->front().count;
    dims->erase(dims->begin());
    if (!place_on_chip(e, *address % (2 * kPsum))) return std::nullopt;
  } else {
    e.memory = Extent::Memory::hbm;
    e.address = *address;
  }
  for (const Stride& d : *dims) {
    if (d.step < 0 || d.step % size != 0) return std::nullopt;
    e.dims.push_back({d.step / size, d.count});
  }
  if (*run / size > 1 || e.dims.empty()) e.dims.push_back({1, *run / size});
  if (e.address % size != 0) return std::nullopt;
  if (on_chip && e.address + e.bytes() > kPartitionStep) return std::nullopt;
  return e;
}

}  // namespace trainyard::profile
