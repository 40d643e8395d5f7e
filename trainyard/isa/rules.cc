// Limits that several instructions share.

#include "trainyard/isa/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "trainyard/isa/indirection.h"

namespace trainyard::isa {

using base::Code;
using base::Error;

std::string label(const Call& call, int param) {
  return fmt::format("{}: {}", call.spec().name, call.spec().params[param].name);
}

std::string whose(const Call& call, std::string_view key) {
  return fmt::format("{}: {}", call.machine().name, key);
}

namespace {

std::string spec_rule(const Call& call) { return fmt::format("{}", call.spec().name); }

// What the engines can address: Tensor reads SBUF and writes PSUM; Vector and Scalar reach both;
// GpSimd reaches SBUF; DMA reaches HBM and SBUF.
bool reaches(Engine engine, Buffer buffer, Access access) {
  switch (engine) {
    case Engine::tensor:
      return access == Access::read ? buffer == Buffer::sbuf : buffer == Buffer::psum;
    case Engine::vector:
    case Engine::scalar: return is_on_chip(buffer);
    case Engine::gpsimd: return buffer == Buffer::sbuf;
    case Engine::dma:
    case Engine::sync: return buffer != Buffer::psum;
    case Engine::unknown: return true;
  }
  return true;
}

void refuse_memory(const Call& call, int param, const OperandView& v) {
  const Engine engine = call.engine();
  const bool reads = call.spec().params[param].access == Access::read;
  const bool dma = engine == Engine::dma || engine == Engine::sync;
  // NKI 0.2 took PSUM as the source of dma_copy.
  if (dma && reads && v.buffer() == Buffer::psum && call.tables().strictness.before(3)) return;
  const Error error = Error(Code::E107, fmt::format("{} is in {}, which the {} engine cannot {}",
                                                    label(call, param), name_of(v.buffer()),
                                                    name_of(engine), reads ? "read" : "write"))
                          .limit(std::string(name_of(v.buffer())),
                                 engine == Engine::tensor   ? (reads ? "sbuf" : "psum")
                                 : engine == Engine::gpsimd ? "sbuf"
                                 : dma                      ? "sbuf or HBM"
                                                            : "sbuf or psum",
                                 fmt::format("the {} engine", name_of(engine)))
                          .note(v.describe());
  if (!v.on_chip()) throw error;  // device memory has no partitions to address
  refuse(call, error);
}

// An engine walks a partition in four loops. Dimensions that one step covers are one loop.
void check_free_dimensions(const Call& call, int param, const OperandView& v) {
  constexpr int kLoops = 4;
  int loops = 0;
  Dim inner{0, 1};
  for (int d = v.layout->ndim - 1; d > 0; --d) {
    const Dim& dim = v.layout->dims[d];
    if (dim.count == 1) continue;
    if (inner.count > 1 && dim.step == inner.step * inner.count) {
      inner.count *= dim.count;
      continue;
    }
    inner = dim;
    ++loops;
  }
  if (loops <= kLoops) return;
  throw Error(Code::E110, fmt::format("{} has {} free dimensions with steps of their own",
                                      label(call, param), loops))
      .limit(std::to_string(loops), std::to_string(kLoops), "access patterns of the engines")
      .fix("Copy the tile in parts, or by DMA into a simpler layout.")
      .note(v.describe());
}

// What an address is read from: integers in SBUF, one of them for a scalar offset.
void check_index(const Call& call, int param, int i) {
  const OperandView v = call.operand(param, i);
  if (v.layout->indirect == Indirect::none || v.layout->reg != kNone) return;
  const OperandView index = call.index_of(param, i);
  const std::string what = label(call, param) + "'s index";
  if (!base::is_integer(index.dtype()))
    throw Error(Code::E105, fmt::format("{} is {}", what, base::name_of(index.dtype())))
        .limit(std::string(base::name_of(index.dtype())), "an integer type", "dynamic addresses");
  if (index.buffer() != Buffer::sbuf)
    throw Error(Code::E107, fmt::format("{} is in {}", what, name_of(index.buffer())))
        .limit(std::string(name_of(index.buffer())), "sbuf", "dynamic addresses")
        .note(index.describe());
  if (v.layout->indirect == Indirect::scalar && index.elements() != 1)
    throw Error(Code::E110, fmt::format("{} has {} elements", what, index.elements()))
        .limit(std::to_string(index.elements()), "1", "scalar_offset")
        .note(index.describe());
}

}  // namespace

void check_meets(const Call& call) {
  if (call.tables().cores() > 1) return;
  throw Error(Code::E305, fmt::format("{}: there is no other core to meet", call.spec().name))
      .limit("1 physical core", "2", "the launch grid")
      .fix("Launch the kernel as kernel[2](…).");
}

void check_start_partition(const Call& call, int param, const OperandView& v, int count) {
  const int start = v.start_partition();
  const int align = count > 64 ? 128 : count > 32 ? 64 : 32;
  if (start % align == 0) return;
  refuse(call, Error(Code::E108, fmt::format("{} covers {} partitions from partition {}",
                                             label(call, param), count, start))
                   .limit(std::to_string(start),
                          align == 128  ? "0"
                          : align == 64 ? "0 or 64"
                                        : "0, 32, 64 or 96",
                          "the engines' access rules (A2)")
                   .note(v.describe()));
}

int known_start(const Call& call, const OperandView& v) {
  const bool fixed = v.tensor->has_address() || v.tensor->partitions() == call.core().partitions;
  return fixed ? v.start_partition() : -1;
}

int known_start(const Call& call, int param) { return known_start(call, call.operand(param)); }

void check_common(const Call& call) {
  const Spec& spec = call.spec();
  if (call.core().version < spec.version) needs_version(call, spec.version, spec.name);
  const Engine engine = call.engine();
  if (!spec.engines.empty() &&
      std::find(spec.engines.begin(), spec.engines.end(), engine) == spec.engines.end()) {
    std::vector<std::string_view> names;
    for (Engine e : spec.engines) names.push_back(name_of(e));
    throw Error(Code::E112,
                fmt::format("{} cannot run on the {} engine", spec.name, name_of(engine)))
        .limit(std::string(name_of(engine)), fmt::format("{}", fmt::join(names, ", ")),
               spec_rule(call));
  }
  for (size_t p = 0; p < spec.params.size(); ++p) {
    const int param = static_cast<int>(p);
    if (!call.is_tensor(param)) continue;
    for (int i = 0; i < call.tensor_count(param); ++i) {
      const OperandView v = call.operand(param, i);
      if (!spec.meet && !reaches(engine, v.buffer(), spec.params[p].access))
        refuse_memory(call, param, v);
      check_index(call, param, i);
      if (!v.on_chip()) continue;
      if (engine != Engine::dma && engine != Engine::sync && v.layout->indirect == Indirect::vector)
        throw Error(Code::E107, label(call, param) + " is gathered by vector_offset on chip")
            .limit(std::string(name_of(v.buffer())), "HBM, by DMA", "vector_offset")
            .fix("Use .indirect (NeuronCore-v4), local_gather or nc_n_gather.")
            .note(v.describe());
      if (v.partitions() > call.core().partitions)
        throw Error(Code::E101,
                    fmt::format("{} has {} partitions", label(call, param), v.partitions()))
            .limit(std::to_string(v.partitions()), std::to_string(call.core().partitions),
                   whose(call, "core.partitions"))
            .note(v.describe());
      if (v.layout->ndim > 5 && engine != Engine::dma && engine != Engine::sync)
        check_free_dimensions(call, param, v);
      const bool own_start =
          std::find(spec.own_start.begin(), spec.own_start.end(), param) != spec.own_start.end();
      if (engine != Engine::dma && engine != Engine::sync && !own_start)
        check_start_partition(call, param, v, v.partitions());
    }
  }
  check_indirection(call);
}

void same_partitions(const Call& call, std::initializer_list<int> params) {
  int first = -1;
  for (int p : params) {
    if (!call.is_tensor(p)) continue;
    if (first < 0) {
      first = p;
      continue;
    }
    const OperandView a = call.operand(first), b = call.operand(p);
    if (a.partitions() != b.partitions())
      throw Error(Code::E102,
                  fmt::format("{} has {} partitions, {} has {}", label(call, p), b.partitions(),
                              call.spec().params[first].name, a.partitions()))
          .limit(std::to_string(b.partitions()), std::to_string(a.partitions()), spec_rule(call))
          .note(a.describe())
          .note(b.describe());
  }
}

void same_elements(const Call& call, std::initializer_list<int> params) {
  same_partitions(call, params);
  int first = -1;
  for (int p : params) {
    if (!call.is_tensor(p)) continue;
    if (first < 0) {
      first = p;
      continue;
    }
    const OperandView a = call.operand(first), b = call.operand(p);
    if (a.free_elements() != b.free_elements())
      throw Error(Code::E103,
                  fmt::format("{} has {} elements per partition, {} has {}", label(call, p),
                              b.free_elements(), call.spec().params[first].name, a.free_elements()))
          .limit(std::to_string(b.free_elements()), std::to_string(a.free_elements()),
                 spec_rule(call))
          .note(a.describe())
          .note(b.describe());
  }
}

void same_dtype(const Call& call, std::initializer_list<int> params) {
  int first = -1;
  for (int p : params) {
    if (!call.is_tensor(p)) continue;
    if (first < 0) {
      first = p;
      continue;
    }
    const DType a = call.operand(first).dtype(), b = call.operand(p).dtype();
    if (a != b)
      throw Error(Code::E106, fmt::format("{} is {}, {} is {}", label(call, p), base::name_of(b),
                                          call.spec().params[first].name, base::name_of(a)))
          .limit(std::string(base::name_of(b)), std::string(base::name_of(a)), spec_rule(call));
  }
}

void dtype_in(const Call& call, int param, std::initializer_list<DType> allowed) {
  if (!call.is_tensor(param)) return;
  for (int i = 0; i < call.tensor_count(param); ++i) {
    const DType d = call.operand(param, i).dtype();
    if (std::find(allowed.begin(), allowed.end(), d) != allowed.end()) continue;
    std::vector<std::string_view> names;
    for (DType a : allowed) names.push_back(base::name_of(a));
    throw Error(Code::E105, fmt::format("{} is {}", label(call, param), base::name_of(d)))
        .limit(std::string(base::name_of(d)), fmt::format("{}", fmt::join(names, ", ")),
               spec_rule(call));
  }
}

void dtype_integer(const Call& call, int param) {
  if (!call.is_tensor(param)) return;
  const DType d = call.operand(param).dtype();
  if (!base::is_integer(d))
    throw Error(Code::E105, fmt::format("{} is {}", label(call, param), base::name_of(d)))
        .limit(std::string(base::name_of(d)), "an integer type", spec_rule(call));
}

void not_packed(const Call& call, std::initializer_list<int> params) {
  for (int p : params) {
    if (!call.is_tensor(p) || !base::is_pack(call.operand(p).dtype())) continue;
    const std::string found(base::name_of(call.operand(p).dtype()));
    throw Error(Code::E105, fmt::format("{} is {}", label(call, p), found))
        .limit(found, "a type that is not packed", spec_rule(call));
  }
}

void buffer_in(const Call& call, int param, std::initializer_list<Buffer> allowed) {
  if (!call.is_tensor(param)) return;
  for (int i = 0; i < call.tensor_count(param); ++i) {
    const OperandView v = call.operand(param, i);
    if (std::find(allowed.begin(), allowed.end(), v.buffer()) != allowed.end()) continue;
    std::vector<std::string_view> names;
    for (Buffer b : allowed) names.push_back(name_of(b));
    throw Error(Code::E107, fmt::format("{} is in {}", label(call, param), name_of(v.buffer())))
        .limit(std::string(name_of(v.buffer())), fmt::format("{}", fmt::join(names, " or ")),
               spec_rule(call))
        .note(v.describe());
  }
}

void not_both_psum(const Call& call, int a, int b) {
  if (!call.is_tensor(a) || !call.is_tensor(b)) return;
  if (call.operand(a).buffer() == Buffer::psum && call.operand(b).buffer() == Buffer::psum)
    refuse(call, Error(Code::E107, fmt::format("{} and {} are both in psum", label(call, a),
                                               call.spec().params[b].name))
                     .limit("psum and psum", "at most one in psum", spec_rule(call))
                     .note(call.operand(a).describe())
                     .note(call.operand(b).describe()));
}

void column(const Call& call, int param, int like) {
  if (!call.is_tensor(param)) return;
  const OperandView v = call.operand(param);
  const int rows = call.operand(like).partitions();
  if (v.free_elements() != 1 || v.partitions() != rows)
    throw Error(Code::E110,
                fmt::format("{} must have one element per partition", label(call, param)))
        .limit(fmt::format("{}", v.shape()), fmt::format("[{}, 1]", rows), spec_rule(call))
        .note(v.describe());
}

void row_scalar(const Call& call, int param, int like, bool any_float) {
  if (!call.is_tensor(param)) return;
  column(call, param, like);
  const DType d = call.operand(param).dtype();
  const bool ok = any_float ? base::is_float(d) && !base::is_pack(d) : d == DType::fp32;
  if (!ok)
    throw Error(Code::E105, fmt::format("{} is {}", label(call, param), base::name_of(d)))
        .limit(std::string(base::name_of(d)), any_float ? "a floating type" : "float32",
               spec_rule(call));
}

void refuse_argument(const Call& call, int param, std::string found, std::string allowed) {
  throw Error(Code::E111, fmt::format("{} is {}", label(call, param), found))
      .limit(found, std::move(allowed), spec_rule(call));
}

namespace {

[[noreturn]] void refuse_operator(const Call& call, int param, std::string allowed) {
  const std::string found(name_of(call.op(param)));
  throw Error(Code::E109, fmt::format("{} is {}", label(call, param), found))
      .limit(found, std::move(allowed), spec_rule(call));
}

void operator_version(const Call& call, int param) {
  const OperatorInfo& o = info(call.op(param));
  if (call.core().version < o.version) needs_version(call, o.version, o.name);
}

}  // namespace

void op_in(const Call& call, int param, std::initializer_list<Operator> allowed) {
  if (!call.has(param)) return;
  if (std::find(allowed.begin(), allowed.end(), call.op(param)) == allowed.end()) {
    std::vector<std::string_view> names;
    for (Operator o : allowed) names.push_back(name_of(o));
    refuse_operator(call, param, fmt::format("{}", fmt::join(names, ", ")));
  }
  operator_version(call, param);
}

void op_class(const Call& call, int param, std::initializer_list<OperatorClass> allowed) {
  if (!call.has(param)) return;
  if (std::find(allowed.begin(), allowed.end(), info(call.op(param)).kind) == allowed.end()) {
    std::vector<std::string_view> names;
    for (int i = 0; i < operator_count(); ++i) {
      const OperatorInfo& o = info(static_cast<Operator>(i));
      if (std::find(allowed.begin(), allowed.end(), o.kind) != allowed.end())
        names.push_back(o.name);
    }
    refuse_operator(call, param, fmt::format("{}", fmt::join(names, ", ")));
  }
  operator_version(call, param);
}

void engine_in(const Call& call, int param, std::initializer_list<Engine> allowed) {
  if (std::find(allowed.begin(), allowed.end(), call.engine()) != allowed.end()) return;
  std::vector<std::string_view> names;
  for (Engine e : allowed) names.push_back(name_of(e));
  throw Error(Code::E112, fmt::format("{} {} cannot run on the {} engine", label(call, param),
                                      name_of(call.op(param)), name_of(call.engine())))
      .limit(std::string(name_of(call.engine())), fmt::format("{}", fmt::join(names, ", ")),
             spec_rule(call));
}

void operator_engine(const Call& call, int param) {
  const Operator o = call.op(param);
  if (info(o).kind == OperatorClass::bits) engine_in(call, param, {Engine::vector});
  if (o == Operator::power || o == Operator::rsqrt) engine_in(call, param, {Engine::gpsimd});
}

void free_at_most(const Call& call, int param, int64_t max, std::string_view key) {
  if (!call.is_tensor(param)) return;
  const OperandView v = call.operand(param);
  if (v.free_elements() > max)
    throw Error(Code::E104, fmt::format("{} has {} elements per partition", label(call, param),
                                        v.free_elements()))
        .limit(std::to_string(v.free_elements()), std::to_string(max), whose(call, key))
        .note(v.describe());
}

void free_exactly(const Call& call, int param, int64_t n) {
  if (!call.is_tensor(param)) return;
  const OperandView v = call.operand(param);
  if (v.free_elements() != n)
    throw Error(Code::E110, fmt::format("{} has {} elements per partition", label(call, param),
                                        v.free_elements()))
        .limit(std::to_string(v.free_elements()), std::to_string(n), spec_rule(call))
        .note(v.describe());
}

void needs_version(const Call& call, int version, std::string_view feature) {
  if (call.core().version >= version) return;
  throw Error(Code::E113,
              fmt::format("{}: {} needs NeuronCore-v{}", call.spec().name, feature, version))
      .limit(fmt::format("NeuronCore-v{}", call.core().version),
             fmt::format("NeuronCore-v{} or newer", version), whose(call, "core.version"));
}

}  // namespace trainyard::isa
