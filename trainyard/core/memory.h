// The memories of one running core: storage of every live tensor, address resolution, definedness.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "trainyard/core/storage.h"
#include "trainyard/isa/run.h"
#include "trainyard/program/program.h"

namespace trainyard::core {

using isa::Bytes;
using isa::Call;
using isa::TensorId;
using program::InstructionId;
using program::Program;

/// Where undefined data in a tensor came from: the first instruction that read it from another
/// tensor, and that tensor.
struct UndefinedOrigin {
  InstructionId instruction = program::kNone;
  TensorId from = program::kNone;
};

class CoreMemory final : public isa::Memory {
 public:
  /// `state` holds the registers that scalar offsets read.
  CoreMemory(const Program& program, isa::CoreState& state) : program_(program), state_(state) {}

  /// Gives a tensor its storage: a kernel argument's array, or memory shared between cores.
  void bind(TensorId id, std::shared_ptr<Storage> storage);
  /// Call when the program has grown, before instructions run: makes room for its tensors.
  void begin_window();
  /// Makes sure that the tensor has storage. `overwritten`: its first access writes all of it, so
  /// it need not be filled with the fresh-memory value. Not concurrent.
  void prepare(TensorId id, bool overwritten);
  void release(TensorId id);
  /// The storage of a tensor (its arena's, if it has an address); null before prepare().
  Storage* storage(TensorId id);
  std::shared_ptr<Storage> shared_storage(TensorId id) { return tensors_[id]; }

  Bytes resolve(const Call& call, int slot) override;
  std::vector<int64_t> index_rows(const Call& call, int slot) override;
  bool undefined(const Call& call, int slot) override;
  std::vector<uint8_t> undefined_mask(const Call& call, int slot) override;
  void define(const Call& call, int slot, bool defined) override;
  std::vector<uint8_t> written(const Call& call, int slot, bool& all) override;
  void define_mask(const Call& call, int slot, const std::vector<uint8_t>& undefined) override;

  /// Byte offsets from resolve()'s rows of the columns of an indirect operand. Throws E211 for an
  /// index that is not all written, E120 for an offset outside the view, K001 where groups of
  /// partitions have lists of their own.
  std::vector<int64_t> column_offsets(const Call& call, int slot);

  /// Per element of the operand, 1 where an index out of bounds was skipped; empty: nowhere.
  std::vector<uint8_t> skipped_mask(const Call& call, int slot);

  void note_origin(TensorId tensor, UndefinedOrigin origin);
  UndefinedOrigin origin(TensorId tensor) const;

 private:
  struct Located;
  Located locate(const Call& call, int slot);
  template <class Visit>
  void for_each_run(const Call& call, int slot, Visit visit);
  template <class Visit, class Skip>
  void for_each_run(const Call& call, int slot, Visit visit, Skip skip);
  std::vector<int64_t> columns_of(const Call& call, int slot);  // none: not indirect
  int64_t scalar_index(const Call& call, int slot, const isa::Layout& layout);
  int64_t checked_index(const Call& call, int slot, int64_t index, const isa::Layout& layout);
  Storage& arena(isa::Buffer buffer);
  /// Fresh memory: NaN in floats, 4 in integers, as nki.simulate documents; zeros where E210 is
  /// relaxed.
  void fill_fresh(Storage& fresh, isa::DType dtype) const;

  const Program& program_;
  isa::CoreState& state_;
  std::vector<std::shared_ptr<Storage>> tensors_;
  std::unique_ptr<Storage> sbuf_, psum_;
  std::map<TensorId, std::unique_ptr<Storage>> written_;  // of PSUM tensors with an address
  TensorId seen_tensors_ = 0;
  std::map<TensorId, UndefinedOrigin> origins_;
  mutable std::mutex mutex_;  // origins
};

}  // namespace trainyard::core
