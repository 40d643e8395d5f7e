// The text form of a program, without loss: what is printed parses to the same program.
//
//   program "softmax" machine="trn2" core=0
//   registers 1
//   t0: float32[256, 512] shared_hbm "x" input ; softmax.py:9
//   t1: float32[128, 512] sbuf "tile" at=(0, 2048)
//   t2: float32[256, 512] shared_hbm
//   inputs t0
//   outputs t2
//   %0: register_alloc dst=r0 x=128
//   %1: dma_copy dst=t1 src=t0@0[[512, 128], [1, 512]]{scalar=r0 scale=512 limit=256 dim=0}
//   %2: tensor_scalar@vector dst=t1 data=t1[0:128, 0:512:2] op0=multiply operand0=0x1.8p+1
//
//   branch taken
//   %3: dma_copy dst=t2 src=t1 after=[%2]
//   branch not taken
//
// `cores` says how many physical cores the logical core has, `rank` and `ranks` which of how many
// logical cores it is, where that is not one. An access is a tensor (all
// of it), a slice of each dimension, or `@offset[[step, count], …]:dtype` in elements of that type,
// which is the tensor's if it is not named; a dynamic address follows in braces (`vector=` for an
// index tile). Arguments with their default values are left out. Numbers that are not integers are
// hexadecimal. `after` lists instructions whose end this one waits for although data may not ask
// for it. A comment begins with `;` and, if it is `file:line` (or `file:line in function`), says
// where the tensor or instruction came from.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "trainyard/program/program.h"

namespace trainyard::program {

std::string print_program(const Program& program);

/// The tensor access of an operand as the text form shows it; `slot` counts from the instruction's
/// first operand.
std::string print_access(const Program& program, std::span<const Operand> operands, int slot);

/// "dst=t1 src=t0[0:128, 0:512]": the arguments that are not at their defaults.
std::string print_arguments(const Program& program, InstructionId i);

/// Throws E301 with line and column for text that is not well formed, and what the tensors and
/// instructions themselves refuse (E1xx, E2xx). `file` is named in messages. Without `machine`, the
/// one that the text names is loaded.
Program parse_program(std::string_view text, const std::string& file,
                      std::shared_ptr<const machine::Machine> machine = nullptr);

}  // namespace trainyard::program
