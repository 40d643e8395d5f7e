// Printing a program: everything in tables of fixed form, nothing rounded, defaults left out.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>

#include "trainyard/program/text.h"
#include "trainyard/program/text_lexer.h"

namespace trainyard::program {

using isa::Dim;
using isa::Indirect;
using isa::Layout;
using isa::Param;
using isa::ParamKind;

namespace {

// `; file:line in function`, or nothing.
std::string site_comment(const Program& p, uint32_t site) {
  const base::Place place = p.place(site);
  if (place.file.empty()) return "";
  const bool plain = std::all_of(place.file.begin(), place.file.end(), [](char c) {
    return c > ' ' && c != '"' && c != ';' && c != ':' && c != 127;
  });
  std::string out = fmt::format(" ; {}:{}", plain ? place.file : quoted(place.file), place.line);
  if (!place.function.empty()) out += " in " + quoted(place.function);
  return out;
}

void put(std::string& out, int64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

// The slices that make up the access, one a dimension of the tensor; empty if it is none of that.
std::string slices(const isa::Tensor& t, const Layout& l, int64_t offset) {
  if (l.dtype != t.dtype || l.ndim != t.shape.size() || l.ndim == 0) return "";
  std::string out = "[";
  bool whole = true;
  int64_t stride = 1;
  std::array<int64_t, isa::kMaxDims> strides;
  for (int d = l.ndim - 1; d >= 0; --d) {
    strides[d] = stride;
    stride *= t.shape[d];
  }
  if (offset < 0 || offset >= stride) return "";
  for (int d = 0; d < l.ndim; ++d) {
    const Dim& dim = l.dims[d];
    const int64_t start = offset / strides[d];
    offset %= strides[d];
    if (dim.step < strides[d] || dim.step % strides[d] != 0) return "";
    const int64_t step = dim.step / strides[d];
    // Of a single element the step does not show.
    if (dim.count < 1 || (dim.count == 1 && step != 1)) return "";
    if ((t.shape[d] - 1 - start) / step < dim.count - 1) return "";
    const int64_t stop = std::min(t.shape[d], start + dim.count * step);
    whole &= start == 0 && step == 1 && stop == t.shape[d];
    if (d > 0) out += ", ";
    put(out, start);
    out += ':';
    put(out, stop);
    if (step == 1) continue;
    out += ':';
    put(out, step);
  }
  return whole ? " " : out + ']';
}

std::string list_text(const Program& p, const Param& param, const Value& v) {
  const auto list = p.list(static_cast<uint32_t>(v.bits));
  std::vector<std::string> items;
  if (param.kind == ParamKind::numbers) {
    for (int64_t bits : list) items.push_back(hexadecimal(std::bit_cast<double>(bits)));
  } else if (param.kind == ParamKind::pattern && list.size() % 2 == 0) {
    for (size_t i = 0; i < list.size(); i += 2)
      items.push_back(fmt::format("[{}, {}]", list[i], list[i + 1]));
  } else {
    for (int64_t i : list) items.push_back(std::to_string(i));
  }
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string tensors_text(const Program& p, InstructionId i, int param) {
  const Call call = p.call(i);
  std::vector<std::string> items;
  for (int k = 0; k < call.tensor_count(param); ++k)
    items.push_back(print_access(p, p.operands(i), call.slot(param, k)));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string value_text(const Program& p, InstructionId i, int param) {
  const Param& spec = p.spec(i).params[param];
  const Value& v = p.values(i)[param];
  switch (v.kind) {
    case Value::Kind::none: return "None";
    case Value::Kind::boolean: return v.truth() ? "True" : "False";
    case Value::Kind::integer: {
      const auto names = isa::member_names(spec.kind);
      const auto at = static_cast<size_t>(v.bits);
      return at < names.size() ? std::string(names[at]) : std::to_string(v.bits);
    }
    case Value::Kind::number: return hexadecimal(v.number());
    case Value::Kind::op: return std::string(name_of(v.op()));
    case Value::Kind::reg: return fmt::format("r{}", v.bits);
    case Value::Kind::list: return list_text(p, spec, v);
    case Value::Kind::text: return quoted(p.text(static_cast<uint32_t>(v.bits)));
    case Value::Kind::operand:
      return spec.kind == ParamKind::tensors
                 ? tensors_text(p, i, param)
                 : print_access(p, p.operands(i), p.call(i).slot(param));
  }
  return "None";
}

// `edges`: those of the program, sorted.
std::string edges_text(std::span<const Edge> edges, InstructionId i) {
  std::vector<std::string> producers;
  for (auto e = std::ranges::lower_bound(edges, Edge{i, 0}); e != edges.end() && e->consumer == i;
       ++e)
    producers.push_back(fmt::format("%{}", e->producer));
  return producers.empty() ? "" : fmt::format(" after=[{}]", fmt::join(producers, ", "));
}

std::string instruction_text(const Program& p, std::span<const Edge> edges, InstructionId i) {
  const isa::Spec& spec = p.spec(i);
  std::string out = fmt::format("%{}: {}", i, spec.name);
  const Engine engine = p.instruction(i).engine;
  const bool obvious = spec.engines.empty() ? engine == Engine::sync
                                            : spec.engines.size() == 1 && engine == spec.engines[0];
  if (!obvious) out += fmt::format("@{}", name_of(engine));
  const std::string arguments = print_arguments(p, i);
  if (!arguments.empty()) out += " " + arguments;
  return out + edges_text(edges, i) + site_comment(p, p.instruction(i).site) + "\n";
}

std::string tensor_text(const Program& p, TensorId id) {
  const isa::Tensor& t = p.tensor(id);
  std::string out = fmt::format("t{}: {}[{}] {}", id, base::name_of(t.dtype),
                                fmt::join(t.shape, ", "), name_of(t.buffer));
  if (!t.name.empty()) out += " " + quoted(t.name);
  if (t.has_address())
    out += fmt::format(" at=({}, {})", std::max<int64_t>(0, t.address_partition), t.address_bytes);
  if (t.input) out += " input";
  return out + site_comment(p, t.site) + "\n";
}

std::string ids_text(std::string_view word, const std::vector<TensorId>& ids) {
  if (ids.empty()) return "";
  std::vector<std::string> names;
  for (TensorId id : ids) names.push_back(fmt::format("t{}", id));
  return fmt::format("{} {}\n", word, fmt::join(names, ", "));
}

}  // namespace

std::string print_access(const Program& p, std::span<const Operand> operands, int slot) {
  const Operand& o = operands[slot];
  const Layout& l = p.layout(o.layout);
  const isa::Tensor& t = p.tensor(o.tensor);
  std::string out = "t";
  put(out, o.tensor);
  const std::string sliced = slices(t, l, o.offset);
  if (!sliced.empty()) {
    if (sliced != " ") out += sliced;
  } else {
    out += '@';
    put(out, o.offset);
    for (int d = 0; d < l.ndim; ++d) {
      out += d == 0 ? "[[" : ", [";
      put(out, l.dims[d].step);
      out += ", ";
      put(out, l.dims[d].count);
      out += ']';
    }
    out += l.ndim == 0 ? "[]" : "]";
    if (l.dtype != t.dtype) out += fmt::format(":{}", base::name_of(l.dtype));
  }
  if (l.indirect == Indirect::none) return out;
  const std::string index =
      l.reg != kNone ? fmt::format("r{}", l.reg) : print_access(p, operands, slot + 1);
  return out + fmt::format("{{{}={} scale={} limit={} dim={}}}", isa::name_of(l.indirect), index,
                           l.scale, l.limit, l.indirect_dim);
}

std::string print_arguments(const Program& p, InstructionId i) {
  const isa::Spec& spec = p.spec(i);
  std::string out;
  for (size_t k = 0; k < spec.params.size(); ++k) {
    const Param& param = spec.params[k];
    const Value& v = p.values(i)[k];
    if (v == param.default_value && (v.present() || !param.default_text.empty())) continue;
    if (!out.empty()) out += ' ';
    out += param.name;
    out += '=';
    out += value_text(p, i, static_cast<int>(k));
  }
  return out;
}

std::string print_program(const Program& p) {
  std::string out = fmt::format("program {} machine={} core={}", quoted(p.name),
                                quoted(p.machine().name), p.core());
  const isa::Seat& seat = p.seat();
  if (seat.cores > 1) out += fmt::format(" cores={}", seat.cores);
  if (seat.ranks > 1) out += fmt::format(" rank={} ranks={}", seat.rank, seat.ranks);
  out += '\n';
  if (p.register_count() > 0) out += fmt::format("registers {}\n", p.register_count());
  for (TensorId id = 0; id < p.tensor_count(); ++id) out += tensor_text(p, id);
  out += ids_text("inputs", p.inputs) + ids_text("outputs", p.outputs);
  std::vector<Edge> edges(p.edges().begin(), p.edges().end());
  std::ranges::sort(edges);
  auto branch = p.branches().begin();
  for (InstructionId i = 0; i <= p.size(); ++i) {
    for (; branch != p.branches().end() && branch->before == i; ++branch)
      out += branch->taken ? "branch taken\n" : "branch not taken\n";
    if (i < p.size()) out += instruction_text(p, edges, i);
  }
  return out;
}

}  // namespace trainyard::program
