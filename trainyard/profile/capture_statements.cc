// One function for each opcode that captures of kernels have shown so far.

#include "trainyard/profile/capture_statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace trainyard::profile {

namespace {

using MaybeStatement = std::optional<Statement>;
using Tensors = std::vector<std::pair<std::string, std::optional<Extent>>>;

// Nothing where an operand is not known.
MaybeStatement statement(std::string name, const Tensors& tensors, std::string arguments = "") {
  Statement s{std::move(name), {}, std::move(arguments), {}};
  for (const auto& [parameter, extent] : tensors) {
    if (!extent) return std::nullopt;
    s.tensors.emplace_back(parameter, *extent);
  }
  return s;
}

std::string_view engine_of(const CapturedInstruction& in) {
  return in.lane == CaptureLane::tensor_load ? "tensor" : name_of(in.lane);
}

int64_t channels_of(const CapturedInstruction& in) {
  const std::string_view text = value_of(in.operands, "channels");
  int64_t channels = 0;
  std::from_chars(text.data(), text.data() + text.size(), channels);
  return std::clamp<int64_t>(channels, 0, INT16_MAX);
}

// The operators of the captures, by the names that programs have for them.
std::string_view operator_of(std::string_view name) {
  static const std::map<std::string_view, std::string_view> names = {{"ADD", "add"},
                                                                     {"SUBTRACT", "subtract"},
                                                                     {"MULTIPLY", "multiply"},
                                                                     {"MAX", "maximum"},
                                                                     {"MIN", "minimum"},
                                                                     {"DIVIDE", "divide"},
                                                                     {"EXP", "exp"},
                                                                     {"COPY", "copy"},
                                                                     {"IDENTITY", "copy"},
                                                                     {"RELU", "relu"},
                                                                     {"SQUARE", "square"},
                                                                     {"SQRT", "sqrt"},
                                                                     {"RSQRT", "rsqrt"},
                                                                     {"TANH", "tanh"},
                                                                     {"SIGMOID", "sigmoid"},
                                                                     {"GELU", "gelu"},
                                                                     {"SILU", "silu"},
                                                                     {"SOFTPLUS", "softplus"},
                                                                     {"RECIPROCAL", "reciprocal"},
                                                                     {"LOG", "log"},
                                                                     {"LN", "log"},
                                                                     {"ERF", "erf"},
                                                                     {"SIN", "sin"},
                                                                     {"ARCTAN", "arctan"}};
  const auto found = names.find(name);
  return found == names.end() ? std::string_view() : found->second;
}

MaybeStatement activation(const CapturedInstruction& in) {
  const int64_t rows = channels_of(in);
  const std::string_view op = operator_of(in.function);
  if (op.empty()) return std::nullopt;
  Tensors tensors = {{"dst", extent_of(in.operands, "dst", rows)},
                     {"data", extent_of(in.operands, "src", rows)}};
  if (!value_of(in.operands, "bias_ptr").empty())
    tensors.emplace_back("bias", extent_of(in.operands, "bias_ptr", rows));
  return statement("activation", tensors, fmt::format(" op={}", op));
}

MaybeStatement copy(const CapturedInstruction& in) {
  const int64_t rows = channels_of(in);
  return statement(
      fmt::format("tensor_copy@{}", engine_of(in)),
      {{"dst", extent_of(in.operands, "dst", rows)}, {"src", extent_of(in.operands, "src", rows)}},
      fmt::format(" engine={}", engine_of(in)));
}

MaybeStatement reciprocal(const CapturedInstruction& in) {
  const int64_t rows = channels_of(in);
  return statement("reciprocal", {{"dst", extent_of(in.operands, "dst", rows)},
                                  {"data", extent_of(in.operands, "src", rows)}});
}

// Over the innermost dimension, which may have a single element.
MaybeStatement reduction(const CapturedInstruction& in) {
  const int64_t rows = channels_of(in);
  const std::string_view op = operator_of(value_of(in.operands, "op"));
  const auto dst = extent_of(in.operands, "dst", rows);
  auto data = extent_of(in.operands, "src", rows);
  if (op.empty() || !dst || !data || value_of(in.operands, "dim") != "X") return std::nullopt;
  if (data->elements() == dst->elements()) data->dims.push_back({1, 1});
  if (data->dims.empty() || data->elements() / data->dims.back().count != dst->elements())
    return std::nullopt;
  const bool negated = value_of(in.operands, "negated") == "1";
  return statement(
      "tensor_reduce", {{"dst", dst}, {"data", data}},
      fmt::format(" op={} axis=[{}]{}", op, data->dims.size(), negated ? " negate=True" : ""));
}

// One operator with a column of scalars: "ops=MULTIPLY,BYPASS imm=0x6840,0 imm_src=PTR,…".
MaybeStatement tensor_scalar(const CapturedInstruction& in) {
  const int64_t rows = channels_of(in);
  const std::string_view ops = value_of(in.operands, "ops");
  const std::string_view scalar = value_of(in.operands, "imm");
  const std::string_view op = operator_of(ops.substr(0, ops.find(',')));
  const bool single = ops.ends_with(",BYPASS");
  if (op.empty() || !single || !value_of(in.operands, "imm_src").starts_with("PTR,"))
    return std::nullopt;
  const std::string pointer = fmt::format("at={}", scalar.substr(0, scalar.find(',')));
  return statement("tensor_scalar@vector",
                   {{"dst", extent_of(in.operands, "dst", rows)},
                    {"data", extent_of(in.operands, "src", rows)},
                    {"operand0", extent_of(pointer, "at", rows)}},
                   fmt::format(" op0={} engine=vector", op));
}

MaybeStatement dma(const CapturedInstruction& in) {
  if (value_of(in.operands, "compute_op") != "NONE") return std::nullopt;
  const bool hardware = in.lane == CaptureLane::sync || in.lane == CaptureLane::scalar;
  return statement(
      "dma_copy",
      {{"dst", dma_extent_of(in.operands, "dst")}, {"src", dma_extent_of(in.operands, "src")}},
      hardware ? fmt::format(" dge_mode=hwdge engine={}", engine_of(in))
               : std::string(" dge_mode=swdge"));
}

MaybeStatement alone(const CapturedInstruction& in) {
  static const std::map<std::string_view, MaybeStatement (*)(const CapturedInstruction&)> all = {
      {"ACTIVATE", activation},
      {"COPY", copy},
      {"CAST", copy},
      {"RECIPROCAL", reciprocal},
      {"TENSOR_REDUCE", reduction},
      {"TENSOR_SCALAR", tensor_scalar},
      {"DMA_DIRECT2D", dma}};
  const auto found = all.find(in.opcode);
  return found == all.end() ? std::nullopt : found->second(in);
}

// Pairs loads of weights with the matmuls that use them. In float32 the high half of the weights
// follows the low one, and both belong to one product.
class Matmuls {
 public:
  explicit Matmuls(const CapturedCore& core) : core_(core) {}

