// What the instructions of the Tensor Engine share: tiles of the array, PSUM banks, the law of a
// pass, transposition.
#pragma once

#include <functional>

#include "trainyard/base/matmul.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// Which parameters choose a tile of the array, and the operands that its rows (contraction) and
/// columns belong to.
struct TilingParams {
  int position, size;
  int stationary, moving, dst;
};
/// Tile sizes are powers of two that the core has, positions multiples of them, operands no larger
/// (E111, E104), and on the partitions of the array's rows and columns where those are known
/// (E108). `m`: columns of the stationary operand.
void check_tiling(const Call& call, const TilingParams& p, int64_t m);

/// Indirect operands exclude tiles of the array but the first (E111).
void check_indirect_tile(const Call& call, int position);

/// What one pass writes lies in one bank of PSUM, until NeuronCore-v4 (E116).
void check_bank(const Call& call, int dst);

/// A product of `m` stationary by `n` moving columns is what the array can hold (E104) and dst the
/// shape of it (E110), in one bank (E116).
void check_product(const Call& call, int dst, int64_t m, int64_t n);

/// Computes the m x n product of a pass into `to`, whose rows are `row_stride` floats apart.
using Product = std::function<void(float* to, ptrdiff_t row_stride, base::Store store)>;
/// Puts a product into PSUM, in the type of dst: overwrites (`accumulate` False), adds (True; E213
/// where nothing was written), or adds where something was written since (None).
void store_product(Run& run, int dst, int accumulate, size_t m, size_t n, const Product& product);

/// A result is undefined where its column of stationary or of moving has something undefined; the
/// masks' elements belong to columns round robin.
std::vector<uint8_t> undefined_product(int64_t m, int64_t n,
                                       std::initializer_list<std::vector<uint8_t>> stationary,
                                       std::initializer_list<std::vector<uint8_t>> moving);

/// A transposition by the array gives the type of the data (E106); from NeuronCore-v3, 8-bit
/// elements give 16 bits with a zero upper byte: any 16-bit type, or that of the data with a step
/// of two.
void check_transposed_dtype(const Call& call, int dst, int data);

/// A pass of `n` moving and `m` stationary columns, `passes` times over, by so many instructions of
/// the hardware; the weights take `loads` times as long as those of one pass in 16 bits.
Cost pass_cost(const Call& call, double n, double m, double passes, double loads = 1,
               int instructions = 1);

/// to[f, p] = from[p, f] with all free dimensions as one; bits, zero-extended where `to` is wider.
void transpose_bits(const Bytes& to, const Bytes& from);

}  // namespace trainyard::isa
