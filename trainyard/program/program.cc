// The program's shared tables. Layouts and argument lists repeat across thousands of calls, so they
// are stored once.

#include "trainyard/program/program.h"

namespace trainyard::program {

namespace {

uint64_t mix(uint64_t h, uint64_t v) {
  h ^= v + 0x9e3779b97f4a7c15 + (h << 6) + (h >> 2);
  return h * 0xff51afd7ed558ccd;
}

uint64_t hash(const isa::Layout& l) {
  uint64_t h = static_cast<uint64_t>(l.dtype) | l.ndim << 8 |
               static_cast<uint64_t>(l.indirect) << 16 | uint64_t{l.reg} << 24;
  h = mix(h, static_cast<uint64_t>(l.scale));
  h = mix(h, static_cast<uint64_t>(l.limit));
  for (int d = 0; d < l.ndim; ++d) {
    h = mix(h, static_cast<uint64_t>(l.dims[d].step));
    h = mix(h, static_cast<uint64_t>(l.dims[d].count));
  }
  return h;
}

}  // namespace

TensorId Program::add_tensor(isa::Tensor tensor) {
  tensors_.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors_.size() - 1);
}

LayoutId Program::intern(const isa::Layout& layout) {
  auto& candidates = layout_index_[hash(layout)];
  for (LayoutId id : candidates)
    if (layouts_[id] == layout) return id;
  layouts_.push_back(layout);
  candidates.push_back(static_cast<LayoutId>(layouts_.size() - 1));
  return candidates.back();
}

uint32_t Program::intern_list(std::span<const int64_t> list) {
  uint64_t h = list.size();
  for (int64_t v : list) h = mix(h, static_cast<uint64_t>(v));
  auto& candidates = list_index_[h];
  for (uint32_t id : candidates)
    if (std::equal(list.begin(), list.end(), lists_[id].begin(), lists_[id].end())) return id;
  lists_.push_back({list.begin(), list.end()});
  candidates.push_back(static_cast<uint32_t>(lists_.size() - 1));
  return candidates.back();
}

uint32_t Program::intern_text(std::string_view text) {
  const auto [it, fresh] =
      text_index_.try_emplace(std::string(text), static_cast<uint32_t>(texts_.size()));
  if (fresh) texts_.push_back(std::string(text));
  return it->second;
}

InstructionId Program::add(isa::Opcode opcode, Engine engine, std::span<const Value> values,
                           std::span<const Operand> operands, uint32_t site) {
  uint64_t h = opcode;
  for (const Value& v : values) h = mix(mix(h, static_cast<uint64_t>(v.kind)), v.bits);
  auto& candidates = value_index_[h];
  uint32_t first = kNone;
  for (uint32_t at : candidates) {
    // Entries of other instructions may be shorter than `values`, but never past the table's end.
    if (at + values.size() <= values_.size() &&
        std::equal(values.begin(), values.end(), values_.begin() + at)) {
      first = at;
      break;
    }
  }
  if (first == kNone) {
    first = static_cast<uint32_t>(values_.size());
    values_.insert(values_.end(), values.begin(), values.end());
    candidates.push_back(first);
  }
  Instruction in;
  in.opcode = opcode;
  in.engine = engine;
  in.values = first;
  in.first_operand = static_cast<uint32_t>(operands_.size());
  in.site = site;
  for (const Operand& o : operands)
    in.dynamic |= layouts_[o.layout].indirect != isa::Indirect::none;
  operands_.insert(operands_.end(), operands.begin(), operands.end());
  instructions_.push_back(in);
  const auto id = static_cast<InstructionId>(instructions_.size() - 1);
  accesses_.resize(operands_.size(), isa::Access::none);
  for_each_operand(call(id), [&](int slot, isa::Access access) {
    accesses_[in.first_operand + slot] = access;
    isa::Tensor& t = tensors_[operands[slot].tensor];
    if (access != isa::Access::read) t.written = true;
    if (access == isa::Access::read || access == isa::Access::update) t.read = true;
  });
  return id;
}

std::string_view Program::label(InstructionId i) const {
  const Value& v = values(i).back();
  return v.kind == Value::Kind::text ? texts_[v.bits] : std::string_view{};
}

}  // namespace trainyard::program