  /// The product that this instruction completes, if it does. `left_out` gets what has no part.
  MaybeStatement add(uint32_t k, std::vector<uint32_t>& left_out) {
    const CapturedInstruction& in = core_.instructions[k];
    if (in.opcode == "LDWEIGHTS") {
      loads_.push_back(k);
      return std::nullopt;
    }
    const bool loads = !loads_.empty();
    if (loads) {
      weights_ = loads_.front();
      loads_.erase(loads_.begin());
    }
    if (!weights_) {
      left_out.push_back(k);
      return std::nullopt;
    }
    if (loads) parts_.push_back(*weights_);
    parts_.push_back(k);
    const std::string_view mode = mode_of(*weights_);
    if (mode == "LOW" && !transposes(*weights_)) return std::nullopt;  // the high half comes
    return product(left_out);
  }
  /// What never became a product.
  std::vector<uint32_t> rest() const {
    std::vector<uint32_t> all = parts_;
    all.insert(all.end(), loads_.begin(), loads_.end());
    return all;
  }

 private:
  std::string_view mode_of(uint32_t k) const {
    return value_of(core_.instructions[k].operands, "fp32_mode");
  }
  bool transposes(uint32_t k) const {
    return value_of(core_.instructions[k].operands, "transpose_mode") == "ENABLED";
  }

  MaybeStatement product(std::vector<uint32_t>& left_out) {
    const std::string& load = core_.instructions[*weights_].operands;
    const auto first = std::ranges::find(parts_, "MATMUL", [&](uint32_t k) {
      return std::string_view(core_.instructions[k].opcode);
    });
    const std::string& matmul = core_.instructions[*first].operands;
    const auto array = array_of(matmul), loaded = array_of(load);
    const bool transposed = transposes(*weights_);
    MaybeStatement s;
    if (array && loaded) {
      const auto stationary = extent_of(load, "src", loaded->step);
      const auto moving = extent_of(matmul, "src", array->step);
      const auto type = transposed && stationary ? stationary->dtype : base::DType::fp32;
      const std::string_view flags = value_of(matmul, "acc_flags");
      const bool adds = flags == "0" || flags == "2";  // 1: the first of a sum, 3: the only one
      s = statement("nc_matmul",
                    {{"dst", extent_of(matmul, "dst", loaded->count, type)},
                     {"stationary", stationary},
                     {"moving", moving}},
                    transposed ? " is_transpose=True"
                               : fmt::format(" accumulate={}", adds ? "True" : "False"));
    }
    if (s) s->captured = parts_;
    else left_out.insert(left_out.end(), parts_.begin(), parts_.end());
    parts_.clear();
    return s;
  }

  const CapturedCore& core_;
  std::vector<uint32_t> loads_, parts_;
  std::optional<uint32_t> weights_;
};

}  // namespace

std::vector<Statement> statements_of(const CapturedCore& core, std::vector<uint32_t>& left_out) {
  std::vector<Statement> statements;
  Matmuls matmuls(core);
  for (uint32_t k = 0; k < core.instructions.size(); ++k) {
    const CapturedInstruction& in = core.instructions[k];
    if (is_runtime(in)) continue;
    const bool product = in.opcode == "LDWEIGHTS" || in.opcode == "MATMUL";
    MaybeStatement s = product ? matmuls.add(k, left_out) : alone(in);
    if (!product) {
      if (s) s->captured = {k};
      else left_out.push_back(k);
    }
    if (s) statements.push_back(std::move(*s));
  }
  const auto rest = matmuls.rest();
  left_out.insert(left_out.end(), rest.begin(), rest.end());
  std::ranges::sort(left_out);
  // A product is complete after its first instruction, which is what it starts with.
  std::ranges::stable_sort(statements, {}, [](const Statement& s) { return s.captured.front(); });
  return statements;
}

}  // namespace trainyard::profile
